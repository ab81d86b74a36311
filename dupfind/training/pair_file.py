"""Labelled pairs: a file of two texts and a label a line, checked against what a recipe learns from."""

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
"""Names of the two texts, in small letters, without spaces, hyphens and underscores."""

LABELS = ("label", "labels", "goldlabel", "score", "similarity", "isduplicate", "duplicate", "relatedness")
NEGATIVE = "negative"

_WORDS = {"true": 1.0, "yes": 1.0, "duplicate": 1.0, "false": 0.0, "no": 0.0, "different": 0.0}
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Example:
    """What a step learns from.

    Attributes:
        texts: A pair; for kind "ranking" an anchor, its positive, and as many negatives as all examples have.
        label: From 0 to 1 for kind "similarity", a class's place for kind "classes", None for kind "ranking".
        line: Where in the file it stands; 0 for what was mined.
        group: For batches of kind "apart": the cluster; two examples of one group are never in one batch.
        set: For batches of kind "apart": the tracker; a batch's examples are of one.
    """

    texts: tuple[str, ...]
    label: float | int | None = None
    line: int = 0
    group: int = -1
    set: str = ""


def read(path: Path, recipe: Recipe, *, scale: float = 1.0) -> list[Example]:
    """Read the pairs of a file: CSV, TSV, JSON Lines or Parquet, packed or not.

    Args:
        path: The file. Its columns have likely names (`PAIRS`, `LABELS`); a JSON value may be a record with keys,
            for which the recipe has a template.
        recipe: What the pairs are for.
        scale: What similarities are divided by, such as 5 for those of STS.

    Raises:
        SourceError: The file cannot be read, a column is missing, a text is empty, or a label is none of the
            recipe's kind; the message names the line.
    """
    found = [_example(path, line, row, recipe, scale) for line, row in rows.read(path)]
    if not found:
        raise SourceError(
            f"{path} holds no pairs: write a line for each, with sentence1, sentence2 and label"
        )
    return found if recipe.kind != "ranking" else _ranked(found, path)


def check(train: Sequence[Example], test: Sequence[Example], recipe: Recipe, *, where: str) -> None:
    """See whether something can be learned and honestly measured.

    Raises:
        SourceError: There are fewer pairs than a batch, of one class only, or a pair is in both parts.
    """
    if len(train) < recipe.batch_size:
        raise SourceError(
            f"{where} leaves {len(train):,} pairs to learn from, fewer than a batch of {recipe.batch_size}:"
            f" add pairs, or pass --batch-size {max(2, len(train) // 4)}"
        )
    for part, name in ((train, "learned from"), (test, "measured on")):
        labels = {example.label for example in part}
        if recipe.kind != "ranking" and len(labels) == 1:
            [label] = labels
            raise SourceError(
                f"{where}: all {len(part):,} pairs that are {name} have the label {_told(label, recipe)}: one class"
                " alone says nothing; add pairs of another"
            )
    seen = {_key(example, recipe): example for example in train}
    both = [(seen[key], example) for example in test if (key := _key(example, recipe)) in seen]
    if both:
        first, second = both[0]
        raise SourceError(
            f"{where}: {len(both):,} pairs are in both parts, the first is in line {first.line} of those that are"
            f" learned from and in line {second.line} of those that are measured on: leave them out of one"
        )


def _key(example: Example, recipe: Recipe) -> tuple[str, ...]:
    """A pair, in whatever order its texts are, unless the order means something."""
    pair = example.texts[:2]
    return pair if recipe.kind == "classes" else tuple(sorted(pair))


def _told(label: object, recipe: Recipe) -> str:
    return CLASSES[label] if recipe.kind == "classes" and isinstance(label, int) else f"{label:g}"


