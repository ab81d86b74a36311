"""Use a GPU for all that dupfind has for one: encoding, exact search, all pairs, training. At most eight minutes.

Each stage runs in a process of its own and prints a JSON line when it ends, so that a stage that fails or hangs costs
no other one. A stage that would exceed the budget is cut off. Without a CUDA device everything runs on the CPU: take
few --records then. Texts are issues of examples/tracker.db in new combinations; vectors are synthetic.

A bare machine needs this checkout, torch, and what `pip install .` installs; for training also sentence-transformers.
FAISS is optional. MiniLM must be there: `--copy FOLDER` writes it in half precision, 45 MB, to carry it to the machine,
where `--model FOLDER` reads it.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from all_pairs import clustered
from common import ROOT, emit
from numpy.typing import NDArray

from dupfind.dedup.all_pairs import within
from dupfind.encoders.devices import choose_device, describe_devices
from dupfind.encoders.load import Encoder, ModelFolder, find_model, load_encoder
from dupfind.errors import DupfindError
from dupfind.vectors.bf16 import Bf16Index
from dupfind.vectors.flat import FlatIndex

STAGES = {
    "devices": 30,
    "same_vectors": 80,
    "encode": 80,
    "same_hits": 60,
    "search": 80,
    "pairs": 110,
    "train": 110,
}
"""The stages in their order, and the seconds after which each is cut off; a larger budget makes them longer."""

BUDGET_S = 480
THRESHOLD, DIM, K, SEED = 0.7, 768, 200, 0
N_SAME = 5_000  # texts and vectors whose results are compared with those of the CPU
N_SAMPLE = 500  # rows whose pairs are compared with brute force
ENCODE_S = 20.0  # seconds of encoding after which the rate is known
WANTED_PAIRS_S, WANTED_S = 10.0, 60.0  # for a million: pairs alone; texts encoded and paired

Figures = dict[str, Any]


class Skipped(Exception):
    """A stage cannot run here; its text says why."""


def main() -> None:
    """Run the stages one after the other, and print a line for each and one for all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=200, help="of training, 64 pairs each")
    parser.add_argument("--budget", type=float, default=BUDGET_S, help="seconds of all stages")
    parser.add_argument("--model", help="name or folder of the model [default: all-MiniLM-L6-v2]")
    parser.add_argument(
        "--copy", type=Path, metavar="FOLDER", help="write the model in half precision, and end"
    )
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.copy is not None:
        half(find_model(arguments.model), arguments.copy)
        return
    if arguments.stage is not None:
        stage: Callable[[argparse.Namespace], Figures] = globals()[arguments.stage]
        try:
            print(json.dumps(stage(arguments)))
        except (Skipped, DupfindError, ImportError) as error:
            print(json.dumps({"skipped": str(error)}))
        return
    deadline, results = time.monotonic() + arguments.budget, dict[str, Figures]()
    with tempfile.TemporaryDirectory() as scratch:
        for name in arguments.stages:
            started = time.monotonic()
            limit_s = STAGES[name] * max(1, arguments.budget / BUDGET_S)
            results[name] = in_process(name, Path(scratch), min(limit_s, deadline - started))
            line = {"stage": name, "wall_s": round(time.monotonic() - started, 1), **results[name]}
            print(json.dumps(line), flush=True)
    emit("gpu", records=arguments.records, seed=SEED, **verdict(results, arguments.records), stages=results)


