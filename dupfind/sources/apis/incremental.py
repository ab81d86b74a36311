"""Read the issues that changed since a cursor, oldest change first, and make the next cursor."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.apis.api_client import Api
from dupfind.sources.reading_counts import ReadingCounts

MAX_PAGES = 50_000
"""Pages of one run; the next run reads the rest."""
OVERLAP = timedelta(minutes=1)
"""The time that a run goes back before the last one, for changes that a server shows late."""
MAX_IDLE = 3
"""Consecutive pages without a new issue, although each announces another page."""

_log = logging.getLogger("dupfind.services")


class Item(NamedTuple):
    """One issue of a page.

    Attributes:
        id: The unique id within the page.
        updated: The time of its last change, UTC.
        record: The record from the page alone; None for a pull request, and for a restricted issue that is left out.
        issue: The object as the service returns it.
        is_restricted: Whether the service shows it to some people only.
        is_in_trash: Whether it is in the trash, and listed all the same.
    """

    id: str
    updated: datetime | None
    record: Record | None
    issue: dict[str, Any]
    is_restricted: bool = False
    is_in_trash: bool = False


class Page(NamedTuple):
    """Some issues that changed at or after a given time.

    Attributes:
        items: The items, earliest change first if they are in order.
        more: The key of the next page; None at the last.
        etag: The ETag of the answer, if the service sends one.
        is_in_order: Whether the service lists the earliest change first. Else its pages are read by their keys alone.
    """

    items: Sequence[Item]
    more: str | None
    etag: str | None = None
    is_in_order: bool = True


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
        items: The items that were not yielded before.
        since: All changes before this time were yielded.
        etag: The ETag of the walk, if it was one answer.
    """

    items: Sequence[Item]
    since: datetime | None
    etag: str | None


def walk(tracker: Tracker, since: datetime | None = None, etag: str | None = None) -> Iterator[Step]:
    """Yield the issues that changed at or after a given time, each once.

    An issue that changes during the walk moves to the end of the list, so page numbers would skip another issue.
    Therefore each page begins at the last change of the page before. Page numbers are used only among changes at
    one time, or if a service does not keep the order. Of a service without that order only the issues are yielded
    that changed since then, and all of them have been yielded only at its last page.

    Raises:
        SourceError: An answer is unusable, or the pages do not end.
    """
    yielded: dict[str, datetime | None] = {}
    began = datetime.now(UTC)
    first = latest = since
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
        changed = fresh if page.is_in_order else [item for item in fresh if not _is_before(item, first)]
        # An issue that changed after it was yielded is left to the next walk, which starts there.
        again = (item.updated for item in page.items if item.updated != yielded.get(item.id, item.updated))
        missed = min(filter(None, (missed, *again)), default=None)
        yielded.update((item.id, item.updated) for item in fresh)
        is_last = page.more is None
        is_sorted = page.is_in_order and len(times) == len(page.items) and times == sorted(times)
        if is_last and page.is_in_order:
            since = latest
        elif is_last:
            # An issue that was yielded early may have changed since the walk began.
            since = latest and max(filter(None, (since, min(latest, began))))
        elif is_sorted and times and (since is None or times[-1] > since):
            since, more = times[-1], None
        else:
            more = page.more
        reached = min(since, missed) if since and missed else since
        yield Step(changed, reached, page.etag if is_last and n_pages == 0 else None)
        if is_last:
            return
        etag = None  # it belongs to the first page alone
        n_idle = 0 if fresh else n_idle + 1
        if n_idle == MAX_IDLE:
            raise SourceError(f"{tracker.api} returns the same page again and again: try again later")
    raise SourceError(
        f"{tracker.api} has more than {MAX_PAGES:,} pages: run the same command again to read on"
    )


def _is_before(item: Item, since: datetime | None) -> bool:
    return since is not None and item.updated is not None and item.updated < since


