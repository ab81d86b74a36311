"""The parts of a report, whose pairs a cluster finds."""

import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from dupfind.dedup.pair_part import check_number, packed_pairs, pair_plan, tiles
from dupfind.dedup.report import Parameters
from dupfind.distributed.cluster import RayCluster, Task
from dupfind.distributed.work import pairs_of_blocks
from dupfind.partition.part_file import write_part
from dupfind.partition.share import Share
from dupfind.progress import StartTask
from dupfind.search.open_index import OpenIndex

_BLOCK = 32_768
"""Rows of a block at most: 100 MB at 768 wide. A task has two of them in memory, and computes for half a minute."""

_ROWS_A_PART = 2_048
_MOST_PARTS = 64  # by default


def pair_parts(
    cluster: RayCluster,
    folder: Path,
    collection: OpenIndex,
    parameters: Parameters,
    *,
    max_pairs: int,
    n_parts: int | None,
    start_task: StartTask,
) -> list[Path]:
    """Write the parts of a report; the cluster gets blocks of row ids and vectors, and returns pairs.

    Args:
        cluster: Where blocks are compared, each two of them as one task.
        folder: Where the parts are written.
        collection: The index.
        parameters: Of the report.
        max_pairs: The largest number of pairs that is accepted.
        n_parts: Number of parts; None to choose it by the number of rows.
        start_task: Shows the progress.

    Raises:
        DupfindError: There are more pairs than `max_pairs`.
        PartError: A part cannot be written.
        ClusterError: The cluster failed.
    """
    plan, row_ids, vectors = pair_plan(collection, parameters, max_pairs)
    n_rows = len(row_ids)
    of = n_parts or max(1, min(_MOST_PARTS, math.ceil(n_rows / _ROWS_A_PART)))
    compared = tiles(n_rows, of, _BLOCK)
    blocks = {
        columns.start: cluster.put((row_ids[columns], vectors[columns]))
        for rows, columns in compared
        if rows == columns
    }
    del row_ids, vectors
    shares = [Share(number, of) for number in range(1, of + 1)]

    def tasks() -> Iterator[tuple[tuple[Share, int], Task]]:
        for share in shares:
            for place, (rows, columns) in enumerate(compared):
                if share.has_place(place):
                    second = None if rows == columns else blocks[columns.start]
                    arguments = (blocks[rows.start], second, parameters.lowest_score)
                    yield (share, place), (pairs_of_blocks, arguments)

    n_left = {share: sum(map(share.has_place, range(len(compared)))) for share in shares}
    found: dict[Share, dict[int, bytes]] = defaultdict(dict)
    paths = {share: folder / f"{share.number}.dfp" for share in shares}
    n_pairs = 0
    advance = start_task("comparing", len(compared), "block pairs")

    def write(share: Share) -> None:
        rows = [content for _, content in sorted(found.pop(share, {}).items())]
        write_part(paths[share], "pairs", plan, share, {"pairs": (sum(map(len, rows)), rows)})

    for share, n in n_left.items():
        if not n:  # more parts than block pairs
            write(share)
    for (share, place), pairs in cluster.run(tasks()):
        n_pairs += len(pairs.first)
        check_number(n_pairs, max_pairs, parameters)
        found[share][place] = packed_pairs(pairs)
        n_left[share] -= 1
        if not n_left[share]:
            write(share)
        advance(1)
    return list(paths.values())
