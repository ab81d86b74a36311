"""Recipes for fine-tuning: models that people made from all-MiniLM-L6-v2, as in their cards, and dupfind's own."""

from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Literal

from dupfind.errors import DupfindError

Kind = Literal["similarity", "classes", "ranking", "records"]
"""The labels of pairs: "similarity" from 0 to 1; "classes", one of three; "ranking" without labels, as each pair is a
positive; "records", the same with two records and negatives, first all whole texts and then all titles."""

CLASSES = ("entailment", "neutral", "contradiction")
"""The classes of kind "classes"; a label is the word, or its index in this list."""


@dataclass(frozen=True)
class Recipe:
    """The hyperparameters of a fine-tune. AdamW, linear decay, no warm-up, no weight decay, as in all of the cards.

    Attributes:
        name: Value of `--recipe`.
        about: Its purpose, in one line.
        kind: Of its labels.
        loss: A loss of sentence-transformers, or "duplicates", dupfind's own.
        batch_size: Pairs a step.
        epochs: Passes over the pairs.
        max_length: Tokens of a text that the model reads; the rest is cut.
        trained_length: The same in training, if smaller.
        learning_rate: At the first step; it falls to 0 at the last.
        head_learning_rate: The same for a classifier's own weights; None for that of the model. Over vectors of unit
            length a few thousand steps at the model's rate leave a classifier undertrained (see docs/training.md).
        half: Whether the model of the card was trained in half precision.
        evaluate_every: Steps between two evaluations; None for one after each epoch.
        dropout: Whether the model's own dropout is active in training.
        normalize: Whether the model ends in a Normalize module.
        template: For records with keys instead of texts: a text with {key} for each value.
        batches: "random", or "apart" for batches in which no two pairs belong to one group.
        base_weight: Share of the base model's weights in the average with the tuned ones, 0 to below 1.
        domain_adaptation: A recipe that runs first, on titles and bodies of all of an index's records.
        source: Origin of the recipe.
        reported: Figures that its card reports.
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
    base_weight: float = 0.0
    domain_adaptation: "Recipe | None" = None

    def n_seen(self, n_pairs: int, max_steps: int | None = None) -> int:
        """Return how many pairs a fine-tune on `n_pairs` processes, repetitions included."""
        return self.epochs * n_pairs if max_steps is None else max_steps * self.batch_size

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as training.json holds it; its keys stay when a field gets another name."""
        return {
            _JSON_KEYS.get(name, name): self.domain_adaptation.to_json()
            if name == "domain_adaptation" and self.domain_adaptation is not None
            else value
            for name, value in asdict(self).items()
        }


_JSON_KEYS = {"base_weight": "soup", "domain_adaptation": "adaptation"}

DOMAIN_ADAPTATION = Recipe(
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
                about="titles of issues, duplicates or not",
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
                about="questions with the same intent, or not",
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
                about="short terms with the same meaning, or not",
                kind="similarity",
                loss="CosineSimilarityLoss",
                batch_size=10,
                epochs=5,
                source="a model of 3,201 pairs of terms of 3 to 8 tokens",
                reported="training loss .179",
            ),
            Recipe(
                name="duplicates",
                about="issues marked as duplicates by trackers or people, with hard negatives",
                kind="ranking",
                loss="duplicates",
                batch_size=64,
                epochs=2,
                trained_length=128,
                learning_rate=1e-4,
                dropout=False,
                batches="apart",
                base_weight=0.25,
                domain_adaptation=DOMAIN_ADAPTATION,
                source="dupfind's own",
                reported="see docs/training.md",
            ),
        )
    }
)
"""By name, in the order of `dupfind train --list`."""


def recipe(name: str) -> Recipe:
    """Return the recipe of a name.

    Raises:
        DupfindError: The name is unknown.
    """
    if name not in RECIPES:
        raise DupfindError(f"there is no recipe {name!r}: choose one of {', '.join(RECIPES)}")
    return RECIPES[name]
