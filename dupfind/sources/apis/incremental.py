"""Read the issues that changed since a cursor, oldest change first, and make the next cursor."""

import json
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.apis.api_client import Api

MAX_PAGES = 50_000
"""Pages of one reading; what is beyond them is read by the next one."""
OVERLAP = timedelta(minutes=1)
"""By how much a reading goes back behind the last, for changes that a server shows late."""
MAX_IDLE = 3
"""Pages in a row that bring nothing new, though each says that another follows."""

_log = logging.getLogger("dupfind.services")


class Item(NamedTuple):
    """One issue of a page.

    Attributes:
        id: What tells it apart from the page's others.
        updated: Time of its last change, UTC.
        record: What is known of it by the page alone; None of what is no issue, or not for everybody.
        issue: As the service gives it.
    """

    id: str
    updated: datetime | None
    record: Record | None
    issue: dict[str, Any]


class Page(NamedTuple):
    """Some issues that changed at or after a given time.

    Attributes:
        items: The earliest change first.
        more: Stands for the page after this one; None at the last.
        etag: Stands for the answer, where the service gives such.
    """

    items: Sequence[Item]
    more: str | None
    etag: str | None = None


class Tracker(Protocol):
    """The interface of a service."""

    api: Api

    def page(self, since: datetime | None, more: str | None, etag: str | None) -> Page | None:
        """Request a page of issues that changed at or after `since`; None if the ETag still matches."""

    def complete(self, items: Sequence[Item]) -> Iterator[Record]:
        """Yield the records of a page's issues, with data that needs further requests."""

    def count(self) -> int | None:
        """Count the issues there are now; None if the service does not report it."""


class Step(NamedTuple):
    """The new items of a page, and the place to resume from once they are stored.

    Attributes:
        items: Those that were not given before.
        since: Everything that changed before was given.
        etag: Stands for all that this walk was given, where that was one answer.
    """

    items: Sequence[Item]
    since: datetime | None
    etag: str | None


def walk(tracker: Tracker, since: datetime | None = None, etag: str | None = None) -> Iterator[Step]:
    """Yield the issues that changed at or after a given time, each once.

    An issue that changes while it is walked moves to the end, so that page numbers would leave out another. So
    each page begins at the last change of the one before, and numbers only count what changed at one moment,
    or where a service does not keep the order.

    Raises:
        SourceError: An answer cannot be used, or there is no end.
    """
    yielded: dict[str, datetime | None] = {}
    latest = since
    more: str | None = None
    missed: datetime | None = None
    n_idle = 0
    for n_pages in range(MAX_PAGES):
        page = tracker.page(since, more, etag)
        if page is None:
            yield Step((), since, etag)
            return
        times = [item.updated for item in page.items if item.updated is not None]
        latest = max(filter(None, (latest, *times)), default=None)
        fresh = [item for item in page.items if item.id not in yielded]
        # What has changed after it was given is for the next walk, which therefore starts there.
        again = (item.updated for item in page.items if item.updated != yielded.get(item.id, item.updated))
        missed = min(filter(None, (missed, *again)), default=None)
        yielded.update((item.id, item.updated) for item in fresh)
        is_last = page.more is None
        is_sorted = len(times) == len(page.items) and times == sorted(times)
        if is_last:
            since = latest
        elif is_sorted and times and (since is None or times[-1] > since):
            since, more = times[-1], None
        else:
            more = page.more
        reached = min(since, missed) if since and missed else since
        yield Step(fresh, reached, page.etag if is_last and n_pages == 0 else None)
        if is_last:
            return
        etag = None
        n_idle = 0 if fresh else n_idle + 1
        if n_idle == MAX_IDLE:
            raise SourceError(f"{tracker.api} gives the same page again and again, and says that more follow")
    raise SourceError(
        f"{tracker.api} has more than {MAX_PAGES:,} pages: run the same command again to read on"
    )


class Changes:
    """The records that changed after a cursor, as `Source.changes` returns them."""

    def __init__(self, tracker: Tracker, cursor: str | None, counted: int | None = None) -> None:
        """Start from a cursor; None reads everything. `counted` is an earlier count of the issues, if known."""
        self._tracker = tracker
        self._counted = counted
        self._since, self._etag = _from_cursor(cursor)
        self._is_whole = self._since is None
        self._reached = [(0, cursor)]

    def __iter__(self) -> Iterator[Record]:
        """Yield the records, each once."""
        n_given = 0
        overlap = OVERLAP if self._since else timedelta(0)
        start = None if self._since is None else self._since - overlap
        with self._tracker.api.session():
            for step in walk(self._tracker, start, self._etag):
                items = [item for item in step.items if item.record is not None]
                for record in self._tracker.complete(items):
                    n_given += 1
                    yield record
                self._reached.append((n_given, _to_cursor(step, self._since)))

    def cursor(self, n_records: int) -> str | None:
        """Return the cursor to resume from once the first `n_records` are stored."""
        while len(self._reached) > 1 and self._reached[1][0] <= n_records:
            del self._reached[0]
        return self._reached[0][1]

    def present(self, n_here: int) -> set[Ref] | None:
        """Return the names of all present issues if some of `n_here` must be gone; else None.

        Services tell no deletions, and a transfer looks like one. So their number is asked, and only where it
        is too small the names are read. What does not add up changes nothing.
        """
        with self._tracker.api.session():
            is_unchanged = self._reached[-1][0] == 0
            count = self._counted if is_unchanged else self._tracker.count()
            if count is None:
                return None
            if self._is_whole and n_here < count:
                _log.warning("%s counts %d issues and lists %d of them", self._tracker.api, count, n_here)
            if n_here <= count:
                return None
            names = {item.record.ref for step in walk(self._tracker) for item in step.items if item.record}
        if not names or len(names) < count:
            _log.warning(
                "%s counts %d issues and lists %d of them: nothing is taken for gone",
                self._tracker.api,
                count,
                len(names),
            )
            return None
        return names


def _to_cursor(step: Step, before: datetime | None) -> str | None:
    """Make the cursor after a step; it never lies in the future, whatever times a tracker reports.

    The answer is asked for again by its ETag only where nothing has changed.
    """
    if step.since is None:
        return None
    since = max(filter(None, (before, min(step.since, datetime.now(UTC)))))
    return json.dumps({"since": since.isoformat(), "etag": step.etag if since == before else None})


def _from_cursor(cursor: str | None) -> tuple[datetime | None, str | None]:
    """Parse a cursor; an unreadable one is ignored, so that everything is read again."""
    try:
        fields = json.loads(cursor or "{}")
        since = datetime.fromisoformat(fields["since"]).astimezone(UTC)
        etag = fields.get("etag")
        return since, etag if isinstance(etag, str) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, None
