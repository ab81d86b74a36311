"""Repositories: what "#12", "owner/name#12" and a URL mean where a tracker holds several projects."""

from collections.abc import Iterable

from dupfind.records import Ref
from dupfind.sources.duplicate_phrases import Mention, Resolve
from dupfind.sources.json_formats.comments import is_named


class Repositories:
    """The repositories of one tracker, whose names are the same in upper and lower case."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take the repositories by their "owner/name"."""
        self._names = {name.lower(): name for name in names}

    def reader(self, project: str | None) -> Resolve:
        """How a comment in a project of these is read; an issue of a repository elsewhere means nothing."""

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
