"""A record in the form that the database stores: without characters that it cannot hold, and cut to a length."""

from dataclasses import replace

from dupfind.records import Record, Ref, storable
from dupfind.text.comments import kept_comments

MAX_TITLE = 2_000
MAX_BODY = 200_000
"""Characters of a title and of a body that are stored; longer ones are cut, and counted."""

_MAX_COUNT = 2**31 - 1  # the largest integer of PostgreSQL


def stored_text(record: Record) -> tuple[Ref, tuple[str, str]]:
    """Return a record's name, and its title and body, as the database stores them."""
    ref = Ref(storable(record.project or "") or None, storable(record.id))
    return ref, (storable(record.title[:MAX_TITLE]), storable(record.body[:MAX_BODY]))


def stored_form(record: Record) -> Record:
    """Return a record as the database stores it: without NUL and lone surrogates, title and body cut.

    Of its comments those that `kept_comments` chooses are left.
    """
    ref, (title, body) = stored_text(record)
    return replace(
        record,
        id=ref.id,
        title=title,
        body=body,
        project=ref.project,
        state=None if record.state is None else storable(record.state),
        resolution=None if record.resolution is None else storable(record.resolution),
        url=None if record.url is None else storable(record.url),
        duplicate_of=tuple(
            ref._replace(project=storable(ref.project or "") or None, id=storable(ref.id))
            for ref in record.duplicate_of
        ),
        # Some trackers keep the time of a reopened issue.
        closed=None if record.state == "open" else record.closed,
        n_children=min(max(record.n_children, 0), _MAX_COUNT),
        n_responses=min(max(record.n_responses, 0), _MAX_COUNT),
        comments=kept_comments(record.comments, ref.id),
    )
