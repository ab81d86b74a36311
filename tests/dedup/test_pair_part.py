"""The parts of a report, merged: the report of one run, byte for byte; parts of another index are refused."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.dedup import pair_part
from dupfind.dedup.all_pairs import Pairs, within, within_tiles
from dupfind.dedup.pair_part import PartPairs, tiles, write_pair_part
from dupfind.dedup.report import Parameters
from dupfind.dedup.report_builder import build_report
from dupfind.errors import DupfindError, PartError
from dupfind.partition.one_run import one_run
from dupfind.partition.part_file import PartFile, write_part
from dupfind.partition.share import Share
from dupfind.reports.formats import draw
from tests.support.samples import NOW, WordEncoder, corpus, random_units, record

PARAMETERS = Parameters(min_score=0.7, min_margin=-2, since=datetime(2024, 1, 5, tzinfo=UTC), project="a")
RECORDS = [*corpus(150), *(record(f"same {number}", "sync of the disk is slow") for number in range(25))]


def silent(*_: Any) -> Callable[[float], None]:
    return lambda _: None


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as writable:
        writable.index(RECORDS, source="s")
    with Collection.open(tmp_path / "index", encoder=WordEncoder()) as opened:
        yield opened


def write_all(
    folder: Path, collection: Collection, of: int, parameters: Parameters = PARAMETERS
) -> list[Path]:
    paths = [folder / f"{number}.dfp" for number in range(1, of + 1)]
    for number, path in enumerate(paths, 1):
        write(path, collection, number, of, parameters)
    return paths


def write(
    path: Path, collection: Collection, number: int, of: int, parameters: Parameters = PARAMETERS, **more: Any
) -> int | None:
    options = {"max_pairs": 100_000, "start_task": silent, **more}
    return write_pair_part(path, Share(number, of), collection, parameters, **options)


def merged(collection: Collection, paths: Sequence[Path]) -> str:
    pairs = PartPairs(one_run(paths))
    report, _ = build_report(
        collection,
        pairs.parameters,
        max_pairs=pairs.max_pairs,
        pairs=lambda: pairs.pairs(collection),
        now=NOW,
    )
    return draw(report, "json")


@pytest.mark.parametrize("of", [1, 2, 7])
@pytest.mark.parametrize("parameters", [PARAMETERS, Parameters(min_score=0.6)])
def test_the_parts_of_a_report_are_the_report_of_one_run(
    tmp_path: Path, collection: Collection, of: int, parameters: Parameters
) -> None:
    report, _ = build_report(collection, parameters, now=NOW)
    assert report.n_pairs
    paths = write_all(tmp_path, collection, of, parameters)
    assert merged(collection, paths[::-1]) == draw(report, "json")


@pytest.mark.parametrize("n_rows", [0, 1, 15, 16, 17, 100, 20_000])
@pytest.mark.parametrize("of", [1, 2, 7, 100])
def test_tiles_cover_every_pair_once_and_parts_have_like_shares(n_rows: int, of: int) -> None:
    n_cells = sum(
        (rows.stop - rows.start) * (columns.stop - columns.start)
        if rows != columns
        else (n := rows.stop - rows.start) * (n - 1) // 2
        for rows, columns in tiles(n_rows, of)
    )
    assert n_cells == n_rows * (n_rows - 1) // 2
    assert all(rows.stop <= columns.start or rows == columns for rows, columns in tiles(n_rows, of))
    if n_rows == 20_000:
        assert len(tiles(n_rows, of)) >= 4 * of


@pytest.mark.parametrize("of", [1, 3, 50])
def test_the_pairs_of_all_tiles_are_those_of_all_rows(of: int) -> None:
    vectors = random_units(300, 4, seed=of)
    row_ids = np.arange(1, 1501, 5)
    expected = {pair for block in within(row_ids, vectors, 0.9) for pair in _set(block)}
    found = [pair for block in within_tiles(row_ids, vectors, 0.9, tiles(300, of)) for pair in _set(block)]
    assert len(found) == len(set(found))
    assert set(found) == expected != set()


def _set(pairs: Pairs) -> list[tuple[float, ...]]:
    return list(zip(*(column.tolist() for column in pairs), strict=True))


def test_a_complete_part_is_recognised_and_an_interrupted_one_continues(
    tmp_path: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "whole.dfp", collection, 1, 2)
    path = tmp_path / "1.dfp"
    compared: list[int] = []

    def stopping(row_ids: Any, vectors: Any, threshold: float, chosen: list[Any]) -> Iterator[Pairs]:
        for pairs in within_tiles(row_ids, vectors, threshold, chosen):
            if len(compared) == 2:
                raise KeyboardInterrupt
            compared.append(len(chosen))
            yield pairs

    monkeypatch.setattr(pair_part, "within_tiles", stopping)
    with pytest.raises(KeyboardInterrupt):
        write(path, collection, 1, 2)
    assert not path.exists()
    n_tiles = compared[0]
    compared.clear()
    compared.extend([0, 0, 0])  # no further interruption
    assert write(path, collection, 1, 2) is not None
    assert set(compared[3:]) == {n_tiles - 2}
    assert path.read_bytes() == (tmp_path / "whole.dfp").read_bytes()
    assert write(path, collection, 1, 2) is None


def test_parts_of_another_state_of_the_index_are_refused(tmp_path: Path, collection: Collection) -> None:
    paths = write_all(tmp_path, collection, 2)
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as writable:
        writable.index([record("new", "a record that came later")], source="s")
    with (
        Collection.open(tmp_path / "index", encoder=WordEncoder()) as opened,
        pytest.raises(PartError, match="another state of the index"),
    ):
        merged(opened, paths)


def test_parts_with_other_parameters_are_refused(tmp_path: Path, collection: Collection) -> None:
    write(tmp_path / "1.dfp", collection, 1, 2)
    write(tmp_path / "2.dfp", collection, 2, 2, Parameters(min_score=0.8))
    with pytest.raises(PartError, match="'parameters'"):
        merged(collection, [tmp_path / "1.dfp", tmp_path / "2.dfp"])


def test_too_many_pairs_are_an_error_in_a_part_and_in_the_merge(
    tmp_path: Path, collection: Collection
) -> None:
    n_pairs = [write(tmp_path / f"{number}.dfp", collection, number, 2) or 0 for number in (1, 2)]
    assert min(n_pairs)
    with pytest.raises(DupfindError, match="--max-pairs"):
        write(tmp_path / "few.dfp", collection, 1, 2, max_pairs=n_pairs[0] - 1)
    for _ in range(20):  # a further call with the same number ends in the same way, though no tile is left
        with pytest.raises(DupfindError, match="--max-pairs"):
            write(tmp_path / "few.dfp", collection, 1, 2, max_pairs=n_pairs[0] - 1)
    paths = [tmp_path / f"few{number}.dfp" for number in (1, 2)]
    for number, path in enumerate(paths, 1):
        write(path, collection, number, 2, max_pairs=max(n_pairs))
    with pytest.raises(DupfindError, match="--max-pairs"):
        merged(collection, paths)


@pytest.mark.parametrize("what", ["a row", "a score", "an order", "twice", "half"])
def test_pairs_that_are_none_of_the_index_are_refused(
    tmp_path: Path, collection: Collection, what: str
) -> None:
    [path] = write_all(tmp_path, collection, 1)
    part = PartFile.open(path)
    rows = np.frombuffer(b"".join(part.pieces("pairs")), dtype=pair_part._ROW).copy()
    if what == "a row":
        rows["second"][0] = 10**9
    elif what == "a score":
        rows["score"][0] = np.nan
    elif what == "an order":
        rows["first"][0], rows["second"][0] = rows["second"][0], rows["first"][0]
    elif what == "twice":
        rows[0] = rows[1]
    data = rows.tobytes()[: -3 if what == "half" else None]
    write_part(path, "pairs", part.plan, part.share, {"pairs": (len(data), [data])})
    with pytest.raises(PartError, match="compute"):
        merged(collection, [path])


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {}},
        {"parameters": None},
        {"max_pairs": "many"},
        {"dupfind": "0.0.1"},
        {"min_score": "high"},
        {"min_score": None},
        {"limit": -1},
        {"verdicts": "loud"},
        {"min_score": -1e300},
        {"min_score": 10**400},
        {"min_margin": float("nan")},
        {"since": "soon"},
        {"since": "2024-01-01"},
        {"since": "0001-01-01T00:00:00+23:59"},
        {"new": 1},
    ],
)
def test_a_plan_from_elsewhere_is_refused(
    tmp_path: Path, collection: Collection, change: dict[str, Any]
) -> None:
    [path] = write_all(tmp_path, collection, 1)
    part = PartFile.open(path)
    [name] = change
    plan = {**part.plan, **change}
    if name not in part.plan:
        plan = {**part.plan, "parameters": {**part.plan["parameters"], **change}}
    data = b"".join(part.pieces("pairs"))
    write_part(path, "pairs", plan, part.share, {"pairs": (len(data), [data])})
    with pytest.raises(PartError, match=r"1\.dfp"):
        merged(collection, [path])
