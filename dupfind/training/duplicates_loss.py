"""The loss of the recipe `duplicates`, and the sampler of its batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

import torch
from sentence_transformers.base.sampler import DefaultBatchSampler
from torch.nn import functional

from dupfind.training.pair_file import Example

SCALE = 20.0
"""Factor of cosines before the softmax."""

TITLES, MIXED, CONTRAST = 0.3, 0.5, 0.1
"""Weights of the other terms; those of the score and of the whole texts have 1."""


class DuplicatesLoss(torch.nn.Module):
    """Rank a duplicate before all other records of the batch, by the score that the index uses.

    Symmetric multiple-negatives ranking (Henderson et al. 2017): from each record of a pair the other one must be
    found among the batch's other records and all negatives. The terms are the score, whole texts, titles, and
    titles with whole texts, like the features of the ranking. A CoSENT term (Su 2022) pushes every duplicate of the
    batch above every other pair of it, so that one threshold fits all.
    """

    def __init__(self, model: Any, title_weight: float | None) -> None:
        """Set the model.

        Args:
            model: A SentenceTransformer.
            title_weight: Share of the titles in a score, for examples with whole texts and then titles; None for
                examples with one text a record.
        """
        super().__init__()
        self.model = model
        self._title_weight = title_weight

    def forward(self, sentence_features: Iterable[Mapping[str, Any]], labels: Any = None) -> torch.Tensor:
        """Return the mean loss of a batch.

        Args:
            sentence_features: For each column of the examples its tokens.
            labels: Not used; there are none.
        """
        vectors = [
            functional.normalize(
                self.model(dict(features))["sentence_embedding"].float(), dim=1
            )  # (batch, dim)
            for features in sentence_features
        ]
        if self._title_weight is None:
            cosines = _cosines(vectors, vectors)  # 2 of (batch, batch + negatives)
            return _ranking(cosines) + CONTRAST * _contrast(cosines)
        wholes, titles = vectors[: len(vectors) // 2], vectors[len(vectors) // 2 :]
        whole_cosines, title_cosines = _cosines(wholes, wholes), _cosines(titles, titles)
        score = [
            torch.lerp(whole, title, self._title_weight)
            for whole, title in zip(whole_cosines, title_cosines, strict=True)
        ]
        mixed = [*_cosines(titles, wholes), *_cosines(wholes, titles)]  # 4 of (batch, batch + negatives)
        return (
            _ranking(score)
            + _ranking(whole_cosines)
            + TITLES * _ranking(title_cosines)
            + MIXED * _ranking(mixed)
            + CONTRAST * _contrast(score)
        )


def _cosines(queries: Sequence[torch.Tensor], documents: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return the cosines of a batch's n first records with its second ones and m negatives, and the other way round.

    Args:
        queries: (n, dim) of the first records, of the second ones, and of each column of negatives.
        documents: The same records, in the text that is searched.

    Returns:
        Two tensors of (n, n + m); the cosines of duplicates are on the diagonal.
    """
    negatives = documents[2:]
    return [queries[side] @ torch.cat([documents[1 - side], *negatives]).T for side in (0, 1)]


def _ranking(cosines: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the mean cross-entropy of each record's duplicate among all documents."""
    targets = torch.arange(len(cosines[0]), device=cosines[0].device)  # (n,), the diagonal
    return torch.stack([functional.cross_entropy(SCALE * side, targets) for side in cosines]).mean()


def _contrast(cosines: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the CoSENT loss: how far duplicates are from being above all other pairs."""
    duplicates = cosines[0].diagonal()  # (n,)
    others = torch.cat(  # all cells off the diagonal, of both sides
        [side[~torch.eye(*side.shape, dtype=torch.bool, device=side.device)] for side in cosines]
    )
    # (n, others) by how much each other pair is above each duplicate
    gaps = SCALE * (others[None, :] - duplicates[:, None])
    # The zero is the 1 in CoSENT's log(1 + sum of exponentials).
    return torch.logsumexp(torch.cat([gaps.new_zeros(1), gaps.flatten()]), dim=0)


class GroupsApart(DefaultBatchSampler):  # type: ignore[misc]
    """Batches of one tracker in which no two examples belong to one group, decided by seed and epoch.

    Examples are dealt in turn to at least as many batches as the largest group has examples. Those of a group follow
    each other, and so get into different batches.
    """

    def __init__(self, examples: Sequence[Example], dataset: Any, **settings: Any) -> None:
        """Group the examples.

        Args:
            examples: Of the dataset, in its order.
            dataset: The trainer's.
            settings: The trainer's settings for a sampler.
        """
        super().__init__(dataset, **settings)
        sets: dict[str, dict[int, list[int]]] = {}
        for place, example in enumerate(examples):
            # An example without a group is a group of its own.
            group = example.group if example.group >= 0 else -1 - place
            sets.setdefault(example.set, {}).setdefault(group, []).append(place)
        self._sets = [list(groups.values()) for groups in sets.values()]

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""
        return sum(map(self._n_batches, self._sets))

    def __iter__(self) -> Iterator[list[int]]:
        """Iterate over batches, each the places of its examples."""
        random = Random(f"{self.seed} {self.epoch}")  # a resumed epoch has the same batches
        batches = []
        for groups in self._sets:
            dealt = [
                place
                for group in random.sample(groups, len(groups))
                for place in random.sample(group, len(group))
            ]
            n_batches = self._n_batches(groups)
            batches += [dealt[first::n_batches] for first in range(n_batches)]
        random.shuffle(batches)
        return iter(batches)

    def _n_batches(self, groups: Sequence[Sequence[int]]) -> int:
        n_examples = sum(map(len, groups))
        return max(-(-n_examples // int(self.batch_size)), *map(len, groups))
