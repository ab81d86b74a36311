"""Compute one part of an index: the records whose ids fall into its share, and the vectors of their texts."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np

from dupfind.collection.indexing import batches, parts
from dupfind.collection.source_tally import SourceTally
from dupfind.collection.text_rows import packed, row_type
from dupfind.encoders.encoder import encode_in_company
from dupfind.encoders.load import Encoder
from dupfind.errors import PartError
from dupfind.partition.journal import Journal
from dupfind.partition.part_file import finished, plan_id, write_part
from dupfind.partition.record_line import record_line, record_of
from dupfind.partition.share import Share
from dupfind.progress import StartTask
from dupfind.records import Record, Ref
from dupfind.sources.source import Source
from dupfind.storage.model_copy import encoding_of
from dupfind.storage.stored_form import stored_form
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import TEXT_VERSION, compose
from dupfind.version import __version__

CHUNK = 2_048
"""Texts that are encoded together; a kill loses no more."""

_N_HEAD = 256  # records whose texts a single run encodes first
_N_FEW = 32  # texts up to which a single run uses the engine for a few texts

Choose = Callable[[bool], Encoder]
"""Loads the encoder of a run; called with whether the run has but a few texts."""


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


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """What a call of `write_text_part` did.

    Attributes:
        n_records: Records of the share.
        n_encoded: Texts that were encoded; those of an interrupted call before are not among them.
        is_new: Whether the part was written; False if it was there already.
    """

    n_records: int
    n_encoded: int
    is_new: bool


def write_text_part(
    path: Path,
    share: Share,
    sources: Sequence[PartSource],
    choose: Choose,
    *,
    start_task: StartTask,
) -> WrittenPart:
    """Read sources whole, and encode the texts of the records whose ids fall into a share.

    All records are read, because the boilerplate of a source is learned from all of them. A call after an interruption
    continues, and one after the end finds the part complete.

    Args:
        path: The part's file.
        share: Which records are encoded.
        sources: In the order in which the merge indexes them.
        choose: Loads the encoder.
        start_task: Shows the progress.

    Raises:
        SourceError: A source cannot be read.
        PartError: The file cannot be written, or is there and is no part.
        ModelError: The model cannot be loaded.
    """
    try:
        # Without a name, so that a kill leaves nothing.
        spool = TemporaryFile(dir=path.parent)  # noqa: SIM115
    except OSError as error:
        raise PartError(
            f"{path} cannot be written ({error.strerror or error}): name another file with -o"
        ) from error
    with spool as file:
        descriptions, boilerplates, n_records, is_few = _read(file, share, sources, start_task)
        encoder = choose(is_few)
        plan = _plan(descriptions, encoder)
        if finished(path, plan, share):
            Journal.discard(path)
            return WrittenPart(n_records, 0, is_new=False)
        with Journal(path, f"{plan_id(plan)} {share}") as journal:
            begin = start_task(f"part {share}", n_records)
            n_encoded = _encode(journal, encoder, _texts(file, boilerplates, begin))
            sections = {
                "records": (file.seek(0, os.SEEK_END), _pieces(file)),
                "texts": (journal.n_bytes, journal.frames()),
            }
            write_part(path, "texts", plan, share, sections)
            journal.remove()
        return WrittenPart(n_records, n_encoded, is_new=True)


def falls_into(share: Share, ref: Ref) -> bool:
    """Return whether a record is of a share, by the hash of its project and id."""
    return share.has(f"{ref.project or ''}\0{ref.id}")


def _read(
    spool: IO[bytes], share: Share, sources: Sequence[PartSource], start_task: StartTask
) -> tuple[list[dict[str, Any]], list[Boilerplate], int, bool]:
    """Read the sources, and spool the records of the share.

    Returns:
        How the plan describes each source, the boilerplate of each, the number of spooled records, and whether no
        source has more than a few texts.
    """
    descriptions, boilerplates = [], []
    n_spooled, is_few = 0, True
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
            if falls_into(share, record.ref):
                spool.write(b"%d %d %b\n" % (number, place, line))
                n_spooled += 1
            advance(1)
        boilerplates.append(tally.boilerplate())
        is_few = is_few and _is_few(head, boilerplates[-1])
        descriptions.append(
            {
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
        )
    return descriptions, boilerplates, n_spooled, is_few


def _is_few(head: Sequence[Record], boilerplate: Boilerplate) -> bool:
    """Return whether a single run would encode so few texts of a source that it uses another engine for them."""
    if len(head) > _N_HEAD:
        return False
    texts: set[str] = set()
    for record in head:
        texts.update(parts([compose(record, boilerplate)]))
        if len(texts) > _N_FEW:
            return False
    return True


def _plan(descriptions: Sequence[Mapping[str, Any]], encoder: Encoder) -> dict[str, Any]:
    encoding = encoding_of(encoder.name, encoder.fingerprint, encoder.dim, None)
    return {
        "dupfind": __version__,
        "model": encoding.model,
        "model_fingerprint": encoding.model_fingerprint,
        "dim": encoding.dim,
        "engine": encoder.engine,
        "text_version": TEXT_VERSION,
        "sources": list(descriptions),
    }


def _texts(
    spool: IO[bytes], boilerplates: Sequence[Boilerplate], advance: Callable[[float], None]
) -> Iterator[tuple[str, str]]:
    """Yield the fingerprint and the text of all that is encoded for the spooled records, each text once."""
    known: set[str] = set()
    spool.seek(0)
    for entry in spool:
        number, _, line = entry.split(b" ", 2)
        record = stored_form(record_of(line, ""))
        for key, text in parts([compose(record, boilerplates[int(number)])]).items():
            if key not in known:
                known.add(key)
                yield key, text
        advance(1)


def _encode(journal: Journal, encoder: Encoder, texts: Iterable[tuple[str, str]]) -> int:
    """Encode texts chunk by chunk into a journal, without those that it has; return their number."""
    size = row_type(encoder.dim).itemsize
    n_done, n_encoded = journal.n_bytes // size, 0
    waiting = (pair for place, pair in enumerate(texts) if place >= n_done)  # a journal has the first texts
    for chunk in batches(waiting, CHUNK):
        vectors = encode_in_company(encoder, [text for _, text in chunk])
        rows = dict(zip((key for key, _ in chunk), np.asarray(vectors, dtype="<f4"), strict=True))
        journal.append(packed(rows, encoder.dim))
        n_encoded += len(chunk)
    return n_encoded


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(1 << 20):
        yield piece
