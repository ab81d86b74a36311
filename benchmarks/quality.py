"""How many marked duplicates are found among the issues before them, by word search, by vectors, and by both?

Time-ordered, as research does it (Zhang et al., TOSEM 2023): a query is an issue with an older member in its
cluster, its candidates are the issues before it in the file, a cluster counts once in the ranked list, and a
hit is any member of the query's own cluster. Only how rare a word is, is counted over the whole file. Choices
are made on the train parts; dev is for the figures.
"""

import argparse
import random
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
from common import DATA, emit, issues
from numpy.typing import NDArray

from dupfind import words
from dupfind.carried import TITLE_WEIGHT
from dupfind.encoders import Encoder, Vectors, find_model, load_encoder
from dupfind.joint import join
from dupfind.metrics import bootstrap, cluster_rank, recall_at, reciprocal_rank
from dupfind.ranking import DEPTH, fuse
from dupfind.records import Record
from dupfind.texts import RECIPE, Text, compose

PARTS = {"rust": ("train", "dev"), "titanium": ("train", "dev"), "hadoop": ("",)}

Scores = NDArray[np.float32]


def main() -> None:
    """Measure the dev parts, or the train parts, of each tracker."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=["dev", "train"], default="dev", help="hadoop has one, for dev")
    parser.add_argument("--queries", type=int, help="at most so many a tracker, drawn at random")
    parser.add_argument(
        "--title-weight", type=float, default=TITLE_WEIGHT, help="of the titles in the joint vector"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model")
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    encoder = load_encoder(find_model(asked.model))
    numbers = {}
    for tracker, parts in PARTS.items():
        part = asked.part if asked.part in parts else ""
        if part not in parts:
            continue
        rows = list(issues(tracker, part, asked.data))
        ranks = measure(rows, encoder, asked.title_weight, asked.queries, asked.seed)
        numbers[f"{tracker} {part}".strip()] = {
            leg: summary(found, asked.seed) for leg, found in ranks.items()
        }
    emit(
        "quality",
        model=encoder.name,
        recipe=RECIPE,
        title_weight=asked.title_weight,
        seed=asked.seed,
        **numbers,
    )


def measure(
    rows: list[dict[str, Any]], encoder: Encoder, title_weight: float, n_queries: int | None, seed: int
) -> dict[str, list[int]]:
    """The rank of each query's own cluster, 0 where it is not found, by either leg and by both."""
    texts = [compose(Record(id=row["id"], title=row["title"] or "", body=row["body"] or "")) for row in rows]
    clusters = [row["duplicate_of"] or row["id"] for row in rows]
    first = {cluster: place for place, cluster in reversed(list(enumerate(clusters)))}
    queries = [place for place, cluster in enumerate(clusters) if first[cluster] < place]
    if n_queries is not None and n_queries < len(queries):
        queries = sorted(random.Random(seed).sample(queries, n_queries))
    titles, wholes = encoder.encode([t.title for t in texts]), encoder.encode([t.whole for t in texts])
    vectors = join(titles, wholes, title_weight)
    database = word_index(texts)
    ranks: dict[str, list[int]] = {"bm25": [], "vectors": [], "both": []}
    for query in queries:
        lexical = word_scores(database, texts[query], query)
        cosines = vector_scores(vectors, query)
        for leg, order in (
            ("bm25", best(lexical, above=0)),
            ("vectors", best(cosines)),
            ("both", both(cosines, lexical)),
        ):
            ranks[leg].append(cluster_rank([clusters[place] for place in order], clusters[query]))
    return ranks


def word_index(texts: list[Text]) -> sqlite3.Connection:
    """The texts in a word index like a collection's, under their places."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE words USING fts5 (title, body, tokenize = 'porter unicode61')")
    database.executemany(
        "INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)",
        ((place, text.title, text.body) for place, text in enumerate(texts)),
    )
    return database


def word_scores(database: sqlite3.Connection, text: Text, n_older: int) -> Scores:
    """BM25 of the first `n_older` texts, 0 where no word is shared."""
    found, bm25 = words.search(database, text.title, text.body)
    scores = np.zeros(n_older, dtype=np.float32)
    scores[found[found < n_older]] = bm25[found < n_older]
    return scores


def vector_scores(vectors: Vectors, query: int) -> Scores:
    """Cosines of all texts before the query with it."""
    return np.asarray(vectors[:query] @ vectors[query])


def best(scores: Scores, above: float = -np.inf) -> list[int]:
    """The places of the highest scores, best first, ties by place, as many as a leg proposes."""
    order = np.lexsort((np.arange(len(scores)), -scores))[:DEPTH]
    return [int(place) for place in order if scores[place] > above]


def both(cosines: Scores, lexical: Scores) -> list[int]:
    """The places that either leg proposes, in the order of a search."""
    places = sorted({*best(cosines), *best(lexical, above=0)})
    order = fuse(cosines[places], lexical[places], [(f"{place:09}",) for place in places])
    return [places[i] for i in order]


def summary(ranks: list[int], seed: int) -> dict[str, Any]:
    """Recall at 1, 5 and 10, and MRR, with 95% bootstrap intervals of recall at 10."""
    _, low, high = bootstrap(recall_at(10, ranks), seed=seed)
    return {
        "queries": len(ranks),
        **{f"recall@{k}": round(float(recall_at(k, ranks).mean()), 3) for k in (1, 5, 10)},
        "mrr": round(float(reciprocal_rank(ranks).mean()), 3),
        "recall@10 interval": [round(low, 3), round(high, 3)],
    }


if __name__ == "__main__":
    main()
