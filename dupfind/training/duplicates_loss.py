"""What the recipe `duplicates` minimises, and which examples are in a batch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

import torch
from sentence_transformers.base.sampler import DefaultBatchSampler
from torch.nn import functional

from dupfind.training.pair_file import Example

SCALE = 20.0
"""What cosines are multiplied with before the softmax."""

TITLES, MIXED, CONTRAST = 0.3, 0.5, 0.1
"""Weights of the terms beside that of the score and that of the whole texts, which have 1."""


class DuplicatesLoss(torch.nn.Module):
    """A duplicate ranks before all else in the batch, by the score that the index works with.

    Symmetric multiple-negatives ranking (Henderson et al. 2017): of both records of a pair the other one has to be
    found among the batch's others and all negatives. That is asked of the score, of whole texts, of titles, and of
    titles among whole texts, as features of the ranking ask. A CoSENT term (Su 2022) wants every duplicate of the
    batch above every other pair of it, so that one threshold serves all.
    """

    def __init__(self, model: Any, title_weight: float | None) -> None:
        """Take the model.

        Args:
            model: A SentenceTransformer.
            title_weight: The titles' share in a score, for examples that hold whole texts and then titles; None for
                examples of a text a record.
        """
        super().__init__()
        self.model = model
        self._title_weight = title_weight

    def forward(self, sentence_features: Iterable[Mapping[str, Any]], labels: Any = None) -> torch.Tensor:
        """The mean over a batch.

        Args:
            sentence_features: For each column of the examples its tokens.
            labels: None; of no account.
        """
        vectors = [
            functional.normalize(self.model(dict(features))["sentence_embedding"].float(), dim=1)
            for features in sentence_features
        ]
        if self._title_weight is None:
            alike = _alike(vectors, vectors)
            return _ranking(alike) + CONTRAST * _contrast(alike)
        wholes, titles = vectors[: len(vectors) // 2], vectors[len(vectors) // 2 :]
        of_wholes, of_titles = _alike(wholes, wholes), _alike(titles, titles)
        score = [
            torch.lerp(whole, title, self._title_weight)
            for whole, title in zip(of_wholes, of_titles, strict=True)
        ]
        mixed = [*_alike(titles, wholes), *_alike(wholes, titles)]
        return (
            _ranking(score)
            + _ranking(of_wholes)
            + TITLES * _ranking(of_titles)
            + MIXED * _ranking(mixed)
            + CONTRAST * _contrast(score)
        )


def _alike(asking: Sequence[torch.Tensor], asked: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """How alike a batch's n first records are to its second ones and m negatives, and the other way round.

    Args:
        asking: (n, dim) of the first records, of the second ones, and of each column of negatives.
        asked: The same, in the view that is looked in.

    Returns:
        Two of (n, n + m) cosines; those of duplicates are on the diagonal.
    """
    negatives = asked[2:]
    return [asking[side] @ torch.cat([asked[1 - side], *negatives]).T for side in (0, 1)]


def _ranking(alike: Sequence[torch.Tensor]) -> torch.Tensor:
    """How far each record's duplicate is from being its first."""
    wanted = torch.arange(len(alike[0]), device=alike[0].device)
    return torch.stack([functional.cross_entropy(SCALE * side, wanted) for side in alike]).mean()


def _contrast(alike: Sequence[torch.Tensor]) -> torch.Tensor:
    """How far all duplicates are from being above all others."""
    duplicates = alike[0].diagonal()
    others = torch.cat(
        [side[~torch.eye(*side.shape, dtype=torch.bool, device=side.device)] for side in alike]
    )
    gaps = SCALE * (others[None, :] - duplicates[:, None])
    return torch.logsumexp(torch.cat([gaps.new_zeros(1), gaps.flatten()]), dim=0)


class Apart(DefaultBatchSampler):  # type: ignore[misc]
    """Batches of one tracker in which no two examples are of one group, decided by seed and epoch.

    In as many batches as the largest group has examples, or more, examples go round: those of a group follow each
    other, and so come to lie in different ones.
    """

    def __init__(self, examples: Sequence[Example], dataset: Any, **settings: Any) -> None:
        """Take the examples.

        Args:
            examples: Those of the dataset, in its order.
            dataset: What the trainer reads them from.
            settings: What the trainer gives a sampler.
        """
        super().__init__(dataset, **settings)
        sets: dict[str, dict[int, list[int]]] = {}
        for at, example in enumerate(examples):
            group = (
                example.group if example.group >= 0 else -1 - at
            )  # one that is of no group is apart from all
            sets.setdefault(example.set, {}).setdefault(group, []).append(at)
        self._sets = [list(groups.values()) for groups in sets.values()]

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return sum(map(self._n_batches, self._sets))

    def __iter__(self) -> Iterator[list[int]]:
        """Give the places of a batch's examples."""
        random = Random(f"{self.seed} {self.epoch}")
        batches = []
        for groups in self._sets:
            dealt = [
                at for group in random.sample(groups, len(groups)) for at in random.sample(group, len(group))
            ]
            n_batches = self._n_batches(groups)
            batches += [dealt[first::n_batches] for first in range(n_batches)]
        random.shuffle(batches)
        return iter(batches)

    def _n_batches(self, groups: Sequence[Sequence[int]]) -> int:
        n_examples = sum(map(len, groups))
        return max(-(-n_examples // int(self.batch_size)), *map(len, groups))
