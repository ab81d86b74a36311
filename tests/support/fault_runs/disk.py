"""Fill the disk at each size of an index: one line, the answers of before or after, and the next run completes."""

import json
import random
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from dupfind.cli.main import OK, TROUBLE
from tests.support.fault_runs.command import Ended, command, is_in_order
from tests.support.fault_runs.tally import Tally, rounds
from tests.support.template_tracker import template_tracker
from tests.support.tiny_models import write_model
from tests.support.tmpfs import resize, tmpfs

N_RECORDS = 120
SMALLEST = 64 << 10
STEP = 4 << 10
ENOUGH = 64 << 20

QUERY = ("query", "--json", "-k", "50", "--no-service", "the reader crashes while the feed is open")


class Sweep(NamedTuple):
    """A run of `dupfind index` that is repeated on disks of each size.

    Attributes:
        name: Its name in notes.
        start: The index that is there before; None for none.
        source: The file that is indexed, and which every run shares.
        text: What it holds in this run.
        before: The hits before the run; None where there is no index.
        after: The hits after it.
        files: The names of the files after it, in order.
        bytes: The bytes of the files before and after it.
    """

    name: str
    start: Path | None
    source: Path
    text: str
    before: list[Any] | None
    after: list[Any]
    files: list[str]
    bytes: tuple[int, int]


def disk(rng: random.Random, seconds: float, folder: Path, most: int | None = None) -> Tally:
    """Repeat a first run and a run with more records on disks of each size, the order by chance.

    Args:
        rng: Decides on the order of sizes.
        seconds: How long to go on, after the preparations.
        folder: An empty folder.
        most: Disks at most; None for as many as there is time for.

    Raises:
        MountError: No disk of a given size can be had here.
    """
    tally = Tally()
    cases = [(sweep, size) for sweep in sweeps(folder) for size in sizes(sweep)]
    rng.shuffle(cases)
    for number in rounds(seconds, most):
        sweep, size = cases[number % len(cases)]
        tally.runs += 1
        fill(sweep, size, tally)
    return tally


def sweeps(folder: Path) -> list[Sweep]:
    """Make the runs in an empty folder."""
    write_model(folder / "tiny")
    source = folder / "issues.jsonl"
    lines = [
        json.dumps({"id": each.id, "title": each.title, "body": each.body, "created_at": str(each.created)})
        for each in template_tracker(N_RECORDS)
    ]
    made = []
    for name, start, n_lines in (("first run", None, N_RECORDS // 2), ("second run", "first run", N_RECORDS)):
        index, text = folder / name, "\n".join(lines[:n_lines])
        if start is not None:
            shutil.copytree(folder / start, index)
        before = None if start is None else hits(index)
        n_before = 0 if start is None else size_of(index)
        ended = run(index, source, text)
        assert ended.code == OK, ended.err
        after = hits(index)
        assert after
        first = None if start is None else folder / start
        made.append(Sweep(name, first, source, text, before, after, names(index), (n_before, size_of(index))))
    return made


def sizes(sweep: Sweep) -> Iterable[int]:
    """Return the sizes of disks: from the smallest, or what is there before, to twice what there is after."""
    n_before, n_after = sweep.bytes
    return range(max(SMALLEST, n_before + STEP), 2 * n_after + STEP, STEP)


def run(index: Path, source: Path, text: str) -> Ended:
    """Index a source that holds a text."""
    source.write_text(text, encoding="utf-8")
    return command(index, "index", str(source), "--model", str(source.with_name("tiny")), "-q")


def hits(index: Path) -> list[Any] | None:
    """Return the hits of a query; None where the index cannot be read."""
    ended = command(index, *QUERY)
    return json.loads(ended.out)["hits"] if ended.code == OK else None


def names(index: Path) -> list[str]:
    """Return the names of the files that a run leaves, without the numbers of snapshots."""
    return sorted(
        path.name if path.parent.name != "snapshots" else "snapshot"
        for path in index.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    )


def size_of(index: Path) -> int:
    """Return the bytes of an index's files, in blocks as a disk counts them."""
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in index.rglob("*") if path.is_file())


def fill(sweep: Sweep, size: int, tally: Tally) -> bool:
    """Run on a disk of a size, again with enough room, and count the faults; return whether the disk was full."""
    note = f"{sweep.name} on {size >> 10} KiB"
    with tmpfs(f"size={size}") as mounted:
        index = mounted / "index"
        if sweep.start is not None:
            try:
                shutil.copytree(sweep.start, index)
            except (OSError, shutil.Error):
                return True  # there is no room for what was there before
        ended = run(index, sweep.source, sweep.text)
        if not is_in_order(ended, note, tally):
            return True
        if ended.code == OK:
            _check(sweep, index, note, tally)
            return False
        with tally.expecting("tracebacks", note):
            assert ended.code == TROUBLE
            assert ended.err.count("\n") == 1, ended.err
            assert "free some space" in ended.err, ended.err
        asked = command(index, *QUERY)
        if is_in_order(asked, note, tally):
            found = json.loads(asked.out)["hits"] if asked.code == OK else None
            with tally.expecting("lost", f"{note}, after the failure ({asked.err.strip()})"):
                assert found in (sweep.before, sweep.after) or (sweep.before is None and not found)
        resize(mounted, ENOUGH)
        ended = run(index, sweep.source, sweep.text)
        with tally.expecting("tracebacks", f"{note}, with room"):
            assert ended.code == OK, ended.err
        _check(sweep, index, f"{note}, with room", tally)
    return True


def _check(sweep: Sweep, index: Path, note: str, tally: Tally) -> None:
    found = hits(index)
    with tally.expecting("lost" if found is None else "wrong", note):
        assert found == sweep.after
    left = sorted(set(names(index)) - set(sweep.files))
    with tally.expecting("leftovers", note):
        assert not left, left
        assert names(index).count("snapshot") <= 2
