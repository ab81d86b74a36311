"""Find every pair at or above a threshold: dupfind, sentence-transformers' `paraphrase_mining` and semhash.

All three get the same vectors, with clusters like a tracker's: many small groups, and a template for a tenth of
all records. sentence-transformers runs at its defaults; semhash too, except for the threshold. semhash is needed only
here: `pip install semhash`; without it the other two are compared.
"""

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from common import emit
from numpy.typing import NDArray

from dupfind.dedup.all_pairs import within

Codes = NDArray[np.int64]
"""A pair as one number: the smaller place times the number of rows, plus the larger."""

Way = Callable[[NDArray[np.float32], float], Codes]


def main() -> None:
    """Time the three on the same vectors, in turn, and compare their pairs with brute force."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--dim", type=int, default=768)
    parser.add_argument("--threshold", type=float, default=0.7)
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds of dupfind; the others take minutes and run once"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    list(within(np.arange(15_000), clustered(15_000, 16, 0), 0.9))  # imports torch
    ways: dict[str, Way] = {"dupfind": by_dupfind, "sentence_transformers": by_paraphrase_mining}
    if find_spec("semhash"):
        ways["semhash"] = by_semhash
    for rows in arguments.rows:
        vectors = clustered(rows, arguments.dim, arguments.seed)
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        pairs: dict[str, Codes] = {}
        for turn in range(arguments.rounds):
            for name, way in ways.items():
                if turn and name != "dupfind":
                    continue
                started = time.perf_counter()
                pairs[name] = way(vectors, arguments.threshold)
                seconds[name].append(time.perf_counter() - started)
        truth = brute_force(vectors, arguments.threshold)
        mine = float(np.median(seconds["dupfind"]))
        emit(
            "all_pairs",
            rows=rows,
            dim=arguments.dim,
            threshold=arguments.threshold,
            seed=arguments.seed,
            pairs=len(truth),
            seconds={name: [round(second, 2) for second in times] for name, times in seconds.items()},
            times_faster_than={
                name: round(times[0] / mine, 1) for name, times in seconds.items() if name != "dupfind"
            },
            recall={name: round(np.isin(truth, codes).mean(), 6) for name, codes in pairs.items()},
            extra={name: len(np.setdiff1d(codes, truth)) for name, codes in pairs.items()},
        )


def clustered(rows: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Return unit vectors: groups of about four, and a tenth of the rows around one template, each in its own group."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(rows // 4, size=rows)
    vectors = rng.standard_normal((rows // 4, dim), dtype=np.float32)[groups]
    vectors += rng.uniform(0.2, 1.2, (rows, 1)).astype(np.float32) * rng.standard_normal(
        (rows, dim), dtype=np.float32
    )
    vectors[: rows // 10] += 1.5 * rng.standard_normal(dim, dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def by_dupfind(vectors: NDArray[np.float32], threshold: float) -> Codes:
    blocks = list(within(np.arange(len(vectors)), vectors, threshold))
    return np.concatenate([block.first * len(vectors) + block.second for block in blocks])


def by_paraphrase_mining(vectors: NDArray[np.float32], threshold: float) -> Codes:
    """Run it at its defaults: 100 neighbours a row and 500,000 pairs at any threshold."""
    import torch
    from sentence_transformers.util import paraphrase_mining_embeddings

    pairs = paraphrase_mining_embeddings(torch.from_numpy(vectors))
    near = [(i, j) for score, i, j in pairs if score >= threshold]
    return codes(np.array(near, dtype=np.int64).reshape(-1, 2), len(vectors))


def by_semhash(vectors: NDArray[np.float32], threshold: float) -> Codes:
    """Return each record that it would drop, with the one duplicate that it names for it."""
    from semhash import SemHash

    names = [str(place) for place in range(len(vectors))]
    index = SemHash.from_embeddings(vectors, names, model=None)
    result = index.self_deduplicate(threshold=threshold)
    near = [(int(dropped.record), int(dropped.duplicate_of)) for dropped in result.filtered]
    return codes(np.array(near, dtype=np.int64).reshape(-1, 2), len(vectors))


def codes(pairs: NDArray[np.int64], rows: int) -> Codes:
    return np.unique(pairs.min(axis=1) * rows + pairs.max(axis=1))


def brute_force(vectors: NDArray[np.float32], threshold: float) -> Codes:
    """Compute the whole product in float32, and scores near the threshold again in float64, rounded as in a search."""
    rows, parts = len(vectors), []
    for start in range(0, rows, 512):
        scores = vectors[start : start + 512] @ vectors.T
        first, second = np.nonzero(scores >= threshold - 1e-4)
        first += start
        half = first < second
        first, second = first[half], second[half]
        exact = np.array(
            [
                vectors[a].astype(np.float64) @ vectors[b].astype(np.float64)
                for a, b in zip(first, second, strict=True)
            ]
        )
        is_pair = np.round(exact, 6) >= threshold
        parts.append(first[is_pair] * rows + second[is_pair])
    return np.concatenate(parts)


if __name__ == "__main__":
    main()
