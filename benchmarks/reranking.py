"""Try what might order the first hits better: token similarity, a cross-encoder, and neighbours counted twice.

Only the first 12 hits of dupfind's order are ordered anew. The columns of each lever are added to their rank score,
with weights that are fitted on rust train. The figures are the differences on rust dev, titanium dev, hadoop and
openoffice dev, query by query. The cross-encoder learns from titanium train and openoffice train, and from no other
part. Its training takes more than an hour on two cores.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import DATA, emit, indexed
from datasets import Dataset
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.cross_encoder import (
    CrossEncoder,
    CrossEncoderTrainer,
    CrossEncoderTrainingArguments,
)
from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss

from dupfind.collection.collection import Collection
from dupfind.encoders.load import find_model
from dupfind.encoders.low_rank import MINILM_ISSUES
from dupfind.evaluation.metrics import bootstrap
from dupfind.evaluation.replay import ReplayOptions, replay_queries
from dupfind.evaluation.replay_query import ReplayQuery, result_of_scores
from dupfind.ranking.fit import Labelled, fit_ranker
from dupfind.ranking.ranker import order, shipped
from dupfind.storage.store import Store
from dupfind.storage.stored_vectors import iter_vectors
from dupfind.training.torch_threads import sleep_while_waiting

FITTED_ON = ("rust", "train")
LEARNED_FROM = (("titanium", "train"), ("openoffice", "train"))
MEASURED_ON = (("rust", "dev"), ("titanium", "dev"), ("hadoop", ""), ("openoffice", "dev"))
N_FIRST = 12
N_NEIGHBOURS = 50
PENALTY = 10.0
N_NEGATIVES = 4
MAX_TOKENS = 256

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FirstHits:
    """A query and its first hits.

    Attributes:
        query: The replayed query.
        scores: (n,) rank scores of all its candidates.
        ranked: (n,) places of the candidates, best first.
        text: Of the query.
        texts: Of its first hits.
        vectors: (k, dim) float32, of the first `N_NEIGHBOURS`, of unit length.
    """

    query: ReplayQuery
    scores: Values
    ranked: NDArray[np.int64]
    text: str
    texts: Sequence[str]
    vectors: NDArray[np.float32]


Lever = Callable[[Sequence[FirstHits]], list[Values]]
"""Gives each list the columns of its first hits, (at most `N_FIRST`, m)."""


def main() -> None:
    """Fit and measure each lever."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to use them again")
    parser.add_argument(
        "--cross", type=Path, help="folder of the cross-encoder; it is trained where it is missing"
    )
    parser.add_argument("--epochs", type=float, default=1.0, help="of the cross-encoder's training")
    parser.add_argument(
        "--levers", nargs="+", choices=["neighbours", "tokens", "cross"], default=["neighbours", "tokens"]
    )
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    sleep_while_waiting()
    with tempfile.TemporaryDirectory() as folder:
        keep = arguments.keep or Path(folder)

        def lists_of(name: str, part: str) -> list[FirstHits]:
            with indexed(keep, name, part, arguments.data, MINILM_ISSUES.name) as collection:
                return first_hits(collection)

        levers: dict[str, Lever] = {}
        model = find_model(MINILM_ISSUES.name).path
        if "neighbours" in arguments.levers:
            levers["neighbours"] = neighbours
        if "tokens" in arguments.levers:
            levers["tokens"] = TokenSimilarity(model)
        if "cross" in arguments.levers:
            place = arguments.cross or Path(folder) / "cross"
            if not (place / "config.json").exists():
                learned = [each for part in LEARNED_FROM for each in lists_of(*part)]
                train(model, learned, place, arguments.epochs)
            levers["cross"] = CrossScore(place)
        fit_lists = lists_of(*FITTED_ON)
        measured = {f"{name} {part}".strip(): lists_of(name, part) for name, part in MEASURED_ON}
    figures: dict[str, Any] = {}
    for name, lever in levers.items():
        weights = fitted(fit_lists, lever(fit_lists))
        figures[name] = {"weights": weights.round(3).tolist()} | {
            label: compared(lists, lever(lists), weights) for label, lists in measured.items()
        }
        for label, row in figures[name].items():
            print(name, label, row, flush=True)
    emit("reranking", levers=figures)


