"""Read a file of labelled pairs, two texts and a label a line, and check it against a recipe."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dupfind.encoders.tokenizer import well_formed
from dupfind.errors import SourceError
from dupfind.training import rows
from dupfind.training.recipes import CLASSES, Recipe

PAIRS = (
    ("sentence1", "sentence2"),
    ("text1", "text2"),
    ("title1", "title2"),
    ("question1", "question2"),
    ("concept1", "concept2"),
    ("term1", "term2"),
    ("section1", "section2"),
    ("sentencea", "sentenceb"),
    ("texta", "textb"),
    ("premise", "hypothesis"),
    ("anchor", "positive"),
    ("query", "positive"),
    ("question", "answer"),
    ("first", "second"),
    ("left", "right"),
    ("a", "b"),
)
"""Names of the two text columns, in lower case, without spaces, hyphens and underscores."""

LABELS = ("label", "labels", "goldlabel", "score", "similarity", "isduplicate", "duplicate", "relatedness")
NEGATIVE = "negative"

_WORDS = {"true": 1.0, "yes": 1.0, "duplicate": 1.0, "false": 0.0, "no": 0.0, "different": 0.0}
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a batch.

    Attributes:
        texts: A pair; for kind "ranking" an anchor, its positive, and as many negatives as all examples have.
        label: From 0 to 1 for kind "similarity", the index of a class for kind "classes", None for kind "ranking".
        line: Of the file, from 1; 0 for mined examples.
        group: For batches of kind "apart": the cluster; two examples of one group are never in one batch.
        set: For batches of kind "apart": the tracker; all examples of a batch are of one tracker.
    """

    texts: tuple[str, ...]
    label: float | int | None = None
    line: int = 0
    group: int = -1
    set: str = ""


def read(path: Path, recipe: Recipe, *, scale: float = 1.0) -> list[Example]:
    """Read the pairs of a file: CSV, TSV, JSON Lines or Parquet, compressed or not.

    Args:
        path: The file. Its columns have one of the names in `PAIRS` and `LABELS`; a JSON value may be a record with
            keys, if the recipe has a template for it.
        recipe: Decides the kind of labels.
        scale: Similarities are divided by it, such as 5 for those of STS.

    Raises:
        SourceError: The file cannot be read, a column is missing, a text is empty, or a label does not fit the recipe;
            the message names the line.
    """
    examples = [_example(path, line, row, recipe, scale) for line, row in rows.read(path)]
    if not examples:
        raise SourceError(
            f"{path} holds no pairs: write one pair a line, with sentence1, sentence2 and label"
        )
    return examples if recipe.kind != "ranking" else _with_negatives(examples, path)


def check(train: Sequence[Example], test: Sequence[Example], recipe: Recipe, *, where: str) -> None:
    """Check that a model can learn from one part and be measured on the other.

    Raises:
        SourceError: There are fewer pairs than a batch, all have one label, or a pair is in both parts.
    """
    if len(train) < recipe.batch_size:
        raise SourceError(
            f"{where} has {len(train):,} pairs to learn from, fewer than a batch of {recipe.batch_size}:"
            f" add pairs, or pass --batch-size {max(2, len(train) // 4)}"
        )
    for part, name in ((train, "training"), (test, "held-out")):
        labels = {example.label for example in part}
        if recipe.kind != "ranking" and len(labels) == 1:
            [label] = labels
            raise SourceError(
                f"{where}: all {len(part):,} {name} pairs have the label {_label_name(label, recipe)}: add pairs with"
                " another label"
            )
    seen = {_key(example, recipe): example for example in train}
    both = [(seen[key], example) for example in test if (key := _key(example, recipe)) in seen]
    if both:
        first, second = both[0]
        raise SourceError(
            f"{where}: {len(both):,} pairs are in both parts, the first in line {first.line} of the training pairs and"
            f" in line {second.line} of the held-out pairs: remove them from one part"
        )


def _key(example: Example, recipe: Recipe) -> tuple[str, ...]:
    """Return the pair's texts, sorted unless their order matters."""
    pair = example.texts[:2]
    return pair if recipe.kind == "classes" else tuple(sorted(pair))


def _label_name(label: object, recipe: Recipe) -> str:
    return CLASSES[label] if recipe.kind == "classes" and isinstance(label, int) else f"{label:g}"


