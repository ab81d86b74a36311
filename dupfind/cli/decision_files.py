"""Decisions that `dupfind review` imports from a file, exports to one, or merges with a team's file."""

from collections.abc import Callable
from pathlib import Path

import click

from dupfind.cli.atomic_write import write_whole
from dupfind.collection.collection import Collection
from dupfind.review import import_file
from dupfind.review.reviewer import Reviewer
from dupfind.storage import decisions


def import_decisions(reviewer: Reviewer, path: Path, why: str, *, newer: bool) -> str:
    """Save the decisions of a report's CSV or of an exported file, and return a note about them.

    Raises:
        SourceError: A line is invalid or contradicts another decision; nothing was saved.
        StoreError: The index cannot be read or written.
    """
    store = reviewer.collection.store
    with store.reading():
        lines = import_file.read(path, store, decided=reviewer.clock(), who=reviewer.name, why=why)
        changes = import_file.changes(path, lines, decisions.all_decisions(store), newer=newer)
    if changes:
        reviewer.keep(changes)
    return f"{path}: {len(lines):,} decisions, {len(changes):,} of them new"


def merge_decisions(reviewer: Reviewer, path: Path, *, newer: bool) -> str:
    """Copy decisions between an index and a team's file, and return a note about them.

    Raises:
        SourceError: A line is invalid or contradicts another decision; nothing was saved.
        StoreError: The index cannot be read or written.
        DupfindError: The file cannot be written.
    """
    store = reviewer.collection.store
    with store.reading():
        current = decisions.all_decisions(store)
    changes, both = import_file.merged(path, current, newer=newer)
    if changes:
        reviewer.keep(changes)
    write_whole(path, both.text(), option="--merge")
    return f"{path}: {len(both):,} decisions; {len(changes):,} of them are new here"


def export_decisions(collection: Collection, name: str, notify: Callable[[str], None]) -> None:
    """Write all decisions of an index to a file, or to standard output for `-`.

    Raises:
        StoreError: The index cannot be read.
        DupfindError: The file cannot be written.
    """
    with collection.store.reading():
        current = decisions.all_decisions(collection.store)
    if name == "-":
        click.echo(current.text(), nl=False)
    else:
        write_whole(Path(name), current.text(), option="--export")
        notify(f"{name}: {len(current):,} decisions")