def first_hits(collection: Collection) -> list[FirstHits]:
    """Return the queries of a part that have an older duplicate, with their first hits."""
    store = collection.store
    ranker = shipped(store.encoding().model_fingerprint)
    queries = [
        replace(query, features=np.asarray(query.features, dtype=np.float32))
        for query in replay_queries(collection, ReplayOptions(n_others=0))
        if query.n_older and len(query.heads)
    ]
    with store.reading():
        vector_of = {
            int(row): vector
            for rows, block in iter_vectors(store, store.encoding())
            for row, vector in zip(rows, block, strict=True)
        }
        return [_first_hits(query, ranker.rank_scores(query.features), vector_of, store) for query in queries]


def _first_hits(query: ReplayQuery, scores: Values, vector_of: Mapping[int, Any], store: Store) -> FirstHits:
    ranked = np.array(order(scores, query.scores, [head.name for head in query.heads]))
    rows = [query.heads[place].row_id for place in ranked[:N_NEIGHBOURS].tolist()]
    texts = store.composed([query.head.row_id, *rows[:N_FIRST]])
    return FirstHits(
        query,
        scores,
        ranked,
        texts[query.head.row_id].whole if query.head.row_id in texts else "",
        [texts[row].whole if row in texts else "" for row in rows[:N_FIRST]],
        np.array([vector_of[row] for row in rows], dtype=np.float32),
    )


def neighbours(lists: Sequence[FirstHits]) -> list[Values]:
    """Count neighbours a second time: the mean score with the likeliest others, weighed by the order's own softmax."""
    columns = []
    for each in lists:
        scores = each.scores[each.ranked[: len(each.vectors)]]
        chance = np.exp(scores - scores.max())
        likeness = each.vectors @ each.vectors.T
        np.fill_diagonal(likeness, 0)
        others = np.maximum(chance.sum() - chance, 1e-9)
        columns.append((likeness @ chance / others)[: len(each.texts), None].astype(np.float64))
    return columns


class TokenSimilarity:
    """The mean over the tokens of one text of the best cosine in the other (MaxSim, Khattab & Zaharia 2020)."""

    def __init__(self, model: Path) -> None:
        """Load a model from its folder."""
        self._model = SentenceTransformer(str(model))
        self._known: dict[str, torch.Tensor] = {}

    def __call__(self, lists: Sequence[FirstHits]) -> list[Values]:
        """Return both directions for each first hit."""
        texts = {text for each in lists for text in (each.text, *each.texts)} - self._known.keys()
        for text, tokens in zip(texts, self._encoded(list(texts)), strict=True):
            self._known[text] = tokens
        return [
            np.array([self._both(each.text, text) for text in each.texts], dtype=np.float64) for each in lists
        ]

    def _encoded(self, texts: list[str]) -> list[torch.Tensor]:
        with torch.autocast(self._model.device.type, torch.bfloat16):
            found = self._model.encode(texts, output_value="token_embeddings", batch_size=32)
        return [torch.nn.functional.normalize(tokens[1:-1].float().cpu(), dim=1) for tokens in found]

    def _both(self, one: str, other: str) -> tuple[float, float]:
        left, right = self._known[one], self._known[other]
        if not len(left) or not len(right):
            return 0.0, 0.0
        likeness = left @ right.T
        return float(likeness.max(1).values.mean()), float(likeness.max(0).values.mean())


