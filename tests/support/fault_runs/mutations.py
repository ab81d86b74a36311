"""Damage one file of an index, and query it: the right answer, or one line; `doctor` knows of any other answer."""

import contextlib
import json
import os
import random
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dupfind.cli.main import OK, TROUBLE
from dupfind.collection.collection import Collection
from dupfind.storage import source_state
from tests.support.damage import damaged, damaged_disk
from tests.support.fault_runs.command import command, is_in_order, load
from tests.support.fault_runs.tally import Tally, rounds
from tests.support.template_tracker import template_tracker
from tests.support.tiny_models import write_model

N_RECORDS = 120
QUERY = ("query", "--json", "-k", "50", "--no-service", "the reader crashes while the feed is open")
OTHERS: Sequence[tuple[str, ...]] = (
    ("check", "--no-service", "--title", "reader crashes", "--body", "The feed is open."),
    ("report", "-o", os.devnull, "--format", "json"),
    ("info",),
    ("review", "--export", os.devnull),
    ("doctor",),
)
"""Commands that are tried now and then; only their ends are checked."""

DOCTOR = ("doctor", "--read-data")


def mutations(rng: random.Random, seconds: float, folder: Path, most: int | None = None) -> Tally:
    """Damage the files of an index in turn, one at a time.

    Args:
        rng: Decides on the damage.
        seconds: How long to go on, after the preparations.
        folder: An empty folder.
        most: Mutations at most; None for as many as there is time for.
    """
    tally = Tally()
    index = make(folder)
    whole = {path: path.read_bytes() for path in sorted(index.rglob("*")) if path.is_file()}
    for arguments in (QUERY, *OTHERS):
        load(index, *arguments)
    right = _hits(index)
    assert right[0]
    earlier = _earlier(index)
    files = [path for path, data in whole.items() if data]
    for number in rounds(seconds, most):
        path = files[number % len(files)]
        damage = rng.choice((damaged, damaged_disk, damaged_disk, None))
        if damage is None:
            path.unlink()
        else:
            path.write_bytes(damage(whole[path], rng))
        tally.runs += 1
        note = f"mutation {number} of {path.relative_to(index)} by {damage and damage.__name__}"
        _ask(index, [right, *earlier] if path.name.endswith("-wal") else [right], note, tally)
        if number % 10 == 0:
            is_in_order(command(index, *rng.choice(OTHERS)), note, tally)
        for each, data in whole.items():
            if not each.exists() or each.read_bytes() != data:
                each.write_bytes(data)
    return tally


def make(folder: Path) -> Path:
    """Make an index with its own model, two snapshots, and the last commits in its write-ahead log alone."""
    model = write_model(folder / "tiny")
    index = folder / "index"
    records = template_tracker(N_RECORDS)
    with Collection.create(index, model=str(model)) as collection:
        collection.index(records[:80], source="tracker")
        collection.publish(tail_limit=0)
        collection.index(records[:100], source="tracker")
        collection.publish(tail_limit=0)
    live = folder / "live"
    with Collection.create(index, model=str(model)) as collection:
        collection.store.connection.execute("PRAGMA wal_autocheckpoint = 0")
        collection.index(records, source="tracker")
        assert source_state.names(collection.store) == ["tracker"]
        shutil.copytree(index, live)  # as a kill leaves it
    assert (live / "dupfind.db-wal").stat().st_size > 0
    with contextlib.closing(sqlite3.connect(f"file:{live}/dupfind.db?mode=ro", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM record WHERE died IS NULL").fetchone() == (N_RECORDS,)
    return live


def _hits(index: Path) -> list[Any]:
    return list(json.loads(command(index, *QUERY).out)["hits"])


def _earlier(index: Path) -> list[list[Any]]:
    """Return the hits after each commit that the write-ahead log alone has.

    Nothing says how long the log was: SQLite ends it at the first frame that is damaged, and so at an earlier commit.
    """
    log = index / "dupfind.db-wal"
    whole = log.read_bytes()
    page = int.from_bytes(whole[8:12])
    found = []
    for end in range(32, len(whole), 24 + page):
        if end == 32 or int.from_bytes(
            whole[end - 20 - page : end - 16 - page]
        ):  # the last frame of a commit
            log.write_bytes(whole[:end])
            if (hits := _hits(index)) not in found:
                found.append(hits)
    log.write_bytes(whole)
    return found


def _ask(index: Path, right: list[list[Any]], note: str, tally: Tally) -> None:
    ended = command(index, *QUERY)
    if not is_in_order(ended, note, tally) or ended.code == TROUBLE:
        return
    hits = json.loads(ended.out)["hits"]
    if hits not in right and command(index, *DOCTOR).code == OK:
        pairs = zip(hits, right[0], strict=False)
        differing = next((pair for pair in pairs if pair[0] != pair[1]), None)
        tally.add("wrong", f"{note}: {len(hits)} hits, and doctor sees nothing; first {differing}")
