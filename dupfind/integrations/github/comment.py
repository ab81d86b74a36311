"""Comment: what a suggestion says, in Markdown that shows every title as it is and refers to nobody."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from dupfind.integrations.github.thread import COMMAND
from dupfind.records import Record
from dupfind.reports.display import day, plain
from dupfind.reports.markdown_checklist import neutral

MAX_CANDIDATES = 3
_MAX_TITLE = 120
_MAX_WHY = 200
_MARK = re.compile(r"^<!-- dupfind: (\{[^\n]*\}) -->\s*$", re.MULTILINE)


class State(NamedTuple):
    """What a comment of ours remembers, where no person sees it.

    Attributes:
        label: The label that came with it, or None.
        is_withdrawn: Whether a person has objected.
    """

    label: str | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class SuggestedIssue:
    """An issue that a new one may be a duplicate of.

    Attributes:
        record: The issue; where the one that was found is a known duplicate, what that is a duplicate of.
        found: Id of the one that was found.
        verdict: "likely", "possible" or None.
        score: Cosine similarity.
        probability: Calibrated, or None.
        why: What both say, in a few words, or "".
    """

    record: Record
    found: str
    verdict: str | None
    score: float
    probability: float | None
    why: str


def suggestion(candidates: Sequence[SuggestedIssue], state: State) -> str:
    """The text that names candidates, likeliest first, and says how to be rid of it.

    It is the same, to the byte, as long as the candidates are.
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
    """The text that stands where a person has objected."""
    said = "A suggestion that stood here was withdrawn: somebody has said that this is no duplicate."
    return f"<sub>{said}</sub>\n{_mark(State(is_withdrawn=True))}"


def remembered(body: str) -> State | None:
    """What a comment remembers; None of a comment that is no suggestion."""
    found = _MARK.search(body)
    if found is None:
        return None
    try:
        said = json.loads(found[1])
    except ValueError:
        return State()
    label = said.get("label")
    return State(label if isinstance(label, str) else None, said.get("withdrawn") is True)


def _mark(state: State) -> str:
    said = json.dumps({"label": state.label, "withdrawn": state.is_withdrawn})
    return f"<!-- dupfind: {said.replace('<', chr(92) + 'u003c').replace('>', chr(92) + 'u003e')} -->"


def _line(candidate: SuggestedIssue) -> str:
    """The issue, and below it how near it is and why."""
    record = candidate.record
    title = neutral(plain(record.title, _MAX_TITLE)) or "(no title)"
    facts = ", ".join(fact for fact in (plain(record.state or "", 20), day(record.created)) if fact)
    line = f"- {_link(record)} **{title}**{f' ({facts})' if facts else ''}"
    if candidate.found != record.id:
        line += f", of which `{_code('#' + candidate.found)}` is a duplicate"
    chance = "" if candidate.probability is None else f"probability {candidate.probability:.0%}, "
    why = f": {neutral(plain(candidate.why, _MAX_WHY))}" if candidate.why else ""
    return f"{line}\\\n  {candidate.verdict} ({chance}score {candidate.score:.2f}){why}"


def _link(record: Record) -> str:
    """The issue's number, as a link that leaves no trace at its other end."""
    shown = f"`#{_code(record.id)}`"
    if not re.fullmatch(r"https?://[^\s\"'<>\\`]+", record.url or ""):
        return shown
    try:
        parts = urlsplit(record.url or "")
    except ValueError:  # such as https://[
        return shown
    # github.com notes at an issue who links to it, and a suggestion may be wrong; this host of its own leads there.
    host = "redirect.github.com" if parts.netloc == "github.com" else parts.netloc
    return f"[{shown}](<{parts._replace(netloc=host).geturl()}>)"


def _code(text: str) -> str:
    return plain(text, 80).replace("`", "'")