def _example(path: Path, line: int, row: Mapping[str, Any], recipe: Recipe, scale: float) -> Example:
    keys = {re.sub(r"[\s_-]", "", key.lower()): key for key in row}
    pair = next((names for names in PAIRS if set(names) <= keys.keys()), None)
    if pair is None:
        raise SourceError(
            f"{path}, line {line} lacks two texts: name its columns sentence1 and sentence2; it has"
            f" {', '.join(map(str, row)) or 'none'}"
        )
    texts = tuple(_text(path, line, keys[name], row[keys[name]], recipe) for name in pair)
    name = next((keys[name] for name in LABELS if name in keys), None)
    if name is None and recipe.kind != "ranking":
        raise SourceError(
            f"{path}, line {line} has no label, and {recipe.name} needs one: add a column label, or use the recipe"
            " duplicates, which needs no labels"
        )
    label = None if name is None else _label(path, line, row[name], recipe, scale)
    if recipe.kind == "ranking" and label is None and NEGATIVE in keys:
        texts += (_text(path, line, keys[NEGATIVE], row[keys[NEGATIVE]], recipe),)
    return Example(texts, label, line)


def _text(path: Path, line: int, name: str, value: object, recipe: Recipe) -> str:
    place = f"{path}, line {line}: {name}"
    if recipe.template is not None and isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{place} starts like a record but is not JSON: {error}") from error
    if isinstance(value, dict):
        if recipe.template is None:
            raise SourceError(
                f"{place} is a record with keys, and {recipe.name} needs texts: pass --template"
            )
        value = _rendered(value, recipe.template, place)
    if value is not None and not isinstance(value, str | int | float):
        raise SourceError(f"{place} must be a text, not a {type(value).__name__}")
    text = well_formed("" if value is None else str(value)).strip()
    if not text:
        raise SourceError(f"{place} is empty: write a text, or remove the line")
    return text


def _rendered(record: dict[str, Any], template: str, place: str) -> str:
    """Fill a template's {keys} with values; nothing else in it or in them is special."""
    keys = _SLOT.findall(template)
    if not set(keys) & record.keys():
        raise SourceError(
            f"{place} has none of the keys {', '.join(keys)}; it has {', '.join(map(str, record))}"
        )
    parts = {key: "" if record.get(key) is None else str(record[key]) for key in keys}
    return _SLOT.sub(lambda slot: parts[slot[1]], template)


def _label(path: Path, line: int, value: object, recipe: Recipe, scale: float) -> float | int:
    word = str(value).strip().lower()
    if recipe.kind == "classes":
        if word in CLASSES:
            return CLASSES.index(word)
        number = _number(word)
        if number is None or number not in range(len(CLASSES)):  # also refuses fractions and NaN
            raise SourceError(
                f"{path}, line {line}: {value!r} is not a label of {recipe.name}: write"
                f" {', '.join(f'{place} or {name}' for place, name in enumerate(CLASSES))}"
            )
        return int(number)
    number = _WORDS[word] if word in _WORDS else _number(word)
    if number is None or not 0 <= number / scale <= 1:  # written so that NaN fails, too
        raise SourceError(
            f"{path}, line {line}: {value!r} is not a label of {recipe.name}: write a number from 0 to"
            f" {scale:g}, or pass the largest label with --scale"
        )
    return number / scale


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _with_negatives(examples: list[Example], path: Path) -> list[Example]:
    """Turn labelled pairs into anchors and positives; a text labelled as different becomes a negative.

    All examples get as many texts: where only some have a negative, the others get the positive of an example
    elsewhere in the file.
    """
    labels = {example.label for example in examples}
    if None in labels:
        widths = sorted({len(example.texts) for example in examples})
        if len(widths) > 1:
            raise SourceError(f"{path}: some lines have a negative and some have none: give every line one")
        return examples
    if not labels <= {0.0, 1.0}:
        odd = next(example for example in examples if example.label not in (0.0, 1.0))
        raise SourceError(f"{path}, line {odd.line}: the label {odd.label:g} must be 1 (a duplicate) or 0")
    positives = [example for example in examples if example.label == 1.0]
    if not positives:
        raise SourceError(f"{path} contains no duplicate pairs: label them with 1")
    negatives: dict[str, list[str]] = {}
    for example in examples:
        if example.label == 0.0:
            first, second = example.texts
            negatives.setdefault(first, []).append(second)
            negatives.setdefault(second, []).append(first)
    if not negatives:
        return [Example(example.texts, None, example.line) for example in positives]
    n = len(positives)
    return [
        Example(
            (
                *example.texts,
                (
                    negatives.get(example.texts[0])
                    or negatives.get(example.texts[1])
                    or [_distant_positive(positives, place)]
                )[0],
            ),
            None,
            example.line,
        )
        for place, example in enumerate(positives)
        if n > 1 or example.texts[0] in negatives
    ]


def _distant_positive(positives: Sequence[Example], place: int) -> str:
    """Return the positive of the example half the file away."""
    return positives[(place + len(positives) // 2) % len(positives)].texts[1]
