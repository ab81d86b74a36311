"""The layout of a JSON file, from its first objects: a known format, or keys; and the records of its objects."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources import state_flags
from dupfind.sources.coerce import moment, text
from dupfind.sources.column_hints import hints
from dupfind.sources.column_profile import Sample, cut
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.dates import Dates, dates_of, order_notes, times_of
from dupfind.sources.entries import PULL_REQUEST, Entry, LeftOut
from dupfind.sources.files import sidecar_comments
from dupfind.sources.files.json_nested import joined, value_at
from dupfind.sources.files.json_records import Numbered, NumberedObject, keys_of, telling_keys
from dupfind.sources.files.sidecar_comments import SidecarComments
from dupfind.sources.files.sidecar_keys import Row
from dupfind.sources.generic_row import holds_html, record, shown, with_state
from dupfind.sources.json_formats import keys
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.registry import JSON_FORMATS, detect
from dupfind.sources.mapping import (
    FIELDS,
    OVERRIDES,
    Mapping,
    choose,
    describe,
    join_names,
    other_bodies,
)
from dupfind.sources.other_rows import OTHER, counts_in, is_other
from dupfind.sources.reading_counts import Expectations
from dupfind.sources.restricted import is_restricted
from dupfind.sources.state_flags import StateOf
from dupfind.sources.unread_columns import doubts

N_HEAD = 100
"""The objects of a file whose keys are read before the rest."""
N_DATED = 1_000
"""The objects whose dates are looked at, where the first ones leave the order of day and month open."""
_SAMPLED = 1_000  # keys of the first objects whose values are looked at, also of names that suggest nothing
_LAYOUTS = 1_000  # combinations of keys whose mapping is cached
_BODY, _CLOSED = FIELDS.index("body"), FIELDS.index("closed")


class Layout(NamedTuple):
    """The format of a file, from its first objects.

    Attributes:
        kind: The known format, else "json" or "jsonl".
        is_known: Whether the format is a known one.
        has_ids: Whether some of the objects have a key for ids.
        notes: The choices, for the user.
        n_first: The number of objects; at `N_HEAD` there may be more.
        sample: The values of the first objects, by key; empty for a known format.
        expected: What is known of the records, for the judgement on them.
        flags: The key of answers that give the states, if there is one.
        dates: Reads the times.
        times: The keys of the times.
    """

    kind: str
    is_known: bool
    has_ids: bool
    notes: tuple[str, ...]
    n_first: int
    sample: Sample
    expected: Expectations
    flags: tuple[str, ...] = ()
    dates: Callable[[Any], datetime | None] = moment
    times: tuple[str, ...] = ()


def split_head(objects: Iterator[Numbered]) -> tuple[list[Numbered], Iterator[Numbered]]:
    """Return the first objects and the rest; an error after the first object belongs to the rest."""
    head: list[Numbered] = []
    try:
        head.extend(islice(objects, N_HEAD))
    except SourceError as error:
        if not head:
            raise
        return head, map(_raise, [error])  # raises once the rest is read
    return head, objects


def issues_of(head: Iterable[Numbered]) -> list[dict[str, Any]]:
    """Return the objects that are no pull requests; all, if all of them are."""
    values = [entry[2] for entry in head if not isinstance(entry, LeftOut)]
    return [value for value in values if not keys.is_pull_request(value)] or values


def _raise(error: SourceError) -> NumberedObject:
    raise error


def detect_layout(first: list[dict[str, Any]], is_lines: bool, mapping: Mapping, where: str) -> Layout:
    """Return the layout that the first objects of a file have.

    Args:
        first: The objects; there may be none.
        is_lines: Whether each stands on a line of its own.
        mapping: The user's choices; any choice turns the detection of formats off.
        where: Names the file, for the error.

    Raises:
        SourceError: They are comments, or have no key like title or body.
    """
    kind = None if mapping.is_given else detect(first)
    if kind is not None:
        return Layout(kind, True, True, (), len(first), {}, Expectations())
    keys: dict[str, None] = {}
    for value in first:
        keys.update(dict.fromkeys(value))
    sample = _sample(first, keys)
    for column in filter(None, map(mapping.column, FIELDS)):
        if column not in keys and any(value_at(value, column) is not None for value in first):
            keys[column] = None
    chosen = _chosen(keys, mapping, where, sample)
    by_line = "" if "id" in chosen else "id=line number, "
    described = (f"keys: {by_line}{describe(chosen)} (change with {OVERRIDES})",) if chosen else ()
    expected = Expectations(
        doubts(tuple(keys), chosen, sample),
        has_title="title" in chosen,
        title_option="--title-column",
        has_line_ids=bool(chosen) and "id" not in chosen,
    )
    dates = dates_of(chosen, sample)
    notes = (*described, *order_notes(dates))
    state = chosen.get("state")
    flags = () if state is None or state_flags.reader(state, sample) is None else (state,)
    kind = "jsonl" if is_lines else "json"
    return Layout(
        kind, False, "id" in chosen, notes, len(first), sample, expected, flags, dates, times_of(chosen)
    )


def with_order(layout: Layout, further: Iterable[Numbered]) -> Layout:
    """Return a layout with the order of day and month of further objects, where the first ones leave it open.

    Args:
        layout: That of the first objects.
        further: Those after them; of a damaged file the ones before the damage count.
    """
    if not isinstance(layout.dates, Dates) or not layout.dates.is_guessed:
        return layout
    values = [value for key in layout.times for value in layout.sample.get(key, ())]
    with suppress(SourceError):  # raised again when the file is read
        for entry in islice(further, N_DATED - layout.n_first):
            if not isinstance(entry, LeftOut):
                values += (_cell(entry[2].get(key), entry[2], key) for key in layout.times)
    dates = Dates(value for value in values if isinstance(value, str))
    old = order_notes(layout.dates)
    notes = tuple(note for note in layout.notes if note not in old)
    return layout._replace(dates=dates, notes=(*notes, *order_notes(dates)))


def _sample(first: list[dict[str, Any]], keys: Collection[str]) -> Sample:
    """Return the values of the keys in the first objects; of very many keys, the first and the telling ones."""
    looked_at = [key for at, key in enumerate(keys) if at < _SAMPLED or hints(key) is not None]
    sample: dict[str, list[Any]] = {key: [None] * len(first) for key in looked_at}
    for at, value in enumerate(first):
        for key, inner in value.items():
            if key in sample:
                sample[key][at] = cut(_cell(inner, value, key))
    return sample


def _chosen(keys: Collection[str], mapping: Mapping, where: str, sample: Sample) -> dict[str, str]:
    """Choose keys for the fields among all keys of the first objects; empty if there are no objects."""
    if not keys:
        return {}
    chosen = choose(tuple(keys), mapping, where=where, is_file=True, sample=sample)
    if "title" not in chosen and not mapping.is_given and sidecar_comments.are_comments(keys):
        raise SourceError(
            f"{where} holds comments, not issues: name the file of the issues; comments of GitHub are read with"
            " them, from a file next to it with `comments` in its name in place of `issues`"
        )
    if "title" not in chosen and "body" not in chosen:
        raise SourceError(
            f"{where} has no key like title or body; its keys: {join_names(keys)};"
            " name one with --title-column or --body-column"
        )
    return chosen


def records_in(
    objects: Iterable[Numbered],
    mapping: Mapping,
    name: str,
    where: str,
    layout: Layout,
    comments: SidecarComments,
    shared: Collection[str] = (),
) -> Iterator[Entry]:
    """Yield a record for each object, and what is left out: pull requests, restricted issues, broken objects.

    Args:
        objects: As `read_issues` yields them.
        mapping: The user's choices.
        name: The name of the records' source.
        where: Names the file, for messages.
        layout: That of the file.
        comments: Those that lie apart from the issues.
        shared: The keys of comments that several issues have.
    """
    as_record = (
        format_reader(name, where, layout.kind, comments, shared)
        if layout.is_known
        else plain_reader(mapping, name, where, layout, comments, shared)
    )
    paths = _outer_paths(mapping)
    counts, has_kinds = counts_in(layout.sample), not any(map(mapping.column, FIELDS))
    for numbered in objects:
        if isinstance(numbered, LeftOut):
            yield numbered
            continue
        if keys.is_pull_request(numbered[2]):
            yield PULL_REQUEST
            continue
        if not layout.is_known and is_other(numbered[2], counts, has_kinds=has_kinds):
            yield OTHER
            continue
        around_fields = (value_at(numbered[2], path) for path in paths)
        is_hidden = any(is_restricted(it) for it in (numbered[2], *around_fields) if isinstance(it, dict))
        try:
            issue = as_record(numbered)
        except SourceError as error:
            yield LeftOut("broken", str(error))
            continue
        if issue is not None:
            yield LeftOut("restricted", record=issue) if is_hidden else issue


def _outer_paths(mapping: Mapping) -> set[str]:
    """Return the paths of the objects that hold the keys that the user names, such as "data" for "data.title"."""
    named = [column.split(".") for column in map(mapping.column, FIELDS) if column is not None]
    return {".".join(keys[:n]) for keys in named for n in range(1, len(keys))}


def format_reader(
    name: str, where: str, kind: str, comments: SidecarComments, shared: Collection[str] = ()
) -> Callable[[NumberedObject], Record | None]:
    """Return the function that makes the record of an object of a known format; see `records_in` for the arguments.

    It raises SourceError for an object of another format, and for one without an id.
    """
    json_format = JSON_FORMATS[kind]
    key = sidecar_comments.KEYS.get(kind)

    def as_record(numbered: NumberedObject) -> Record | None:
        unit, number, value = numbered
        if not json_format.recognises(value):
            raise SourceError(
                f"{where}, {unit} {number} is not an issue like those before it ({kind}); its keys: {join_names(value)}"
            )
        if comments and key is not None:
            value[key] = [*keys.objects(value.get(key)), *sidecar_comments.comments_on(value, comments)]
        issue = json_format.record(value, source=name)
        if issue is not None and not issue.id.strip():
            raise SourceError(f"{where}, {unit} {number} has no id")
        if issue is not None and comments and key is None:
            row = Row(value, issue.id, issue.project, has_own_id=False)
            written = sidecar_comments.comments_on_row(row, comments, shared)
            both = dict.fromkeys((*issue.comments, *written))
            return replace(issue, comments=first_comments(both, body=issue.body))
        return issue

    return as_record


def plain_reader(
    mapping: Mapping,
    name: str,
    where: str,
    layout: Layout,
    comments: SidecarComments,
    shared: Collection[str] = (),
) -> Callable[[NumberedObject], Record]:
    """Return the function that makes the record of an object of no known format; see `records_in` for the arguments."""
    html: dict[str, bool] = {}
    layouts: dict[tuple[str, ...], tuple[list[str | None], tuple[str, ...], StateOf | None]] = {}

    def as_record(numbered: NumberedObject) -> Record:
        unit, number, value = numbered
        object_keys = telling_keys(value)
        if object_keys not in layouts:
            if len(layouts) == _LAYOUTS:
                layouts.clear()
            # Programs leave out a key whose answer is no.
            all_keys = (*object_keys, *(key for key in layout.flags if key not in value))
            field_keys = keys_of(all_keys, mapping, layout.sample)
            chosen = {field: key for field, key in zip(FIELDS, field_keys, strict=True) if key is not None}
            state_of = state_flags.reader(chosen.get("state"), layout.sample)
            layouts[object_keys] = field_keys, other_bodies(object_keys, chosen, mapping), state_of
        field_keys, bodies, state_of = layouts[object_keys]
        cells = [None if key is None else _cell(value.get(key), value, key) for key in field_keys]
        if not layout.has_ids and field_keys[0] is None:
            cells[0] = number
        if not text(cells[_BODY]).strip():
            cells[_BODY] = next(
                (value[key] for key in bodies if isinstance(value[key], str) and value[key]), None
            )
        if isinstance(pieces := cells[_BODY], list):
            cells[_BODY] = joined(pieces)
        body_key = field_keys[_BODY] or ""
        if body_key not in html:
            html[body_key] = holds_html(body_key, layout.sample)
        is_html = html[body_key] or _is_html(value.get(body_key))
        own = with_state(cells, state_of, has_closed=field_keys[_CLOSED] in value)
        made = record(name, own, partial(row_label, where, unit, number), layout.dates, is_html=is_html)
        written = comments_in(value.get("comments"))
        if comments:
            has_own_id = mapping.id_column is not None
            row = Row(value, made.id, made.project, has_own_id)
            written += sidecar_comments.comments_on_row(row, comments, shared)
        written = first_comments(dict.fromkeys(written), body=made.body)
        return replace(made, comments=written) if written else made

    return as_record


def _cell(inner: Any, value: dict[str, Any], key: str) -> Any:
    """Return a value that one field can hold; of an object, its name."""
    if inner is None and "." in key:
        inner = value_at(value, key)
    return shown(inner) if isinstance(inner, dict) else inner


def _is_html(inner: Any) -> bool:
    """Return whether an object in the place of a text says that it is HTML."""
    return isinstance(inner, dict) and "html" in (text(inner.get("type")) + text(inner.get("format"))).lower()


def row_label(where: str, unit: str, number: int) -> str:
    """Return the place of an object, for a message."""
    return f"{where}, {unit} {number}"
