"""Choose the pairs of each batch by seed and epoch alone, so that a run can be resumed."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from sentence_transformers.base.sampler import DefaultBatchSampler

from dupfind.training.duplicates_loss import GroupsApart
from dupfind.training.pair_file import Example
from dupfind.training.recipes import Recipe


class Shuffled(DefaultBatchSampler):  # type: ignore[misc]
    """Random batches. The library's sampler shares one generator over epochs, and so differs after a resume."""

    def __iter__(self) -> Iterator[list[int]]:
        """Iterate over batches, each the places of its examples."""
        random = torch.Generator().manual_seed(self.seed + self.epoch)  # set anew for each epoch
        order = torch.randperm(len(self.sampler), generator=random).tolist()
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch


def sampler(recipe: Recipe, examples: Sequence[Example]) -> Callable[..., DefaultBatchSampler]:
    """Return the factory of the trainer's batch sampler."""
    if recipe.batches == "apart":
        return partial(GroupsApart, examples)
    return Shuffled
