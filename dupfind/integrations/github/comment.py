"""The text of a suggestion: Markdown that shows titles literally, mentions nobody and leaves no reference."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from dupfind.integrations.github.thread import COMMAND
from dupfind.records import Record
from dupfind.reports.display import day, plain, state
from dupfind.reports.markdown_checklist import neutral

MAX_CANDIDATES = 3
_MAX_TITLE = 120
_MAX_WHY = 200
_MARK = re.compile(r"^<!-- dupfind: (\{[^\n]*\}) -->\s*$", re.MULTILINE)


class State(NamedTuple):
    """The state that a comment of ours carries in a hidden line.

    Attributes:
        label: The label that was added with the comment, or None.
        is_withdrawn: Whether a person objected.
    """

    label: str | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class SuggestedIssue:
    """An issue that a new one may be a duplicate of.

    Attributes:
        record: The issue; for a match that is a known duplicate its original.
        match_id: Id of the match itself.
        verdict: "likely", "possible" or None.
        score: Cosine similarity of the match, -1 to 1.
        probability: Calibrated probability of the match, or None.
        why: The words that both issues share, or "".
    """

    record: Record
    match_id: str
    verdict: str | None
    score: float
    probability: float | None
    why: str


def suggestion(candidates: Sequence[SuggestedIssue], state: State) -> str:
    """Return the comment that names candidates, likeliest first, and how to remove it.

    The same candidates and state give the same bytes.
    """
    is_likely = any(candidate.verdict == "likely" for candidate in candidates)
    opening = "This looks like" if is_likely else "This may be the same as"
    what = "an issue that is here already" if len(candidates) == 1 else "one of these issues"
    listed = "\n".join(_line(candidate) for candidate in candidates[:MAX_CANDIDATES])
    return (
        f"{opening} {what}:\n\n{listed}\n\n"
        "If it is the same, please say so there, and close this one. If it is not, put a 👎 on this comment or answer"
        f" with a line `{COMMAND}`: the suggestion goes away and does not come back.\n\n"
        "<sub>Found by comparing texts; nothing is closed by it.</sub>\n"
        f"{_mark(state)}"
    )


def withdrawal() -> str:
    """Return the text that replaces a suggestion after a person objected."""
    notice = "A suggestion that stood here was withdrawn: somebody has said that this is no duplicate."
    return f"<sub>{notice}</sub>\n{_mark(State(is_withdrawn=True))}"


def comment_state(body: str) -> State | None:
    """Read the state of a comment; None for a comment that is not a suggestion."""
    match = _MARK.search(body)
    if match is None:
        return None
    try:
        fields = json.loads(match[1])
    except ValueError:
        return State()  # a person edited the line; the comment is still ours
    label = fields.get("label")
    return State(label if isinstance(label, str) else None, fields.get("withdrawn") is True)


def _mark(state: State) -> str:
    fields = json.dumps({"label": state.label, "withdrawn": state.is_withdrawn})
    # A label with "-->" in it would end the HTML comment, so < and > are written as JSON escapes.
    return f"<!-- dupfind: {fields.replace('<', chr(92) + 'u003c').replace('>', chr(92) + 'u003e')} -->"


def _line(candidate: SuggestedIssue) -> str:
    """Return the line of an issue, and below it its verdict, score and reason."""
    record = candidate.record
    title = neutral(plain(record.title, _MAX_TITLE)) or "(no title)"
    facts = ", ".join(fact for fact in (neutral(state(record)), day(record.created)) if fact)
    line = f"- {_link(record)} **{title}**{f' ({facts})' if facts else ''}"
    if candidate.match_id != record.id:
        line += f", of which `{_code('#' + candidate.match_id)}` is a duplicate"
    probability = "" if candidate.probability is None else f"probability {candidate.probability:.0%}, "
    why = f": {neutral(plain(candidate.why, _MAX_WHY))}" if candidate.why else ""
    # In Markdown, a backslash at the end of a line is a line break.
    return f"{line}\\\n  {candidate.verdict} ({probability}score {candidate.score:.2f}){why}"


def _link(record: Record) -> str:
    """Return the issue's number, as a link that adds no reference to the timeline of that issue."""
    shown = f"`#{_code(record.id)}`"
    if not re.fullmatch(r"https?://[^\s\"'<>\\`]+", record.url or ""):
        return shown
    try:
        parts = urlsplit(record.url or "")
    except ValueError:  # such as https://[
        return shown
    # A link to github.com adds a reference to the other issue, and a suggestion may be wrong. This host redirects.
    host = "redirect.github.com" if parts.netloc == "github.com" else parts.netloc
    return f"[{shown}](<{parts._replace(netloc=host).geturl()}>)"


def _code(text: str) -> str:
    return plain(text, 80).replace("`", "'")
