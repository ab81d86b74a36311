"""What `dupfind index` says of a run: its numbers, what was left out, and what to do next."""

import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dupfind.cli.terminal import note, safe
from dupfind.records import counted
from dupfind.storage.database_url import IndexPlace

if TYPE_CHECKING:
    from dupfind.collection.writable import WritableCollection
    from dupfind.results import IndexRun
    from dupfind.sources.open import Source

_WORDS = "some words of a new issue"
_MANY_TEXTS = 2_000  # texts whose encoding takes more than a few seconds


def summary_line(run: "IndexRun", source: "Source", *, texts: str = "encoded") -> str:
    """Describe the changes of a run in one line, and how it came to the vectors of its texts."""
    parts = [
        f"{run.n_read:,} read",
        f"{run.n_new:,} new",
        f"{run.n_changed:,} changed",
        f"{run.n_same:,} as before",
    ]
    if run.n_gone:
        parts.append(f"{run.n_gone:,} gone")
    return (
        f"{safe(run.source)} ({source.kind}): {', '.join(parts)}; {counted(run.n_encoded, 'text')} {texts};"
        f" {counted(run.marked_pairs, 'marked duplicate')}; {run.seconds:.1f} s"
    )


def losses(run: "IndexRun") -> Iterator[str]:
    """Yield a line for each kind of record that may be missed."""
    from dupfind.text.indexed_words import MAX_READ

    if run.n_without_text:
        yield f"  {counted(run.n_without_text, 'record')} without text: no search finds such a one"
    if run.n_recomposed:
        yield f"  {counted(run.n_recomposed, 'record')} encoded again without learned boilerplate"
    if run.n_cut:
        yield f"  {counted(run.n_cut, 'record')} with a title or body that was cut"
    if run.n_partly_searched:
        yield (
            f"  {counted(run.n_partly_searched, 'record')} with a body of over {MAX_READ:,} characters: words in"
            " its middle are not found"
        )
    if run.dead_marks:
        yield f"  {counted(run.dead_marks, 'mark')} of an issue that is not in the index"


def engine_advice(run: "IndexRun") -> Iterator[str]:
    """Yield what torch would speed up, after a run that encoded many texts without it."""
    if run.n_encoded >= _MANY_TEXTS and find_spec("torch") is None:
        yield (
            f"  encoded without torch at {run.n_encoded / max(run.seconds, 0.1):,.0f} texts/s: with it"
            " (pip install 'dupfind[train]') encoding takes three quarters of the time, on processors with AMX a fifth"
        )


def reading_notes(run: "IndexRun", source: "Source") -> Iterator[str]:
    """Yield what a reader of the index must know, with `--quiet`, too: what was left out, and what was doubtful."""
    counts = source.counts
    if source.expected.has_line_ids:
        yield "  ids are line numbers: name a column with --id-column"
    if run.n_repeated:
        yield f"  {counted(run.n_repeated, 'record')} with the id of another one: of each id the newest is kept"
    if run.n_shared:
        issues = "1 issue is" if run.n_shared == 1 else f"{run.n_shared:,} issues are"
        yield f"  {issues} in another source, too: the newest record of each is shown"
    if counts.n_pull_requests:
        yield f"  {counted(counts.n_pull_requests, 'pull request')} left out"
    if counts.n_others:
        rows = counted(counts.n_others, "row")
        yield f"  {rows} left out, deleted in the tracker, or answers and notices"
    if counts.n_restricted and source.includes_restricted:
        yield f"  {counts.n_restricted:,} issues that the tracker shows to some people only are in the index"
    elif counts.n_restricted:
        yield (
            f"  {counts.n_restricted:,} issues left out, which the tracker shows to some people only"
            " (--include-restricted reads them)"
        )
    for message in counts.broken:
        yield f"  left out: {message}"
    if counts.n_broken > len(counts.broken):
        yield f"  and {counts.n_broken - len(counts.broken):,} more rows or files that cannot be read"
    if counts.n_broken:
        yield "  so nothing is taken for deleted from the source (--strict refuses it)"


def suggest_query(collection: "WritableCollection", path: IndexPlace, folder: IndexPlace | None) -> None:
    """Suggest a query with an id that exists, and another model where this one does not know the language."""
    from dupfind.collection.languages import language_advice

    newest = collection.newest()
    if newest is None:
        note("the index holds no issues: nothing to query yet")
        return
    if (advice := language_advice(collection.store)) is not None:
        note(advice)
    which = ["--id", newest.id]
    if len(collection.find(newest.id)) > 1:
        which += ["--source", newest.source] + (["--project", newest.project] if newest.project else [])
    is_found = folder is None and not Path(collection.store.encoding().model_folder or "").is_absolute()
    where = [] if is_found else ["--index", str(path)]
    note(
        f"try: dupfind query {shlex.join([*which, *where])}     or: {shlex.join(['dupfind', 'query', _WORDS, *where])}"
    )
