"""Make the model MiniLM-issues, and compare it with MiniLM on trackers that it never saw.

MiniLM is adapted to the titles and bodies of titanium train, and learns from its duplicates (the recipe `duplicates`).
Titanium's licence allows that; see docs/model.md. The difference to MiniLM's weights is cut to a low rank,
and rounded to 8 bits. The order of dupfind's hits stays as it is. Rust, openoffice and hadoop were not learned from.
"""

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from common import DATA, ROOT, emit
from numpy.typing import NDArray
from tuned import FIGURES, adapted, duplicate_queries, mined, pairs, together, trained

from dupfind.encoders.load import Encoder, ModelFolder, find_model, load_encoder
from dupfind.encoders.low_rank import ADDED, LEFT, MINILM_ISSUES, RIGHT, SCALE, add_difference
from dupfind.evaluation.replay_query import result
from dupfind.ranking.ranker import shipped
from dupfind.results import ReplayResult
from dupfind.training import acceptance
from dupfind.training.recipes import RECIPES
from dupfind.training.torch_threads import sleep_while_waiting

LEARNED = (("titanium", "train"),)
UNSEEN = (("rust", "dev"), ("rust", "train"), ("openoffice", "dev"), ("hadoop", ""))
LATER = (("titanium", "dev"),)
"""A later part of the tracker that it learned from."""

RANK, EMBEDDING_RANK = 32, 16
"""Rank of the difference of a layer's matrix, and of that of the word embeddings."""

N_STEPS = 127  # of int8, on either side of 0


def main() -> None:
    """Train where the model is missing, cut the difference, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to use them again")
    parser.add_argument("--out", type=Path, help="folder for the model; an existing one is not trained again")
    parser.add_argument(
        "--make", action="store_true", help="train, and write the file that dupfind comes with"
    )
    parser.add_argument("--only", nargs="+", help="parts to compare on, such as rust-dev")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    arguments.seed, arguments.max_steps = 42, None
    sleep_while_waiting()
    with tempfile.TemporaryDirectory() as folder:
        arguments.keep, arguments.out = arguments.keep or Path(folder), arguments.out or Path(folder)
        if arguments.make:
            make(arguments)
            return
        encoder = load_encoder(find_model(MINILM_ISSUES.name))
        numbers = {}
        unseen: tuple[list[ReplayResult], list[ReplayResult]] = ([], [])
        for name, part in (*UNSEEN, *LATER):
            key = f"{name}-{part}".strip("-")
            if arguments.only and key not in arguments.only:
                continue
            base, tuned = (results(name, part, each, arguments) for each in (None, encoder))
            numbers[key] = figures(base, tuned)
            print(key, numbers[key], file=sys.stderr, flush=True)
            if (name, part) in UNSEEN:
                unseen[0].extend(base)
                unseen[1].extend(tuned)
        emit("issues_model", **numbers, unseen_together=figures(*unseen))


def make(arguments: argparse.Namespace) -> None:
    """Train the model, and write its difference to MiniLM."""
    from safetensors.numpy import load_file, save_file

    recipe = replace(RECIPES["duplicates"], kind="records")
    learned = {name: mined(name, part, 0, arguments) for name, part in LEARNED}
    test = pairs(mined("hadoop", "", 0, arguments).train)
    start = adapted(recipe, learned, test, arguments)
    trained(recipe, together(learned), test, "all", start, arguments)
    (base,), (tuned,) = find_model(None).weights, ModelFolder(arguments.out / "all").weights
    before, after = load_file(base), load_file(tuned)
    changes = {
        name: after[name].astype(np.float64) - before[name]
        for name in before
        if name in after and before[name].dtype == np.float32
    }
    path = ROOT / "dupfind" / "encoders" / MINILM_ISSUES.file
    # safetensors writes the memory of an array as it lies, whatever its strides.
    save_file({name: np.ascontiguousarray(part) for name, part in cut(changes)}, path)
    merged = arguments.out / "merged.safetensors"
    merged.write_bytes(base.read_bytes())
    add_difference(merged, load_file(path))
    cut_off = load_file(merged)
    kept = 1 - sum(((after[name] - cut_off[name]) ** 2).sum() for name in changes) / sum(
        (change**2).sum() for change in changes.values()
    )
    emit(
        "issues_model made",
        bytes=path.stat().st_size,
        kept=round(float(kept), 3),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        weights_sha256=hashlib.sha256(merged.read_bytes()).hexdigest(),
    )


def cut(changes: Mapping[str, NDArray[np.float64]]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Give the arrays of a low-rank difference, with names as in `encoders.low_rank`."""
    for name, change in changes.items():
        if not change.any():
            continue
        if change.ndim == 1:
            yield name + ADDED, change.astype(np.float16)
            continue
        rank = EMBEDDING_RANK if name.startswith("embeddings.word") else RANK
        left, right = factors(change, min(rank, *change.shape))
        largest_left, largest_right = np.abs(left).max(axis=0), np.abs(right).max(axis=1)
        # Each pair of a column and a row gets one largest value, so that both use all steps that the scale allows.
        largest = np.sqrt(largest_left * largest_right)  # (rank,)
        step = largest.max() / N_STEPS
        yield name + LEFT, np.rint(left * (largest / largest_left) / step).astype(np.int8)
        yield name + RIGHT, np.rint(right * (largest / largest_right)[:, None] / step).astype(np.int8)
        yield name + SCALE, np.array([step**2], dtype=np.float32)


def factors(change: NDArray[np.float64], rank: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the nearest matrix of a rank as (n, rank) and (rank, m), by the eigenvectors of the smaller square."""
    if change.shape[0] < change.shape[1]:
        left, right = factors(change.T, rank)
        return right.T, left.T
    values, vectors = np.linalg.eigh(change.T @ change)  # rising
    rank = min(rank, int((values > 1e-9 * values[-1]).sum()))
    top = vectors[:, ::-1][:, :rank]  # (m, rank)
    return change @ top, top.T


def results(
    name: str, part: str, encoder: Encoder | None, arguments: argparse.Namespace
) -> list[ReplayResult]:
    """Return the results of the duplicates of a part, with a model or with the index's own."""
    return [result(query, shipped()) for query in duplicate_queries(name, part, arguments, encoder)]


def figures(base: list[ReplayResult], tuned: list[ReplayResult]) -> dict[str, Any]:
    """Return recall and MRR of both models, by vectors alone and by dupfind's order, and the paired lead."""
    found = acceptance.compare(base, tuned)
    return {
        "queries": found.n_duplicates,
        **{
            f"{ranking}, {model}": {
                name: round(each.mean, 3) for name, each in by[ranking] if name in FIGURES
            }
            for ranking in ("vectors", "dupfind")
            for model, by in (("MiniLM", found.base), ("MiniLM-issues", found.tuned))
        },
        "ahead": {
            ranking: {name: [round(bound, 3) for bound in lead] for name, lead in leads if name in FIGURES}
            for ranking, leads in found.ahead.items()
        },
    }


if __name__ == "__main__":
    main()
