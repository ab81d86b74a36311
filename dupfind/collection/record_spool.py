"""The records of a divided run's sources, read once into a file, and the texts that are encoded for each share."""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dupfind.collection.indexing import embedding_texts
from dupfind.collection.source_tally import SourceTally
from dupfind.encoders.encoder import EncoderFacts
from dupfind.partition.record_line import record_line, record_of
from dupfind.partition.share import Share, hash_of
from dupfind.progress import StartTask
from dupfind.records import Record, Ref
from dupfind.sources.source import Source
from dupfind.storage.model_copy import encoding_of
from dupfind.storage.stored_form import stored_form
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import TEXT_VERSION, compose
from dupfind.version import __version__

_N_HEAD = 256  # records whose texts a single run encodes first
_N_FEW = 32  # texts up to which a single run uses the engine for a few texts


@dataclass(frozen=True, slots=True)
class PartSource:
    """A source of a divided run.

    Attributes:
        source: What is read.
        options: The options of the reader, as an index stores them.
        is_path: Whether its location is a path.
        is_named: Whether the user gives its name.
    """

    source: Source
    options: Mapping[str, str | bool | None]
    is_path: bool
    is_named: bool = False


def name_of(ref: Ref) -> str:
    """Return the name of a record by whose hash it falls into a share: its project and id."""
    return f"{ref.project or ''}\0{ref.id}"


class RecordSpool:
    """The records of sources in a file; 16 bytes of memory a record.

    Attributes:
        boilerplates: Of each source.
        is_few: Whether no source has more than a few texts, for which a single run uses another engine.
    """

    def __init__(
        self, file: IO[bytes], sources: Sequence[PartSource], start_task: StartTask, only: Share | None = None
    ) -> None:
        """Read sources whole: their boilerplate is learned from all records.

        Args:
            file: Empty, open for reading and writing.
            sources: In the order in which the merge indexes them.
            start_task: Shows the progress.
            only: The share whose records are kept; None for all.

        Raises:
            SourceError: A source cannot be read.
        """
        self._file = file
        self._descriptions: list[dict[str, Any]] = []
        self.boilerplates: list[Boilerplate] = []
        self.is_few = True
        # array, because one in numpy does not grow. The last one is the end of the file.
        starts, hashes = array("Q", [0]), array("Q")
        for number, part in enumerate(sources):
            source = part.source
            advance = start_task(f"reading {source.name}", source.total)
            tally = SourceTally()
            head: list[Record] = []
            for place, whole in enumerate(source):
                line = record_line(whole)
                record = tally.add(line, whole)
                if place <= _N_HEAD:
                    head.append(record)
                name = name_of(record.ref)
                if only is None or only.has(name):
                    n_bytes = file.write(b"%d %d %b\n" % (number, place, line))
                    starts.append(starts[-1] + n_bytes)
                    hashes.append(hash_of(name))
                advance(1)
            self.boilerplates.append(tally.boilerplate())
            self.is_few = self.is_few and _is_few(head, self.boilerplates[-1])
            self._descriptions.append(_description(part, tally))
        self._starts: NDArray[np.uint64] = np.frombuffer(starts, dtype=np.uint64)  # (n + 1,)
        self._hashes: NDArray[np.uint64] = np.frombuffer(hashes, dtype=np.uint64)  # (n,)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._hashes)

    def plan(self, encoder: EncoderFacts) -> dict[str, Any]:
        """Return the plan of a run with these sources."""
        encoding = encoding_of(encoder.name, encoder.fingerprint, encoder.dim, None)
        return {
            "dupfind": __version__,
            "model": encoding.model,
            "model_fingerprint": encoding.model_fingerprint,
            "dim": encoding.dim,
            "engine": encoder.engine,
            "text_version": TEXT_VERSION,
            "sources": self._descriptions,
        }

    def n_records(self, share: Share) -> int:
        """Return the number of records of a share."""
        return len(self._chosen(share))

    def records(self, share: Share) -> tuple[int, Iterator[bytes]]:
        """Return the section of a part that holds its records: its number of bytes, and the bytes."""
        chosen = self._chosen(share)
        return int((self._starts[chosen + 1] - self._starts[chosen]).sum()), self._lines(chosen)

    def texts(self, share: Share, advance: Callable[[float], None]) -> Iterator[tuple[str, str]]:
        """Yield the fingerprint and the text of all that is encoded for the records of a share, each text once.

        Args:
            share: Of the run.
            advance: Called with the number of records that were composed.
        """
        known: set[str] = set()
        for entry in self._lines(self._chosen(share)):
            number, _, line = entry.split(b" ", 2)
            record = stored_form(record_of(line, ""))
            for key, text in embedding_texts([compose(record, self.boilerplates[int(number)])]).items():
                if key not in known:
                    known.add(key)
                    yield key, text
            advance(1)

    def _chosen(self, share: Share) -> NDArray[np.intp]:
        return np.flatnonzero(self._hashes % np.uint64(share.of) == share.number - 1)

    def _lines(self, chosen: NDArray[np.intp]) -> Iterator[bytes]:
        for place in chosen.tolist():
            self._file.seek(int(self._starts[place]))
            yield self._file.read(int(self._starts[place + 1] - self._starts[place]))


def _description(part: PartSource, tally: SourceTally) -> dict[str, Any]:
    source = part.source
    return {
        "name": source.name,
        "kind": source.kind,
        "location": source.location,
        "is_path": part.is_path,
        "is_named": part.is_named,
        "options": dict(part.options),
        "includes_restricted": source.includes_restricted,
        "counts": source.counts.numbers(),
        "broken": source.counts.broken,
        "n_records": tally.n_records,
        "content": tally.content,
    }


def _is_few(head: Sequence[Record], boilerplate: Boilerplate) -> bool:
    """Return whether a single run would encode so few texts of a source that it uses another engine for them."""
    if len(head) > _N_HEAD:
        return False
    texts: set[str] = set()
    for record in head:
        texts.update(embedding_texts([compose(record, boilerplate)]))
        if len(texts) > _N_FEW:
            return False
    return True
