"""Encode real titles and bodies in bulk on the CPU: dupfind, and SentenceTransformer.encode at its defaults."""

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from common import DATA, emit, issues
from numpy.typing import NDArray

from dupfind.encoders.devices import has_fast_bf16
from dupfind.encoders.load import find_model, load_encoder

Encode = Callable[[list[str]], NDArray[np.float32]]


def main() -> None:
    """Time each side on different texts in every round, then compare all scores of one set of texts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--titles", type=int, default=600, help="titles a side and round")
    parser.add_argument("--bodies", type=int, default=64, help="bodies of 60 to 250 words a side and round")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument(
        "--scored", type=int, default=1_000, help="titles (and a sixth as many bodies) compared"
    )
    parser.add_argument("--numpy", action="store_true", help="time the numpy engine too")
    parser.add_argument("--seed", type=int, default=42)
    arguments = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    titles, bodies = real_texts(arguments.data, arguments.seed)
    load = os.getloadavg()[0]
    results: dict[str, Any] = {}
    for threads in arguments.threads:
        sides = load_sides(threads, arguments.numpy)
        for encode in sides.values():
            encode(titles[-200:] + bodies[-8:])
        for kind, texts, n in (("titles", titles, arguments.titles), ("bodies", bodies, arguments.bodies)):
            shares = deal(texts, len(sides) * arguments.rounds, n, arguments.seed)
            results[f"{kind}_{threads}_threads"] = race(sides, shares, threads)
    shifts = {
        side: round(shift, 5)
        for side, shift in score_shifts(
            sides, titles[: arguments.scored], bodies[: arguments.scored // 6]
        ).items()
    }
    emit(
        "encode",
        data="titanium train",
        seed=arguments.seed,
        load=round(load, 2),
        max_score_shift=shifts,
        **results,
    )


def real_texts(data: Path, seed: int) -> tuple[list[str], list[str]]:
    """Return titles, and titles with bodies, of real issues, without repetitions, in random order."""
    rows = list(islice(issues("titanium", "train", data), 16_000))
    titles = sorted({issue["title"] for issue in rows if issue["title"]})
    bodies = sorted(
        {
            f"{issue['title']}\n{issue['body']}"
            for issue in rows
            if 60 <= len((issue["body"] or "").split()) <= 250
        }
    )
    draw = random.Random(seed)
    draw.shuffle(titles)
    draw.shuffle(bodies)
    return titles, bodies


def load_sides(threads: int, with_numpy: bool) -> dict[str, Encode]:
    """Load both sides with as many threads; dupfind's in every precision that suits the CPU."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = find_model()
    peer = SentenceTransformer(str(model.path), device="cpu")

    def encode_as_peer(texts: list[str]) -> NDArray[np.float32]:
        torch.set_num_threads(threads)
        return np.asarray(peer.encode(texts, show_progress_bar=False))

    sides: dict[str, Encode] = {"peer": encode_as_peer}
    for precision in ("fp32", "bf16") if has_fast_bf16() else ("fp32",):
        sides[precision] = load_encoder(model, "torch", "cpu", threads, precision).encode
    if with_numpy:
        sides["numpy"] = load_encoder(model, "numpy", threads=threads).encode
    return sides


def deal(texts: Sequence[str], n_shares: int, size: int, seed: int) -> list[list[str]]:
    """Deal disjoint shares of equal size and of similar lengths, from the longest text down."""
    if len(texts) < n_shares * size:
        raise SystemExit(f"{n_shares} shares of {size} texts need more than the {len(texts)} that there are")
    draw = random.Random(seed)
    by_length = sorted(texts[: n_shares * size], key=len, reverse=True)
    shares: list[list[str]] = [[] for _ in range(n_shares)]
    for start in range(0, len(by_length), n_shares):
        for share, text in zip(
            draw.sample(shares, n_shares), by_length[start : start + n_shares], strict=True
        ):
            share.append(text)
    for share in shares:
        draw.shuffle(share)
    return shares


def race(sides: dict[str, Encode], shares: list[list[str]], threads: int) -> dict[str, float]:
    """Return texts a second of each side, median over rounds in changing order, and the medians of their ratios.

    One thread is timed by CPU time, which a busy machine disturbs less, several by wall time.
    """
    clock = time.process_time if threads == 1 else time.perf_counter
    rates: dict[str, list[float]] = {side: [] for side in sides}
    names = list(sides)
    waiting = iter(shares)
    for number in range(len(shares) // len(sides)):
        for side in names[number % len(names) :] + names[: number % len(names)]:
            share = next(waiting)
            start = clock()
            sides[side](share)
            rates[side].append(len(share) / (clock() - start))
    figures = {side: round(statistics.median(each), 1) for side, each in rates.items()}
    for side in names[1:]:
        ratios = [ours / peers for ours, peers in zip(rates[side], rates["peer"], strict=True)]
        figures[f"{side}_over_peer"] = round(statistics.median(ratios), 2)
        figures[f"{side}_over_peer_least"] = round(min(ratios), 2)
    return figures


def score_shifts(sides: dict[str, Encode], titles: list[str], bodies: list[str]) -> dict[str, float]:
    """Return the largest difference of a score from the peer's, between any two titles or any two bodies."""
    shifts = dict.fromkeys(list(sides)[1:], 0.0)
    for texts in (titles, bodies):
        expected = sides["peer"](texts)
        for side in shifts:
            vectors = sides[side](texts)
            shifts[side] = max(shifts[side], float(np.abs(vectors @ vectors.T - expected @ expected.T).max()))
    return shifts


if __name__ == "__main__":
    main()
