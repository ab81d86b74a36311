"""Compute one part of a report: the pairs in its share of all block pairs; and read all parts back."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from dupfind.dedup.all_pairs import Pairs, Tile, compared_vectors, within_tiles
from dupfind.dedup.gathered_pairs import repeated_rows, same_texts
from dupfind.dedup.report import Parameters
from dupfind.errors import DupfindError, PartError
from dupfind.partition.journal import Journal
from dupfind.partition.part_file import PartFile, finished, plan_id, write_part
from dupfind.partition.share import Share
from dupfind.progress import StartTask
from dupfind.search.open_index import OpenIndex
from dupfind.vectors.base import RowIds, Vectors
from dupfind.verdict.bands import MODES
from dupfind.version import __version__

_ROW = np.dtype([("first", "<i8"), ("second", "<i8"), ("score", "<f8")])
_LEAST_BLOCK, _MOST_BLOCK = 16, 8_192
_TILES_A_PART = 8  # at least half as many in each part, so that parts take equal times


def tiles(n_rows: int, of: int, most: int = _MOST_BLOCK) -> list[Tile]:
    """Return all block pairs of a run of `of` parts, each once: a matrix without its half below the diagonal.

    Args:
        n_rows: Of the matrix.
        of: Number of parts.
        most: The largest number of rows of a block.
    """
    block = math.ceil(n_rows / math.ceil(math.sqrt(_TILES_A_PART * of)))
    block = max(_LEAST_BLOCK, min(most, block))
    blocks = [slice(start, min(start + block, n_rows)) for start in range(0, n_rows, block)]
    return [(rows, columns) for place, columns in enumerate(blocks) for rows in blocks[: place + 1]]


def pair_plan(
    collection: OpenIndex, parameters: Parameters, max_pairs: int
) -> tuple[dict[str, Any], RowIds, Vectors]:
    """Return the plan of a divided report, and what it compares: (n,) int64 row ids, and (n, dim) float32.

    Raises:
        StoreError: The index cannot be read.
    """
    with collection.store.reading():
        row_ids, vectors = compared_vectors(collection, repeated_rows(same_texts(collection.store)))
        model = collection.store.encoding().model
    plan = {
        "dupfind": __version__,
        "model": model,
        "index": _digest(row_ids, vectors),
        "n_rows": len(row_ids),
        "parameters": json.loads(json.dumps(asdict(parameters), default=str)),
        "max_pairs": max_pairs,
    }
    return plan, row_ids, vectors


def write_pair_part(
    path: Path,
    share: Share,
    collection: OpenIndex,
    parameters: Parameters,
    *,
    max_pairs: int,
    start_task: StartTask,
) -> int | None:
    """Compare the records of a share of all block pairs, and write the pairs into a file.

    A call after an interruption continues, and one after the end finds the part complete.

    Args:
        path: The part's file.
        share: Which block pairs.
        collection: The index; every part needs the same one.
        parameters: Of the report.
        max_pairs: The largest number of pairs of the report that is accepted.
        start_task: Shows the progress.

    Returns:
        The number of pairs; None if the part is there already.

    Raises:
        DupfindError: There are more pairs than `max_pairs`.
        PartError: The file cannot be written, or is there and is no part.
        StoreError: The index cannot be read.
    """
    plan, row_ids, vectors = pair_plan(collection, parameters, max_pairs)
    if finished(path, plan, share):
        Journal.discard(path)
        return None
    chosen = [tile for place, tile in enumerate(tiles(len(row_ids), share.of)) if share.has_place(place)]
    with Journal(path, f"{plan_id(plan)} {share}") as journal:
        advance = start_task(f"part {share}", len(chosen), "block pairs")
        advance(journal.n_frames)
        stream = within_tiles(row_ids, vectors, parameters.lowest_score, chosen[journal.n_frames :])
        check_number(journal.n_bytes // _ROW.itemsize, max_pairs, parameters)  # of an interrupted call
        for pairs in stream:
            journal.append(packed_pairs(pairs))
            check_number(journal.n_bytes // _ROW.itemsize, max_pairs, parameters)
            advance(1)
        n_pairs = journal.n_bytes // _ROW.itemsize
        write_part(path, "pairs", plan, share, {"pairs": (journal.n_bytes, journal.frames())})
        journal.remove()
    return n_pairs


class PartPairs:
    """The pairs of the parts of one report.

    Attributes:
        parameters: Of the report.
        max_pairs: The largest number of pairs that is accepted.
    """

    def __init__(self, parts: Sequence[PartFile]) -> None:
        """Read the plan of parts.

        Args:
            parts: From `one_run`, of the kind "pairs".

        Raises:
            PartError: They are of another dupfind, or their plan is damaged.
        """
        self._parts = parts
        plan = parts[0].plan
        if plan.get("dupfind") != __version__:
            raise PartError(
                f"{parts[0].path} is of dupfind {plan.get('dupfind')!r:.40}, and this is {__version__}: compute the"
                " parts and merge them with one version"
            )
        try:
            self.parameters = _parameters(plan["parameters"])
            self.max_pairs = plan["max_pairs"]
            if type(self.max_pairs) is not int:
                raise ValueError("max_pairs")
        except (KeyError, TypeError, ValueError) as error:
            raise PartError(f"{parts[0].path} has a plan that is damaged ({error})") from error

    def pairs(self, collection: OpenIndex) -> Pairs:
        """Return all pairs.

        Args:
            collection: The index that was compared, in a read transaction.

        Raises:
            PartError: The index was another one, or the pairs are none of it.
        """
        row_ids, vectors = compared_vectors(collection, repeated_rows(same_texts(collection.store)))
        if self._parts[0].plan.get("index") != _digest(row_ids, vectors):
            raise PartError(
                f"{self._parts[0].path} is of another state of the index than {collection.place}: compute the parts"
                " again, or name the index of the parts with --index"
            )
        n_pairs = sum(part.sections.get("pairs", (0, 0))[1] for part in self._parts) // _ROW.itemsize
        check_number(n_pairs, self.max_pairs, self.parameters)
        rows = np.concatenate([np.empty(0, dtype=_ROW), *self._rows()])
        rows = rows[np.lexsort((rows["second"], rows["first"]))]
        first, second, scores = rows["first"], rows["second"], rows["score"]
        is_repeated = (np.diff(first) == 0) & (np.diff(second) == 0)
        is_sound = (
            (first < second)
            & np.isin(first, row_ids)
            & np.isin(second, row_ids)
            & (scores >= self.parameters.lowest_score)
            & (scores <= 1)
        )
        if is_repeated.any() or not is_sound.all():
            raise PartError("the parts hold pairs that are none of the index: compute them again")
        return Pairs(first.astype(np.int64), second.astype(np.int64), scores.astype(np.float64))

    def _rows(self) -> Iterator[np.ndarray[Any, Any]]:
        for part in self._parts:
            data = b"".join(part.pieces("pairs"))
            if len(data) % _ROW.itemsize:
                raise PartError(f"{part.path} does not hold whole pairs: compute it again")
            yield np.frombuffer(data, dtype=_ROW)


def check_number(n_pairs: int, max_pairs: int, parameters: Parameters) -> None:
    """Refuse more pairs than are accepted.

    Raises:
        DupfindError: There are more.
    """
    if n_pairs > max_pairs:
        raise DupfindError(
            f"more than {max_pairs:,} pairs score {parameters.lowest_score} or more: pass a larger --max-pairs to all"
            " parts"
        )


def packed_pairs(pairs: Pairs) -> bytes:
    """Return pairs as the bytes that a part holds."""
    rows = np.empty(len(pairs.first), dtype=_ROW)
    rows["first"], rows["second"], rows["score"] = pairs
    return rows.tobytes()


def _digest(row_ids: RowIds, vectors: Vectors) -> str:
    """Return the SHA-256 of rows and vectors, as hex."""
    digest = sha256(row_ids.astype("<i8").tobytes())
    for start in range(0, len(vectors), 4_096):
        digest.update(vectors[start : start + 4_096].astype("<f4").tobytes())
    return digest.hexdigest()


def _parameters(value: dict[str, Any]) -> Parameters:
    """Return the parameters that a plan names.

    Raises:
        ValueError: They are none.
    """
    known = {field.name: field for field in fields(Parameters)}
    if set(value) != set(known):
        raise ValueError("its parameters")
    for name, item in value.items():
        if item is None:
            is_sound = name not in ("min_score", "include_known", "new", "across", "verdicts")
        elif name in ("min_score", "min_margin", "min_probability"):
            is_sound = type(item) in (int, float) and abs(item) <= 2  # NaN fails, too
        elif name in ("include_known", "new", "across"):
            is_sound = isinstance(item, bool)
        elif name == "limit":
            is_sound = type(item) is int and item > 0
        elif name in ("verdicts", "shown"):
            is_sound = item in MODES
        else:
            is_sound = isinstance(item, str)
        if not is_sound:
            raise ValueError(f"its parameter {name}")
    since = value["since"]
    parameters = Parameters(**value)
    if since is None:
        return parameters
    moment = datetime.fromisoformat(since)
    try:
        moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("its parameter since") from error
    if moment.tzinfo is None:
        raise ValueError("its parameter since")
    return replace(parameters, since=moment)
