"""Build the loss of a recipe, with the settings of the models' cards."""

from typing import TYPE_CHECKING, Any

from dupfind.storage.model_copy import TITLE_WEIGHT
from dupfind.training.recipes import CLASSES, Recipe

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def build(recipe: Recipe, model: "SentenceTransformer") -> Any:
    """Return the loss of a recipe for a model, a torch module; its own weights come from torch's generator."""
    from sentence_transformers.sentence_transformer import losses

    if recipe.loss == "SoftmaxLoss":
        width = model.get_embedding_dimension()
        return losses.SoftmaxLoss(model, embedding_dimension=width, num_labels=len(CLASSES))
    if recipe.loss == "duplicates":
        from dupfind.training.duplicates_loss import DuplicatesLoss

        return DuplicatesLoss(model, TITLE_WEIGHT if recipe.kind == "records" else None)
    return getattr(losses, recipe.loss)(model)
