"""Count what the records of a source lack, and refuse a reading that went wrong."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dupfind.errors import SourceError
from dupfind.records import Record, counted
from dupfind.sources.entries import Entry, LeftOut

N_HEAD = 100
"""Records that are judged before the first of them is given on."""
HEAD_SIZE = 512 * 1024
"""Characters of titles and bodies at which fewer are judged."""
SHARE = 0.05
"""The share of records without a title, of garbled texts or of broken rows from which a reading is refused."""

_N_NAMED = 5  # broken entries that are named
_N_FEW = 2  # records up to which a share says little, unless they are all
_N_SMALL = 20  # broken rows up to which their share says little
_LARGE = 64 * 1024  # bytes of a file that holds more than one issue
# UTF-8 read as Windows-1252, the replacement character, and a word of accented letters alone, which is Cyrillic or
# Chinese in the encoding of a country.
_GARBLED = re.compile(
    r"[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|\ufffd|(?:[\u00c0-\u00ff][\u00a1-\u00bf]?){5}"
)
_LOOKED_AT = 2_000  # characters of a text that are searched for such signs


@dataclass(slots=True)
class ReadingCounts:
    """The numbers of one reading.

    Attributes:
        n_records: Records of the index.
        n_without_title: Those without a title.
        n_without_body: Those without a body.
        n_without_text: Those without both.
        n_without_date: Those without a time of creation.
        n_without_state: Those whose state is unknown.
        n_garbled: Those whose text was read in a wrong encoding.
        n_pull_requests: Pull requests, which are left out.
        n_restricted: Issues that the tracker shows to some people only; left out, or included on request.
        n_others: Rows that are no issues, which are left out: deleted ones, answers and notices.
        n_broken: Rows and files that cannot be read, which are left out.
        broken: What is wrong with the first of them, one line each.
    """

    n_records: int = 0
    n_without_title: int = 0
    n_without_body: int = 0
    n_without_text: int = 0
    n_without_date: int = 0
    n_without_state: int = 0
    n_garbled: int = 0
    n_pull_requests: int = 0
    n_restricted: int = 0
    n_others: int = 0
    n_broken: int = 0
    broken: list[str] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Count a record."""
        title, body = record.title.strip(), record.body.strip()
        self.n_records += 1
        self.n_without_title += not title
        self.n_without_body += not body
        self.n_without_text += not (title or body)
        self.n_without_date += record.created is None and record.updated is None
        self.n_without_state += record.state is None
        looked_at = f"{title}\n{body[:_LOOKED_AT]}"
        self.n_garbled += not looked_at.isascii() and _GARBLED.search(looked_at) is not None

    def add_left_out(self, entry: LeftOut) -> None:
        """Count an entry that is no record."""
        self.n_pull_requests += entry.reason == "pull request"
        self.n_restricted += entry.reason == "restricted"
        self.n_others += entry.reason == "other"
        if entry.reason == "broken":
            self.n_broken += 1
            if len(self.broken) < _N_NAMED:
                self.broken.append(entry.message)

    def numbers(self) -> dict[str, int]:
        """Return the numbers by their names."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "broken"}

    def clear(self) -> None:
        """Start anew."""
        self.__init__()  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Expectations:
    """What is known of a source before it is read, for the judgement on its records.

    Attributes:
        doubts: What looks wrong already, a sentence each, with the way out.
        has_title: Whether titles are expected: in a known export, or by a column.
        n_bytes: Size of the file, where more bytes mean more records; else None.
        title_option: The option that names the titles, "" where no option does.
        reads_encoding: Whether `--encoding` changes how it is read.
        has_line_ids: Whether the ids are the numbers of lines or rows, which change where a row is added or removed.
    """

    doubts: tuple[str, ...] = ()
    has_title: bool = True
    n_bytes: int | None = None
    title_option: str = ""
    reads_encoding: bool = False
    has_line_ids: bool = False


def judged(
    entries: Iterator[Entry],
    counts: ReadingCounts,
    expected: Expectations,
    *,
    where: str,
    accept: bool,
    strict: bool,
    include_restricted: bool,
) -> Iterator[Record]:
    """Yield the records among entries, count all, and refuse a reading that looks wrong before the first record.

    Args:
        entries: As a reader yields them.
        counts: Cleared, then filled.
        expected: What is known of the source.
        where: Names the source in errors.
        accept: Whether nothing that looks wrong ends the reading.
        strict: Whether a broken entry ends it.
        include_restricted: Whether issues for some people only are yielded, too.

    Raises:
        SourceError: The reading looks wrong, or the reader fails. The message names the way out.
    """
    counts.clear()
    head: list[Record] = []
    size, is_judged = 0, False

    def judge(*, is_all: bool) -> None:
        doubts = list(_doubts(counts, expected, is_all=is_all))
        if doubts and not accept:
            raise SourceError(f"{where}: {'; '.join(doubts)}; or pass --accept to read it as it is")

    try:
        for entry in entries:
            record = _record(entry, counts, strict=strict, include_restricted=include_restricted)
            if record is None:
                continue
            counts.add(record)
            if is_judged:
                yield record
                continue
            head.append(record)
            size += len(record.title) + len(record.body)
            if len(head) == N_HEAD or size >= HEAD_SIZE:
                judge(is_all=False)
                is_judged = True
                yield from head
                head.clear()
    except SourceError:
        if not is_judged and (accept or not list(_doubts(counts, expected, is_all=False))):
            yield from head  # what was read before the error is kept
        raise
    if not counts.n_records and counts.broken:
        raise SourceError(counts.broken[0])
    if not counts.n_records and counts.n_restricted:
        # Without a record, all that the index has of the source would be taken for deleted.
        raise SourceError(
            f"{where}: all {counts.n_restricted:,} issues are marked as for some people only:"
            " pass --include-restricted to read them"
        )
    if not counts.n_records and counts.n_others:
        raise SourceError(
            f"{where}: all {counts.n_others:,} rows are deleted, or answers and notices, which are no issues:"
            " name the column of their texts with --body-column to read answers and notices"
        )
    judge(is_all=True)
    yield from head


def _record(entry: Entry, counts: ReadingCounts, *, strict: bool, include_restricted: bool) -> Record | None:
    if isinstance(entry, Record):
        return entry
    if strict and entry.reason == "broken":
        raise SourceError(entry.message)
    counts.add_left_out(entry)
    return entry.record if include_restricted else None


def _doubts(counts: ReadingCounts, expected: Expectations, *, is_all: bool) -> Iterator[str]:
    """Yield what looks wrong, a sentence each, with the way out."""
    n = counts.n_records
    if n:
        yield from expected.doubts
    n_missing = counts.n_without_title if expected.has_title else counts.n_without_text
    if _is_many(n_missing, n):
        option = f": name their column with {expected.title_option}" if expected.title_option else ""
        what = "no title" if expected.has_title else "neither title nor body"
        yield f"{n_missing:,} of {n:,} records have {what}{option}"
    if _is_many(counts.n_garbled, n):
        way_out = "name it, as with --encoding cp1251" if expected.reads_encoding else "export them as UTF-8"
        yield (
            f"{counts.n_garbled:,} of {n:,} records have texts in another encoding than the one they are read in:"
            f" {way_out}"
        )
    if counts.n_broken > max(_N_SMALL, SHARE * (n + counts.n_broken)):
        yield f"{counts.n_broken:,} rows or files cannot be read, the first: {counts.broken[0]}"
    if is_all and n == 1 and (expected.n_bytes or 0) > _LARGE:
        yield (
            f"a file of {expected.n_bytes:,} bytes gives one record: name its list of issues with --table,"
            " or export the issues themselves"
        )


def _is_many(n_some: int, n: int) -> bool:
    return n_some > max(_N_FEW, SHARE * n) or n_some == n > 1


def described(counts: ReadingCounts) -> str:
    """Describe what the records of a reading lack in one line, "" if they lack nothing."""
    lacks = (
        (counts.n_without_title, "without a title"),
        (counts.n_without_body, "without a body"),
        (counts.n_without_date, "without a date"),
        (counts.n_without_state, "without a state"),
        (counts.n_garbled, "in a doubtful encoding"),
    )
    parts = ", ".join(f"{n:,} {what}" for n, what in lacks if n)
    return f"{counted(counts.n_records, 'record')}: {parts}" if parts else ""
