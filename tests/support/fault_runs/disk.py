"""Fill the disk at each size of an index: one line, no earlier commit is lost, and the next run completes."""

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
        start: The folder with the index that is there before; None for none.
        model: The model of a first run.
        text: What the source holds.
        before: The hits before the run; None where there is no index.
        n_before: The number of records before it.
        after: The hits after it.
        files: The names of the files after it, in order.
        bytes: The bytes of all files before and after it.
    """

    name: str
    start: Path | None
    model: Path
    text: str
    before: list[Any] | None
    n_before: int
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
    model = write_model(folder / "tiny")
    lines = [
        json.dumps({"id": each.id, "title": each.title, "body": each.body, "created_at": str(each.created)})
        for each in template_tracker(N_RECORDS)
    ]
    made = []
    for name, start, n_lines in (("first run", None, N_RECORDS // 2), ("second run", "first run", N_RECORDS)):
        place, text = folder / name, "\n".join(lines[:n_lines])
        if start is None:
            place.mkdir()
        else:
            shutil.copytree(folder / start, place)
        before = None if start is None else hits(place)
        n_indexed, n_bytes = 0 if start is None else n_records(place), size_of(place)
        ended = run(place, text, model)
        assert ended.code == OK, ended.err
        after = hits(place)
        assert after
        assert before is None or len(before) == len(after)
        first = None if start is None else folder / start
        sizes_of_both = n_bytes, size_of(place)
        made.append(Sweep(name, first, model, text, before, n_indexed, after, names(place), sizes_of_both))
    return made


def sizes(sweep: Sweep) -> Iterable[int]:
    """Return the sizes of disks: from the smallest, or what is there before, to three times what there is after."""
    # The log of a transaction has each page that a row or its checksum changed.
    n_before, n_after = sweep.bytes
    return range(max(SMALLEST, n_before + STEP), 3 * n_after + STEP, STEP)


def run(place: Path, text: str, model: Path) -> Ended:
    """Write a source into a folder, and index it there."""
    try:
        (place / "issues.jsonl").write_text(text, encoding="utf-8")
    except OSError as error:
        return Ended(TROUBLE, "", f"free some space for the source, too: {error}\n")
    return command(place / "index", "index", str(place / "issues.jsonl"), "--model", str(model), "-q")


def hits(place: Path) -> list[Any] | None:
    """Return the hits of a query; None where the index cannot be read."""
    ended = command(place / "index", *QUERY)
    return json.loads(ended.out)["hits"] if ended.code == OK else None


def n_records(place: Path) -> int:
    """Return the number of records in the index."""
    return int(json.loads(command(place / "index", "info", "--json").out)["records"])


def names(place: Path) -> list[str]:
    """Return the names of the files that a run leaves, without the numbers of snapshots."""
    return sorted(
        path.name if path.parent.name != "snapshots" else "snapshot"
        for path in place.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    )


def size_of(place: Path) -> int:
    """Return the bytes of all files in a folder, in blocks as a disk counts them."""
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in place.rglob("*") if path.is_file())


def fill(sweep: Sweep, size: int, tally: Tally) -> bool:
    """Run on a disk of a size, again with enough room, and count the faults; return whether the disk was full."""
    note = f"{sweep.name} on {size >> 10} KiB"
    with tmpfs(f"size={size}") as mounted:
        place = mounted / "place"
        try:
            if sweep.start is None:
                place.mkdir()
            else:
                shutil.copytree(sweep.start, place)
        except (OSError, shutil.Error):
            return True  # there is no room for what was there before
        ended = run(place, sweep.text, sweep.model)
        if not is_in_order(ended, note, tally):
            return True
        if ended.code == OK:
            _check(sweep, place, note, tally)
            return False
        with tally.expecting("tracebacks", note):
            assert ended.code == TROUBLE
            assert ended.err.count("\n") == 1, ended.err
            assert "free some space" in ended.err, ended.err
        asked = command(place / "index", *QUERY)
        if is_in_order(asked, note, tally) and sweep.before is not None:
            # Some of the run's batches may be committed, so the hits may be those of neither before nor after.
            with tally.expecting("lost", f"{note}, after the failure ({asked.err.strip()})"):
                assert asked.code == OK
                assert n_records(place) >= sweep.n_before
        resize(mounted, ENOUGH)
        ended = run(place, sweep.text, sweep.model)
        with tally.expecting("tracebacks", f"{note}, with room"):
            assert ended.code == OK, ended.err
        _check(sweep, place, f"{note}, with room", tally)
    return True


def _check(sweep: Sweep, place: Path, note: str, tally: Tally) -> None:
    found = hits(place)
    with tally.expecting("lost" if found is None else "wrong", note):
        assert found == sweep.after
    left = sorted(set(names(place)) - set(sweep.files))
    with tally.expecting("leftovers", note):
        assert not left, left
        assert names(place).count("snapshot") <= 2
