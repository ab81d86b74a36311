"""An issue that names another one as another matter: who wrote "see also #12" knew #12, and filed a new issue (pure).

"Related to #12" and "similar to #12" are not among these words: on two trackers some of such pairs are duplicates. The
label "Related: #12" is: of the marked pairs of three trackers none has it.
"""

import re
from collections.abc import Iterator, Sequence

from dupfind.records import Record
from dupfind.results import Difference

_READ = 8_000  # characters of a body
_BEFORE = 90  # characters before a name
_OF_NUMBER = ("#", "GH-", "/issues/", "/work_items/")
_MAX_NUMBER = 9  # digits

_TOKEN = re.compile(r"\S+")
_JOINS = {"", "and", "or", "issue", "issues", "bug", "bugs", "ticket", "tickets", "task", "tasks"}
_NAME = re.compile(r"(?:#|GH-)\d{1,9}|[A-Z][A-Z\d]{1,9}-\d{1,7}|https?:/{1,2}\S{0,80}")
_MARKS = ",;&*+()[]-"
_APART = re.compile(
    r"(?:(?<!please )\bsee also|\bdepend(?:s|ing) on|\bblock(?:s|ed by|ed on)"
    r"|\bfollow(?:s|ing)?[- ]?up (?:to|of|for|on|from)|\b(?:split|spun|carved)(?: off| out)?(?: of| from)"
    r"|\bsub-?(?:task|issue) of|\bunlike|\b(?:different|distinct|separate)(?: \w{1,9})? (?:from|than|to)"
    r"|\bnot (?:the same(?: \w{1,9})? as|a dup(?:licate|e)? of)"
    r"|(?:\bnot|n't) (?:tested|covered|handled|addressed|solved) (?:in|by)"
    r"|\b(?:meta|umbrella|tracking)[- ]?(?:issue|ticket|bug)?(?: is)?|\bfiled separately (?:as|in)"
    r"|(?:^|[.!\n]\s?)(?:like|related(?: (?:issue|bug|ticket)s?)?(?=:)))[:\s]{0,2}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s?(?:took care of|covers only|only (?:covers|fixes|handles|fixed|covered)"
    r"|,? but (?:it is |it's |is )?not (?:quite |exactly )?the same)\b",
    re.IGNORECASE,
)


def named_apart(left: Record, right: Record) -> Difference | None:
    """Return the words with which one of two issues calls the other one another matter, or None.

    Args:
        left: The first issue, as its tracker has it.
        right: The second issue.
    """
    if _are_of_two_trackers(left, right):
        return None
    ours, theirs = _words(left, right.id), _words(right, left.id)
    return Difference("reference", ours, theirs) if ours or theirs else None


def _are_of_two_trackers(left: Record, right: Record) -> bool:
    return any(
        one and other and one != other
        for one, other in ((left.source, right.source), (left.project, right.project))
    )


def _words(record: Record, id: str) -> str:
    """Return how a record names the issue with this id as another matter, or ""."""
    text = f"{record.title}\n{record.body[:_READ]}"
    if not id or id not in text:
        return ""
    is_number = id.isdecimal() and len(id) <= _MAX_NUMBER
    shown = f"#{id}" if is_number else id
    for start, end in _names(text, [f"{sign}{id}" for sign in _OF_NUMBER] if is_number else [id]):
        if after := _AFTER.match(text, end):
            return " ".join(f"{shown} {after[0].lstrip(' ,')}".split())
        if found := _APART.search(_before(text[max(0, start - _BEFORE) : start])):
            return " ".join(f"{found[0].strip(' .!:')} {shown}".split())
    return ""


def _names(text: str, needles: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where a text has one of these names, whole: not "#120" for "#12", nor "other/tracker#12"."""
    for needle in needles:
        end = 0
        while (start := text.find(needle, end)) >= 0:
            end = start + len(needle)
            is_address = needle.startswith("/")
            is_begun = (
                not is_address and start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_/-")
            )
            if not is_begun and not (end < len(text) and (text[end].isalnum() or text[end] in "_-")):
                yield start, end


def _before(text: str) -> str:
    """Return the words before a name, without other names between: "see also #7, #9 and " is "see also"."""
    end = 0
    for token in _TOKEN.finditer(text):
        word = token[0].strip(_MARKS)
        if word.lower() not in _JOINS and not _NAME.fullmatch(word):
            end = token.end()
    return text[:end]
