"""Issues in a project that GitLab exported, of `tree/project/issues.ndjson` or the older `project.json`."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.json_formats import gitlab
from dupfind.sources.json_formats.keys import inside, objects


def holds(document: dict[str, Any]) -> bool:
    """Return whether an object is a project with its issues."""
    issues = objects(document.get("issues"))
    return "visibility_level" in document and bool(issues) and all(map(recognises, issues[:20]))


def issues(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the issues of a project."""
    yield from objects(document["issues"])


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue; in an export it has no address, nor keys of GraphQL."""
    return {"iid", "title", "state", "description"} <= issue.keys() and not (
        {"web_url", "webUrl", "createdAt", "source_branch", "merge_params"} & issue.keys()
    )


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue. GitLab's own note names the original."""
    notes = [
        {**note, "body": note.get("note"), "author": {"type": "Bot"} if note.get("system") else None}
        for note in objects(issue.get("notes"))
    ]
    labels = [inside(link, "label", "title") for link in objects(issue.get("label_links"))]
    as_rest = {"user_notes_count": len(notes), **issue, "web_url": None, "notes": notes, "labels": labels}
    return gitlab.record(as_rest, source=source, comments=comments)