def train(model: Path, lists: Sequence[FirstHits], place: Path, epochs: float) -> None:
    """Train a cross-encoder from a model's weights: each right first hit of a query, and the first wrong ones."""
    rows = []
    for each in lists:
        is_right = each.query.is_right[each.ranked[: len(each.texts)]]
        wrong = [text for text, right in zip(each.texts, is_right, strict=True) if not right]
        right = [text for text, right in zip(each.texts, is_right, strict=True) if right]
        rows += [(each.text, text, 1.0) for text in right[:N_NEGATIVES]]
        rows += [(each.text, text, 0.0) for text in wrong[:N_NEGATIVES]]
    encoder = CrossEncoder(str(model), num_labels=1, max_length=MAX_TOKENS)
    data = Dataset.from_dict(
        dict(zip(("query", "hit", "label"), map(list, zip(*rows, strict=True)), strict=True))
    )
    print(f"training a cross-encoder on {len(rows)} pairs", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = CrossEncoderTrainingArguments(
            output_dir=folder,
            num_train_epochs=epochs,
            per_device_train_batch_size=32,
            learning_rate=5e-5,
            warmup_steps=0.1,
            bf16=True,
            use_cpu=not torch.cuda.is_available(),
            save_strategy="no",
            logging_steps=20,
            report_to="none",
            seed=42,
        )
        CrossEncoderTrainer(
            model=encoder, args=settings, train_dataset=data, loss=BinaryCrossEntropyLoss(encoder)
        ).train()
    encoder.save_pretrained(str(place))


class CrossScore:
    """The logit of a cross-encoder."""

    def __init__(self, place: Path) -> None:
        """Load a cross-encoder from its folder."""
        self._encoder = CrossEncoder(str(place), max_length=MAX_TOKENS)

    def __call__(self, lists: Sequence[FirstHits]) -> list[Values]:
        """Return the logit of each first hit."""
        pairs = [(each.text, text) for each in lists for text in each.texts]
        with torch.autocast(self._encoder.device.type, torch.bfloat16):
            logits = self._encoder.predict(pairs, activation_fn=torch.nn.Identity(), batch_size=32)
        ends = np.cumsum([len(each.texts) for each in lists])[:-1]
        return np.split(np.asarray(logits, dtype=np.float64)[:, None], ends)


def fitted(lists: Sequence[FirstHits], columns: Sequence[Values]) -> Values:
    """Return the weights of a lever's columns next to the rank score, whose weight is 1."""
    tables = [
        Labelled(np.column_stack([each.scores[first], column]), each.query.is_right[first])
        for each, column in zip(lists, columns, strict=True)
        for first in [each.ranked[: len(column)]]
        if each.query.is_right[first].any()
    ]
    towards = np.zeros(1 + columns[0].shape[1])
    towards[0] = 1
    weights = fit_ranker(tables, penalty=PENALTY, towards=towards)
    return np.asarray(weights[1:] / weights[0])


def compared(
    lists: Sequence[FirstHits], columns: Sequence[Values], weights: Values
) -> dict[str, list[float]]:
    """Return recall at 1 and MRR before and after, and the interval of the difference."""
    before = np.array([_rank(each, each.scores) for each in lists])
    after = np.array(
        [_rank(each, _anew(each, column @ weights)) for each, column in zip(lists, columns, strict=True)]
    )
    figures = {}
    for name, one, other in (("recall@1", before <= 1, after <= 1), ("mrr", 1 / before, 1 / after)):
        difference = bootstrap(other.astype(np.float64) - one, seed=1)
        figures[name] = [round(float(number), 3) for number in (one.mean(), other.mean(), *difference)]
    return figures


def _anew(each: FirstHits, gains: Values) -> Values:
    """Return rank scores by which the first hits are in another order among themselves, and before all others."""
    scores = each.scores.copy()
    first = each.ranked[: len(gains)]
    scores[first] += gains - gains.min() + 1e6  # above every rank score
    return scores


def _rank(each: FirstHits, scores: Values) -> float:
    return result_of_scores(each.query, scores).ranks["dupfind"] or np.inf


if __name__ == "__main__":
    main()
