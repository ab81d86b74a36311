"""Measure a model on held-out pairs, with the evaluators of sentence-transformers."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from dupfind.encoders.load import Vectors
from dupfind.training.pair_file import Example
from dupfind.training.recipes import Kind

Encode = Callable[[Sequence[str]], Vectors]
Figures = dict[str, float]

ALIKE = 0.5
"""At or above this similarity a pair counts as positive."""
DEPTHS = (1, 5, 10)


def judge(encode: Encode, test: Sequence[Example], kind: Kind) -> Figures:
    """Measure a model on pairs; each text is encoded once.

    Args:
        encode: Texts to vectors.
        test: Held-out examples.
        kind: Of their labels. Similarities and classes give Pearson and Spearman of the cosine (contradiction
            is 0, neutral one half). If there are positive and negative similarities, they give average precision, and
            accuracy and F1 at the best threshold for each. A search with each first text among all second ones
            gives recall and MRR.

    Returns:
        Figures by name; a figure that is undefined, such as with equal labels, is left out.
    """
    from sentence_transformers.sentence_transformer.evaluation import (
        BinaryClassificationEvaluator,
        EmbeddingSimilarityEvaluator,
    )

    # Sorted, because the order of a set of strings differs between processes.
    texts = sorted({text for example in test for text in example.texts})
    model = _Encoded(texts, encode(texts))
    first, second = ([example.texts[side] for example in test] for side in (0, 1))
    labels = [_similarity(example, kind) for example in test]
    is_alike = [label >= ALIKE for label in labels]
    figures: Figures = {}
    if len(set(labels)) > 1:  # a constant has no correlation
        scores = EmbeddingSimilarityEvaluator(first, second, labels, write_csv=False)(model)
        figures |= {name: scores[f"{name}_cosine"] for name in ("pearson", "spearman")}
    if len(set(is_alike)) > 1 and kind == "similarity":
        scores = BinaryClassificationEvaluator(first, second, is_alike, write_csv=False)(model)
        figures |= {"average_precision": scores["cosine_ap"]}
        figures |= {name: scores[f"cosine_{name}"] for name in ("accuracy", "f1")}
    figures |= _retrieval(
        model, [pair for *pair, alike in zip(first, second, is_alike, strict=True) if alike], second
    )
    return {name: float(figure) for name, figure in figures.items()}


def _similarity(example: Example, kind: Kind) -> float:
    """Return a label as a similarity; a pair without a label is a positive."""
    if example.label is None:
        return 1.0
    return 1.0 - example.label / 2 if kind == "classes" else float(example.label)


def _retrieval(model: "_Encoded", pairs: Sequence[Sequence[str]], second: Sequence[str]) -> Figures:
    """Search for positives; a text on both sides is no query, because it would find itself."""
    from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

    corpus = {text: text for text in second}
    positives: dict[str, set[str]] = {}
    for anchor, positive in pairs:
        if anchor not in corpus:
            positives.setdefault(anchor, set()).add(positive)
    if not positives:
        return {}
    scores = InformationRetrievalEvaluator(
        {text: text for text in positives},
        corpus,
        positives,
        mrr_at_k=[10],
        ndcg_at_k=[10],
        accuracy_at_k=[10],
        precision_recall_at_k=list(DEPTHS),
        map_at_k=[100],
        write_csv=False,
    )(model)
    return {"mrr": scores["cosine_mrr@10"]} | {f"recall_at_{k}": scores[f"cosine_recall@{k}"] for k in DEPTHS}


class _Encoded:
    """The part of a model that the evaluators use, for texts that are already encoded."""

    similarity_fn_name = "cosine"
    model_card_data = SimpleNamespace(set_evaluation_metrics=lambda *_: None)  # the evaluators write to it

    def __init__(self, texts: Sequence[str], vectors: Vectors) -> None:
        self._vectors = vectors
        self._rows = {text: row for row, text in enumerate(texts)}

    def encode(self, texts: Sequence[str], convert_to_tensor: bool = False, **_: Any) -> Any:
        import torch

        vectors = self._vectors[[self._rows[text] for text in texts]]
        return torch.from_numpy(vectors) if convert_to_tensor else vectors

    encode_query = encode_document = encode

    def similarity(self, queries: Any, documents: Any) -> Any:
        from sentence_transformers.util import cos_sim

        return cos_sim(queries, documents)


def head_accuracy(classifier: Any, encode: Encode, test: Sequence[Example]) -> float:
    """Return the accuracy of a softmax loss's classifier, from the model's own vectors."""
    import torch

    first, second = (torch.from_numpy(np.asarray(encode([e.texts[side] for e in test]))) for side in (0, 1))
    with torch.inference_mode():
        features = torch.cat([first, second, (first - second).abs()], dim=1)  # (n, 3 * dim)
        predicted = classifier(features.to(classifier.weight.device)).argmax(1).cpu()  # (n,) int64
    return float((predicted == torch.tensor([example.label for example in test])).double().mean())