class Changes:
    """The records that changed after a cursor, as `Source.changes` returns them."""

    def __init__(
        self,
        tracker: Tracker,
        cursor: str | None,
        counted: int | None = None,
        *,
        counts: ReadingCounts | None = None,
        as_chosen: Callable[[Record], Record] = lambda record: record,
    ) -> None:
        """Start from a cursor.

        Args:
            tracker: The service.
            cursor: The state after an earlier reading; None reads everything.
            counted: An earlier count of the issues, if known.
            counts: The numbers of the reading, which are cleared when it starts.
            as_chosen: Takes out of a record what the user does not want.
        """
        self._tracker = tracker
        self._as_chosen = as_chosen
        self._counted = counted
        self._counts = ReadingCounts() if counts is None else counts
        self._names: set[Ref] | None = None  # of all issues, once a whole reading has ended
        self._since, self._etag = _from_cursor(cursor)
        self._is_whole = self._since is None
        # A whole reading that was interrupted goes on at its cursor; what is gone is known only once it has ended.
        self._is_pending = self._is_whole or _is_pending(cursor)
        self._reached = [(0, cursor)]  # (records yielded, cursor once they are stored), in order

    def __iter__(self) -> Iterator[Record]:
        """Yield the records, each once."""
        n_given = 0
        names: set[Ref] = set()
        self._counts.clear()
        overlap = OVERLAP if self._since else timedelta(0)
        start = None if self._since is None else self._since - overlap
        with self._tracker.api.session():
            for step in walk(self._tracker, start, self._etag):
                items = [item for item in step.items if item.record is not None]
                n_restricted = sum(item.is_restricted for item in step.items)
                n_left_out = sum(item.record is None and not item.is_in_trash for item in step.items)
                n_restricted_left_out = n_restricted - sum(item.is_restricted for item in items)
                self._counts.n_restricted += n_restricted
                self._counts.n_pull_requests += n_left_out - n_restricted_left_out
                for record in self._tracker.complete(items):
                    n_given += 1
                    self._counts.add(record)
                    if self._is_whole:
                        names.add(record.ref)
                    yield self._as_chosen(record)
                self._reached.append((n_given, _to_cursor(step, self._since)))
        self._names = names if self._is_whole else None

    def cursor(self, n_records: int) -> str | None:
        """Return the cursor to resume from once the first `n_records` are stored."""
        while len(self._reached) > 1 and self._reached[1][0] <= n_records:
            del self._reached[0]
        reached = self._reached[0][1]
        if reached is None or _is_pending(reached) == self._is_pending:
            return reached
        return json.dumps({**json.loads(reached), "pending": self._is_pending})

    def present(self, n_here: int) -> set[Ref] | None:
        """Return the names of all present issues if some of `n_here` must be gone; else None.

        Services do not report deletions or transfers. So the issues are counted, and their names are read only
        if the count is too small. If count and names disagree, nothing is removed. Where a service does not count,
        the names of a whole reading are used; if it was interrupted, they are read.
        """
        names = self._gone_without(n_here)
        self._is_pending = False
        return names

    def _gone_without(self, n_here: int) -> set[Ref] | None:
        with self._tracker.api.session():
            is_unchanged = self._reached[-1][0] == 0
            count = self._counted if is_unchanged else self._tracker.count()
            if count is None:
                names = self._names
                if self._is_pending and not self._is_whole:
                    names = {it.record.ref for step in walk(self._tracker) for it in step.items if it.record}
                return names if names and len(names) < n_here else None
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
    """Make the cursor after a step; it never lies in the future, even if a tracker reports such times.

    The ETag is kept only if nothing has changed since.
    """
    if step.since is None:
        return None
    since = max(filter(None, (before, min(step.since, datetime.now(UTC)))))
    return json.dumps({"since": since.isoformat(), "etag": step.etag if since == before else None})


def _is_pending(cursor: str | None) -> bool:
    """Return whether a cursor lies within a whole reading that has not ended."""
    try:
        return bool(json.loads(cursor or "{}").get("pending"))
    except (ValueError, AttributeError):
        return False


def _from_cursor(cursor: str | None) -> tuple[datetime | None, str | None]:
    """Parse a cursor; an unreadable one is ignored, so that everything is read again."""
    try:
        fields = json.loads(cursor or "{}")
        since = datetime.fromisoformat(fields["since"]).astimezone(UTC)
        etag = fields.get("etag")
        return since, etag if isinstance(etag, str) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, None
