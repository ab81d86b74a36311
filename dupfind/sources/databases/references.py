"""Resolve "#12", "owner/name#12" and URLs in a tracker that holds several repositories."""

from collections.abc import Iterable

from dupfind.records import Ref
from dupfind.sources.issue_mentions import Mention, Resolve
from dupfind.sources.json_formats.comments import is_named


class Repositories:
    """The repositories of one tracker; upper and lower case of their names do not matter."""

    def __init__(self, names: Iterable[str]) -> None:
        """Store the repositories by their "owner/name"."""
        self._names = {name.lower(): name for name in names}

    def reader(self, project: str | None) -> Resolve:
        """Return the resolver for comments in a project; issues of other trackers resolve to None."""

        def resolve(mention: Mention) -> Ref | None:
            if mention.form not in ("number", "url") or not mention.id.isdecimal():
                return None
            if mention.project is None:
                return Ref(project, mention.id) if mention.form == "number" else None
            if project is not None and is_named(mention.project, project):
                return Ref(project, mention.id)
            named = self._names.get(mention.project.lower())
            return None if named is None else Ref(named, mention.id)

        return resolve
