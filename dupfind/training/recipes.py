"""The recipes: models that people have made from all-MiniLM-L6-v2, as their cards tell, and one of our own."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from dupfind.errors import DupfindError

Kind = Literal["similarity", "classes", "ranking", "records"]
"""What the label of a pair is: 0 to 1; one of three classes; or none, since the pair is a positive. An example of
kind "records" holds two records and negatives, all whole texts first and then all titles."""

CLASSES = ("entailment", "neutral", "contradiction")
"""The classes of kind "classes"; a label is the word, or its place in this list."""


@dataclass(frozen=True)
class Recipe:
    """How a model is fine-tuned. AdamW, linear decay, no warm-up, no weight decay, as all of the cards say.

    Attributes:
        name: What `--recipe` asks for.
        about: One line on what it is for.
        kind: What its labels are.
        loss: A loss of sentence-transformers, or "duplicates", which is ours.
        batch_size: Pairs a step.
        epochs: Times that each pair is seen.
        max_length: Tokens that the model reads of a text.
        trained_length: Those that it reads in training, where they are fewer.
        learning_rate: At the first step; it falls to nothing at the last.
        head_learning_rate: The same for a classifier's own weights; None for that of the model. Over vectors of unit
            length a few thousand steps of the model's rate leave a classifier unsure (see docs/training.md).
        half: Whether the card was made in half precision.
        evaluate_every: Steps between two evaluations; None for one after each epoch.
        dropout: Whether the model forgets at random in training, as it does by itself.
        normalize: Whether the model ends in a Normalize module.
        template: For records with keys in place of texts: the text, in which {key} stands for a value.
        batches: "random", or "apart" for batches in which no two pairs belong to one group.
        soup: The share of the base model's weights in the average with the tuned ones.
        adaptation: What it learns first of an index's own titles and bodies, be they duplicates or not.
        source: Where the recipe is from.
        reported: What its card reports.
    """

    name: str
    about: str
    kind: Kind
    loss: str
    batch_size: int
    epochs: int
    source: str
    reported: str
    max_length: int = 256
    trained_length: int | None = None
    learning_rate: float = 5e-5
    head_learning_rate: float | None = None
    half: bool = False
    evaluate_every: int | None = None
    normalize: bool = True
    dropout: bool = True
    template: str | None = None
    batches: Literal["random", "apart"] = "random"
    soup: float = 0.0
    adaptation: "Recipe | None" = None

    def n_seen(self, n_pairs: int, max_steps: int | None = None) -> int:
        """How many pairs a fine-tune goes through, of so many."""
        return self.epochs * n_pairs if max_steps is None else max_steps * self.batch_size


ADAPTATION = Recipe(
    name="adaptation",
    about="which body belongs to a title",
    kind="ranking",
    loss="duplicates",
    batch_size=64,
    epochs=1,
    trained_length=128,
    learning_rate=5e-5,
    dropout=False,
    batches="apart",
    source="dupfind's own",
    reported="see benchmarks/README.md",
)

RECIPES = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            Recipe(
                name="issue-titles",
                about="titles of issues that are duplicates, or not",
                kind="similarity",
                loss="CosineSimilarityLoss",
                batch_size=32,
                epochs=3,
                half=True,
                evaluate_every=1000,
                source="a model of 269,144 pairs of Hibernate's issue titles, 48 % of them duplicates",
                reported="Pearson .9324, Spearman .8600",
            ),
            Recipe(
                name="question-pairs",
                about="questions that ask the same, or not",
                kind="similarity",
                loss="CosineSimilarityLoss",
                batch_size=16,
                epochs=2,
                source="a model of 363,858 pairs of Quora's questions, 39 % of them duplicates",
                reported="Pearson .7629, Spearman .7369 on the tenth that was held out",
            ),
            Recipe(
                name="nli",
                about="premise and hypothesis: entailment, neutral or contradiction",
                kind="classes",
                loss="SoftmaxLoss",
                batch_size=32,
                epochs=4,
                source="a model of the 549,367 pairs of SNLI",
                reported="nothing",
            ),
            Recipe(
                name="page-sections",
                about="sections of pages, as records with keys",
                kind="similarity",
                loss="CosineSimilarityLoss",
                batch_size=16,
                epochs=5,
                max_length=512,
                normalize=False,
                template="{page_name} | {section_title} | {section_type} | {text} | {url}",
                source="a model of 13,697 pairs of page sections",
                reported="training loss .0006",
            ),
            Recipe(
                name="concept-pairs",
                about="short terms that mean the same, or not",
                kind="similarity",
                loss="CosineSimilarityLoss",
                batch_size=10,
                epochs=5,
                source="a model of 3,201 pairs of terms of 3 to 8 tokens",
                reported="training loss .179",
            ),
            Recipe(
                name="duplicates",
                about="issues that trackers or people call duplicates, with hard negatives",
                kind="ranking",
                loss="duplicates",
                batch_size=64,
                epochs=2,
                trained_length=128,
                learning_rate=1e-4,
                dropout=False,
                batches="apart",
                soup=0.25,
                adaptation=ADAPTATION,
                source="dupfind's own",
                reported="see docs/training.md",
            ),
        )
    }
)
"""By name, in the order in which they are listed."""


def recipe(name: str) -> Recipe:
    """The recipe of a name.

    Raises:
        DupfindError: There is none.
    """
    if name not in RECIPES:
        raise DupfindError(f"there is no recipe {name!r}: choose one of {', '.join(RECIPES)}")
    return RECIPES[name]
