"""Reads the parts of an index back: their records in the order of the source, and the vectors of all texts."""

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import fields
from heapq import merge
from typing import Any

import numpy as np

from dupfind.collection.indexing import Prepared
from dupfind.collection.source_tally import SourceTally
from dupfind.collection.text_rows import row_type
from dupfind.errors import PartError
from dupfind.partition.part_file import PartFile
from dupfind.partition.record_line import record_of
from dupfind.records import Record
from dupfind.sources.reading_counts import ReadingCounts
from dupfind.sources.source import Source
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import TEXT_VERSION, embedding_key
from dupfind.vectors.base import Vectors
from dupfind.version import __version__

_MAX_DIM = 1 << 16
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f]")
_MAX_NAME = 4_096  # characters of a name, a location or an option


class PartTexts:
    """The records and vectors of the parts of one run.

    Attributes:
        model: Name of the model.
        model_fingerprint: Of its weights and settings.
        engine: Which made the vectors, such as "torch-bf16".
        sources: The sources of the run, as they were read for the parts; each can be read again.
        boilerplates: Of each source.
    """

    def __init__(self, parts: Sequence[PartFile]) -> None:
        """Check the parts of one run against their plan; reads all of them but the vectors.

        Args:
            parts: From `one_run`, of the kind "texts".

        Raises:
            PartError: They are of another dupfind, or their content is not that of the plan.
        """
        self._parts = parts
        plan = parts[0].plan
        if (plan.get("dupfind"), plan.get("text_version")) != (__version__, TEXT_VERSION):
            raise PartError(
                f"{parts[0].path} is of dupfind {plan.get('dupfind')!r:.40}, and this is {__version__}: compute the"
                " parts and merge them with one version"
            )
        try:
            self.model = _name(plan["model"])
            self.model_fingerprint = _name(plan["model_fingerprint"])
            self.engine = _name(plan["engine"])
            self.dim = _number(plan["dim"], _MAX_DIM)
            self._descriptions = [_Description(each) for each in plan["sources"]]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise PartError(f"{parts[0].path} has a plan that is damaged ({error})") from error
        self._row = row_type(self.dim)
        self._places = self._keys()
        self.boilerplates = self._checked()
        self.sources = [
            Source(
                each.name,
                each.kind,
                each.location,
                total=each.n_records,
                read=self._reader(number),
                counts=each.counts,
                includes_restricted=each.includes_restricted,
            )
            for number, each in enumerate(self._descriptions)
        ]

    def options(self, number: int) -> Mapping[str, str | bool | None]:
        """Return the options with which a source was read."""
        return self._descriptions[number].options

    def is_path(self, number: int) -> bool:
        """Return whether the location of a source is a path."""
        return self._descriptions[number].is_path

    def is_named(self, number: int) -> bool:
        """Return whether the user gave the name of a source."""
        return self._descriptions[number].is_named

    def prepared(self, number: int) -> Prepared:
        """Return the boilerplate of a source, and the vectors of its texts."""
        return Prepared(self.boilerplates[number], self._encode, self.dim)

    def _keys(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return the fingerprints of all texts in order, (n,) S16, and the part and row of each, (n, 2) int64."""
        keys, places = [np.empty(0, dtype="S16")], [np.empty((0, 2), dtype=np.int64)]
        for number, part in enumerate(self._parts):
            _, size = part.sections.get("texts", (0, 0))
            if size % self._row.itemsize:
                raise PartError(f"{part.path} has vectors of another width than its plan: compute it again")
            n_rows = size // self._row.itemsize
            for first in range(0, n_rows, 4_096):
                n = min(4_096, n_rows - first)
                rows = self._rows(part, first, n)
                keys.append(rows["key"].copy())
                places.append(np.stack([np.full(n, number), np.arange(first, first + n)], axis=1))
        joined = np.concatenate(keys)
        order = np.argsort(joined, kind="stable")
        return joined[order], np.concatenate(places)[order]

    def _rows(self, part: PartFile, first: int, n_rows: int) -> np.ndarray[Any, Any]:
        start, _ = part.sections["texts"]
        size = self._row.itemsize
        return np.frombuffer(part.read(start + first * size, n_rows * size), dtype=self._row)

    def _checked(self) -> list[Boilerplate]:
        """Read all records, compare them with the plan, and return the boilerplate of each source."""
        tallies = [SourceTally() for _ in self._descriptions]
        for number, place, line, part in self._lines():
            if number >= len(tallies) or place < tallies[number].n_records:
                raise PartError(f"{part.path} holds records that its plan does not have: compute it again")
            if place > tallies[number].n_records:
                break
            tallies[number].add(line, self._record(number, line, part))
        for each, tally in zip(self._descriptions, tallies, strict=True):
            if (each.n_records, each.content) != (tally.n_records, tally.content):
                raise PartError(
                    f"the parts do not hold the records of {each.name} as their plan has them: compute them again"
                )
        return [tally.boilerplate() for tally in tallies]

    def _lines(self) -> Iterator[tuple[int, int, bytes, PartFile]]:
        """Yield source, place and line of all records, in order, with the part that holds each."""

        def of(part: PartFile) -> Iterator[tuple[int, int, bytes, PartFile]]:
            for entry in part.lines("records"):
                try:
                    number, place, line = entry.split(b" ", 2)
                    if not (number.isdigit() and place.isdigit() and len(number) + len(place) < 40):
                        raise ValueError(number)
                    yield int(number), int(place), line, part
                except ValueError:
                    raise PartError(f"{part.path} has a damaged record: compute it again") from None

        return merge(*map(of, self._parts), key=lambda entry: entry[:2])

    def _record(self, number: int, line: bytes, part: PartFile) -> Record:
        try:
            return record_of(line, self._descriptions[number].name)
        except ValueError as error:
            raise PartError(f"{part.path} has a damaged record ({error}): compute it again") from error

    def _reader(self, number: int) -> Callable[[], Iterator[Record]]:
        def read() -> Generator[Record]:
            for source, _, line, part in self._lines():
                if source == number:
                    yield self._record(number, line, part)

        return read

    def _encode(self, texts: Sequence[str], progress: Callable[[int], None]) -> Vectors:
        """Return the vectors of texts, (n, dim) float32, from the parts.

        Raises:
            PartError: A text is in no part, or its vector is none.
        """
        keys, places = self._places
        wanted = np.array([bytes.fromhex(embedding_key(text)) for text in texts], dtype="S16")
        found = np.searchsorted(keys, wanted)  # (n,)
        is_here = (
            (found < len(keys)) & (keys[np.minimum(found, len(keys) - 1)] == wanted)
            if len(keys)
            else found < 0
        )
        if not is_here.all():
            raise PartError(
                f"{int((~is_here).sum()):,} texts are in no part, as the index has records that the parts did not"
                " read: run `dupfind index` on the source, which encodes them"
            )
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for place, (number, row) in enumerate(places[found].tolist()):
            vectors[place] = self._rows(self._parts[number], row, 1)["vector"][0]
        lengths = np.linalg.norm(vectors, axis=1)
        if not (np.abs(lengths - 1) < 1e-3).all():  # NaN fails, too
            number = places[found][int(np.argmin(np.abs(lengths - 1) < 1e-3)), 0]
            raise PartError(
                f"{self._parts[number].path} has a vector that is not of unit length: compute it again"
            )
        progress(len(texts))
        return vectors


class _Description:
    """A source as a plan describes it; a plan may come from anywhere."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self.name = _location(value["name"])
        self.kind = _name(value["kind"])
        self.location = _location(value["location"])
        self.is_path = value["is_path"] is True
        self.is_named = value["is_named"] is True
        self.includes_restricted = value["includes_restricted"] is True
        self.n_records = _number(value["n_records"], 1 << 40)
        self.content = _name(value["content"])
        if self.kind == "removed":  # the mark of a source that an index has no more
            raise ValueError("the kind 'removed'")
        self.options: dict[str, str | bool | None] = {}
        for name, option in value["options"].items():
            if option is not None and not isinstance(option, str | bool):
                raise ValueError(f"the option {name!r:.40}")
            self.options[_name(name)] = option
        self.counts = ReadingCounts()
        names = {field.name for field in fields(ReadingCounts)} - {"broken"}
        for name, number in value["counts"].items():
            if name in names:
                setattr(self.counts, name, _number(number, 1 << 40))
        self.counts.broken.extend(_text(message) for message in value["broken"][:10])


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MAX_NAME:
        raise ValueError(f"{value!r:.40} is no text")
    return value


def _name(value: object) -> str:
    text = _text(value)
    if not text.strip() or not text.isprintable():
        raise ValueError(f"{text!r:.40} is no name")
    return text


def _location(value: object) -> str:
    """Return a path, an address, or the name of a file: with spaces of any kind, and what is no UTF-8."""
    text = _text(value)
    if not text.strip() or _CONTROL.search(text):
        raise ValueError(f"{text!r:.40} is no location")
    return text


def _number(value: object, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{value!r:.40} is no number")
    return value