def in_process(name: str, scratch: Path, limit_s: float) -> Figures:
    """Run a stage in a new process with the same options, and return its figures."""
    if limit_s < 1:
        return {"skipped": "no time is left"}
    command = [sys.executable, __file__, *sys.argv[1:], "--stage", name, "--scratch", str(scratch)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"cut off after {limit_s:.0f} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1][:300]}
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def verdict(results: dict[str, Figures], records: int) -> Figures:
    """Return the figures that are wanted of a million records, from those that were measured."""
    rate, pairs_s = (results.get(*place, {}) for place in (("encode",), ("pairs",)))
    figures: Figures = {}
    if "pairs_s" in pairs_s:
        figures["pairs_as_wanted"] = records < 1_000_000 or pairs_s["pairs_s"] <= WANTED_PAIRS_S
        if "titles_per_s" in rate:
            whole = records / rate["titles_per_s"] + pairs_s["pairs_s"]
            figures["titles_encoded_and_paired_s"] = round(whole, 1)
            figures["as_wanted"] = records < 1_000_000 or whole <= WANTED_S
    return figures


def devices(arguments: argparse.Namespace) -> Figures:
    """Name what is there: FAISS and torch in one process come with two versions of CUDA."""
    import torch

    figures: Figures = {
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "devices": describe_devices(),
    }
    if find_spec("faiss"):
        import faiss

        figures["faiss"] = f"{faiss.__version__}, {faiss.get_num_gpus()} GPU(s)"
    product = torch.ones(8, 8, device=choose_device("auto")) @ torch.ones(8, 8, device=choose_device("auto"))
    return {**figures, "ok": float(product.sum()) == 512}


def same_vectors(arguments: argparse.Namespace) -> Figures:
    """Compare the vectors of the device with those of the CPU in float32."""
    model, texts = find_model(arguments.model), issues(min(N_SAME, arguments.records), bodies=True)
    fast, exact = load_encoder(model), load_encoder(model, device="cpu", precision="fp32")
    one, other = fast.encode(texts), exact.encode(texts)
    cosines = np.einsum("ij,ij->i", one, other)
    # Of 500 texts all scores: what moves is the score of a pair, not a vector.
    shift = np.abs(one[:500] @ one[:500].T - other[:500] @ other[:500].T).max()
    return {
        "engine": fast.engine,
        "texts": len(texts),
        "least_cosine": round(float(cosines.min()), 5),
        "largest_score_shift": round(float(shift), 5),
        "ok": bool(cosines.min() > 0.999 and shift < 0.01),
    }


def encode(arguments: argparse.Namespace) -> Figures:
    """Measure texts a second, of titles and of whole issues."""
    encoder = load_encoder(find_model(arguments.model))
    encoder.encode(issues(256, bodies=True))
    titles, titles_s = timed(encoder, issues(arguments.records, bodies=False))
    whole, whole_s = timed(encoder, issues(max(64, arguments.records // 4), bodies=True))
    return {
        "engine": encoder.engine,
        "titles": titles,
        "titles_per_s": round(titles / titles_s, 1),
        "whole_texts": whole,
        "whole_texts_per_s": round(whole / whole_s, 1),
    }


def timed(encoder: Encoder, texts: Sequence[str]) -> tuple[int, float]:
    """Return how many of the texts were encoded in `ENCODE_S` seconds or little more, and the seconds."""
    started, done = time.perf_counter(), 0
    while done < len(texts) and time.perf_counter() - started < ENCODE_S:
        done += len(encoder.encode(texts[done : done + 32_768]))
    return done, time.perf_counter() - started


def same_hits(arguments: argparse.Namespace) -> Figures:
    """Compare the hits of FAISS on a GPU with those of float64."""
    if not find_spec("faiss"):
        raise Skipped("faiss is not installed: pip install faiss-gpu")
    import faiss

    if not faiss.get_num_gpus():
        raise Skipped(f"faiss {faiss.__version__} has no GPU here")
    vectors = clustered(min(N_SAME, arguments.records), DIM, SEED)
    index, k = FlatIndex(np.arange(len(vectors)), vectors), min(K, len(vectors) - 1)
    scores, row_ids = index.nearest(vectors[:256], k)
    return {"queries": len(scores), **agreement(vectors, vectors[:256], scores, row_ids)}


def search(arguments: argparse.Namespace) -> Figures:
    """Measure exact search in all vectors, by torch on the device, and by FAISS where it has a GPU."""
    vectors = stored(arguments)
    flat, k = FlatIndex(np.arange(len(vectors)), vectors), min(K, len(vectors) - 1)
    queries = vectors[:: max(1, len(vectors) // 1_024)][:1_024]
    started = time.perf_counter()
    index = Bf16Index(flat, choose_device("auto"))
    load_s = time.perf_counter() - started
    index.nearest(queries[:64], k)
    started = time.perf_counter()
    scores, row_ids = index.nearest(queries, k)
    figures: Figures = {
        "rows": len(vectors),
        "queries": len(queries),
        "k": k,
        "load_s": round(load_s, 2),
        "torch_queries_per_s": round(len(queries) / (time.perf_counter() - started), 1),
        **agreement(vectors, queries[:16], scores[:16], row_ids[:16]),
    }
    if find_spec("faiss"):
        import faiss

        if faiss.get_num_gpus():
            flat.nearest(queries[:64], k)
            started = time.perf_counter()
            flat.nearest(queries, k)
            figures["faiss_queries_per_s"] = round(len(queries) / (time.perf_counter() - started), 1)
    return figures


def agreement(
    vectors: NDArray[np.float32],
    queries: NDArray[np.float32],
    scores: NDArray[np.float32],
    row_ids: NDArray[np.int64],
) -> Figures:
    """Return the share of the nearest rows by float64 among the hits, equal scores aside, and whether it is all."""
    n_found = 0
    for query, query_scores, rows in zip(queries, scores, row_ids, strict=True):
        exact = vectors @ query.astype(np.float64)
        n_found += int((exact[rows] >= np.partition(exact, -len(rows))[-len(rows)] - 1e-6).sum())
        assert np.abs(exact[rows] - query_scores).max() < 1e-4
    recall = n_found / row_ids.size
    return {"recall": round(recall, 5), "ok": recall == 1}


def pairs(arguments: argparse.Namespace) -> Figures:
    """Find all pairs at the threshold, and compare those of some rows with brute force in float64."""
    vectors = stored(arguments)
    n_rows = len(vectors)
    started = time.perf_counter()
    blocks = list(within(np.arange(n_rows), vectors, THRESHOLD))
    seconds = time.perf_counter() - started
    codes = np.sort(np.concatenate([block.first * n_rows + block.second for block in blocks]))
    sample = np.linspace(0, n_rows - 1, min(N_SAMPLE, n_rows)).astype(np.int64)
    n_true, n_missed = 0, 0
    for row in np.unique(sample).tolist():
        exact = np.round(np.clip(vectors @ vectors[row].astype(np.float64), -1, 1), 6)
        others = np.flatnonzero(exact >= THRESHOLD)
        others = others[others != row]
        wanted = np.minimum(others, row) * n_rows + np.maximum(others, row)
        n_true, n_missed = n_true + len(wanted), n_missed + int((~np.isin(wanted, codes)).sum())
    return {
        "rows": n_rows,
        "threshold": THRESHOLD,
        "pairs": len(codes),
        "pairs_s": round(seconds, 2),
        "true_of_sample": n_true,
        "missed_of_sample": n_missed,
        "ok": n_missed == 0 and len(np.unique(codes)) == len(codes),
    }


def train(arguments: argparse.Namespace) -> Figures:
    """Measure pairs a second of the recipe `duplicates`."""
    from dupfind.training.fine_tune import fine_tune
    from dupfind.training.pair_file import Example
    from dupfind.training.recipes import RECIPES

    recipe = RECIPES["duplicates"]
    n_pairs = arguments.steps * recipe.batch_size
    texts = issues(3 * (n_pairs + 64), bodies=True)
    triples = [texts[start : start + 3] for start in range(0, len(texts), 3)]
    examples = [Example((*triple,), group=number) for number, triple in enumerate(triples)]
    tuned = fine_tune(
        recipe,
        examples[64:],
        examples[:64],
        find_model(arguments.model),
        arguments.scratch / "tuned",
        max_steps=arguments.steps,
    )
    return {"steps": arguments.steps, "pairs_per_s": round(tuned.pairs_a_second, 1)}


def issues(n: int, *, bodies: bool) -> list[str]:
    """Return n texts: titles of the example tracker with other words of it, or titles with bodies; none comes twice."""
    with sqlite3.connect(ROOT / "examples" / "tracker.db") as database:
        rows = database.execute("SELECT title, coalesce(body, '') FROM issues ORDER BY id").fetchall()
    database.close()
    draw = np.random.default_rng(SEED)
    words = sorted({word for title, _ in rows for word in title.split()})
    chosen, more = draw.integers(len(rows), size=(n, 2)), draw.integers(len(words), size=(n, 3))
    texts = []
    for number, ((one, other), places) in enumerate(zip(chosen.tolist(), more.tolist(), strict=True)):
        title = f"{rows[one][0]} {' '.join(words[place] for place in places)} {number}"
        texts.append(f"{title}\n{rows[other][1]}" if bodies else title)
    return texts


def stored(arguments: argparse.Namespace) -> NDArray[np.float32]:
    """Return the vectors of all records, which the first stage that needs them writes."""
    path = arguments.scratch / "vectors.npy"
    if not path.exists():
        whole = path.with_suffix(".tmp.npy")
        np.save(whole, clustered(arguments.records, DIM, SEED))
        whole.replace(path)
    vectors: NDArray[np.float32] = np.load(path)
    return vectors


def half(model: ModelFolder, folder: Path) -> None:
    """Write a copy of a model with weights of 16 bits."""
    from safetensors.numpy import load_file, save_file

    model.copy_to(folder)
    for file in model.files:
        if file.endswith(".safetensors"):
            tensors = load_file(folder / file)
            save_file({name: tensor.astype(np.float16) for name, tensor in tensors.items()}, folder / file)
    print(f"{folder}: {sum((folder / file).stat().st_size for file in model.files) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
