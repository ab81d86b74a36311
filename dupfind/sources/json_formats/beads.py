"""The lines of beads' issues.jsonl."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, quantity, state, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import without_own
from dupfind.sources.json_formats.keys import counted, objects

N_CHILDREN, N_REFERENCES = "n_children", "n_references"
"""Keys that `count_links` adds."""

_TEXTS = ("description", "design", "acceptance_criteria", "notes")


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue (defaults may be missing), or is another line of beads."""
    if _is_other(issue):
        return True
    return {"id", "title", "priority", "created_at"} <= issue.keys() and (
        "issue_type" in issue or "dependencies" in issue or "close_reason" in issue
    )


def _is_other(issue: dict[str, Any]) -> bool:
    """Return whether this line is no issue but a note for agents."""
    return issue.get("_type") in ("memory", "event", "wisp")


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue; None if it is deleted. The body joins all text fields, a paragraph each.

    Args:
        issue: One line.
        source: The name of the record's source.
        comments: Those that came apart from it; dependencies, not they, mark the duplicates.
    """
    if _is_other(issue) or word(issue.get("status")) == "tombstone":
        return None
    ref = Ref(None, text(issue["id"]))
    links = objects(issue.get("dependencies"))
    return Record(
        id=ref.id,
        title=text(issue["title"]),
        body="\n\n".join(part for part in (text(issue.get(key)) for key in _TEXTS) if part.strip()),
        source=source,
        state=state(issue.get("status")) or "open",
        created=moment(issue.get("created_at")),
        updated=moment(issue.get("updated_at")),
        duplicate_of=without_own(
            (
                Ref(None, text(link.get("depends_on_id")))
                for link in links
                if link.get("type") == "duplicates" and text(link.get("issue_id") or ref.id) == ref.id
            ),
            ref,
        ),
        closed=moment(issue.get("closed_at")),
        n_children=quantity(issue.get(N_CHILDREN)),
        n_responses=quantity(issue.get(N_REFERENCES)) + counted(issue.get("comments")),
        comments=first_comments((*comments_in(issue.get("comments")), *comments)),
    )


def count_links(issues: Iterable[dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Count the links of all issues by their targets.

    A child names its parent, and a blocked issue what blocks it, so the numbers of an issue stand in other lines,
    before it or after it.

    Args:
        issues: All lines of a file.

    Returns:
        A function that adds to an issue its numbers of children and of other references, which `record` reads.
    """
    n_children: Counter[str] = Counter()
    n_references: Counter[str] = Counter()
    seen: set[str] = set()
    for issue in issues:
        id = text(issue.get("id"))
        if _is_other(issue) or word(issue.get("status")) == "tombstone" or id in seen:
            continue
        seen.add(id)
        links = {
            (text(link.get("depends_on_id")), text(link.get("type")))
            for link in objects(issue.get("dependencies"))
            if text(link.get("issue_id") or id) == id
        }
        others = [(target, kind) for target, kind in links if target != id and kind != "duplicates"]
        n_children.update(target for target, kind in others if kind == "parent-child")
        n_references.update(target for target, kind in others if kind != "parent-child")

    def with_counts(issue: dict[str, Any]) -> dict[str, Any]:
        id = text(issue.get("id"))
        return {**issue, N_CHILDREN: n_children[id], N_REFERENCES: n_references[id]}

    return with_counts