def _example(path: Path, line: int, row: Mapping[str, Any], recipe: Recipe, scale: float) -> Example:
    keys = {re.sub(r"[\s_-]", "", key.lower()): key for key in row}
    pair = next((names for names in PAIRS if set(names) <= keys.keys()), None)
    if pair is None:
        raise SourceError(
            f"{path}, line {line} has no two texts: call its columns sentence1 and sentence2; they are"
            f" {', '.join(map(str, row)) or 'none'}"
        )
    texts = tuple(_text(path, line, keys[name], row[keys[name]], recipe) for name in pair)
    name = next((keys[name] for name in LABELS if name in keys), None)
    if name is None and recipe.kind != "ranking":
        raise SourceError(
            f"{path}, line {line} has no label, which {recipe.name} learns from: add a column label;"
            " the recipe duplicates needs none"
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
            raise SourceError(f"{place} begins like a record and is no JSON: {error}") from error
    if isinstance(value, dict):
        if recipe.template is None:
            raise SourceError(f"{place} is a record with keys, and {recipe.name} learns from texts")
        value = _rendered(value, recipe.template, place)
    if value is not None and not isinstance(value, str | int | float):
        raise SourceError(f"{place} is no text but a {type(value).__name__}")
    text = well_formed("" if value is None else str(value)).strip()
    if not text:
        raise SourceError(f"{place} is empty: write a text, or leave the line out")
    return text


def _rendered(record: dict[str, Any], template: str, place: str) -> str:
    """The template with values in place of its {keys}; nothing else in it or in them has a meaning."""
    wanted = _SLOT.findall(template)
    if not set(wanted) & record.keys():
        raise SourceError(
            f"{place} has none of the keys {', '.join(wanted)}; it has {', '.join(map(str, record))}"
        )
    parts = {key: "" if record.get(key) is None else str(record[key]) for key in wanted}
    return _SLOT.sub(lambda slot: parts[slot[1]], template)


def _label(path: Path, line: int, value: object, recipe: Recipe, scale: float) -> float | int:
    word = str(value).strip().lower()
    if recipe.kind == "classes":
        if word in CLASSES:
            return CLASSES.index(word)
        number = _number(word)
        if number is None or number not in range(len(CLASSES)):
            raise SourceError(
                f"{path}, line {line}: the label {value!r} is none of {recipe.name}: write"
                f" {', '.join(f'{place} or {name}' for place, name in enumerate(CLASSES))}"
            )
        return int(number)
    number = _WORDS[word] if word in _WORDS else _number(word)
    if number is None or not 0 <= number / scale <= 1:
        raise SourceError(
            f"{path}, line {line}: the label {value!r} is none of {recipe.name}: write a number from 0 to"
            f" {scale:g}, or pass --scale with the largest that there is"
        )
    return number / scale


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _ranked(found: list[Example], path: Path) -> list[Example]:
    """Anchors and positives; what is labelled as no duplicate of an anchor is its negative.

    All examples have as many texts: where only some have a negative, those of the others are positives of
    examples elsewhere in the file.
    """
    labels = {example.label for example in found}
    if None in labels:
        widths = sorted({len(example.texts) for example in found})
        if len(widths) > 1:
            raise SourceError(f"{path}: some lines have a negative and some have none: give all lines one")
        return found
    if not labels <= {0.0, 1.0}:
        odd = next(example for example in found if example.label not in (0.0, 1.0))
        raise SourceError(f"{path}, line {odd.line}: {odd.label:g} is neither 1, a duplicate, nor 0, none")
    positives = [example for example in found if example.label == 1.0]
    if not positives:
        raise SourceError(f"{path} calls no pair a duplicate: mark duplicates with the label 1")
    negatives: dict[str, list[str]] = {}
    for example in found:
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
                    or [_other(positives, place)]
                )[0],
            ),
            None,
            example.line,
        )
        for place, example in enumerate(positives)
        if n > 1 or example.texts[0] in negatives
    ]


def _other(positives: Sequence[Example], place: int) -> str:
    """A text from half the file away."""
    return positives[(place + len(positives) // 2) % len(positives)].texts[1]
