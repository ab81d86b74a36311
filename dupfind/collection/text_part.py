"""Compute one part of an index: the records whose ids fall into its share, and the vectors of their texts."""

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np

from dupfind.collection.indexing import batches
from dupfind.collection.record_spool import PartSource, RecordSpool
from dupfind.collection.text_rows import packed, row_type
from dupfind.encoders.encoder import encode_in_company
from dupfind.encoders.load import Encoder
from dupfind.errors import PartError
from dupfind.partition.journal import Journal
from dupfind.partition.part_file import finished, plan_id, write_part
from dupfind.partition.share import Share
from dupfind.progress import StartTask

CHUNK = 2_048
"""Texts that are encoded together; a kill loses no more."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Choose = Callable[[bool], Encoder]
"""Loads the encoder of a run; called with whether the run has but a few texts."""


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
    with spool_file(path.parent, path, "name another file with -o") as file:
        spool = RecordSpool(file, sources, start_task, share)
        encoder = choose(spool.is_few)
        plan, n_records = spool.plan(encoder), len(spool)
        if finished(path, plan, share):
            Journal.discard(path)
            return WrittenPart(n_records, 0, is_new=False)
        with Journal(path, f"{plan_id(plan)} {share}") as journal:
            begin = start_task(f"part {share}", n_records)
            n_encoded = _encode(journal, encoder, spool.texts(share, begin))
            texts = (journal.n_bytes, journal.frames())
            write_part(path, "texts", plan, share, {"records": spool.records(share), "texts": texts})
            journal.remove()
        return WrittenPart(n_records, n_encoded, is_new=True)


@contextmanager
def spool_file(folder: Path, place: Path, way_out: str) -> Iterator[IO[bytes]]:
    """Give a file for the records of sources.

    Args:
        folder: Where it lies. It has no name, so that a kill leaves nothing.
        place: What a message names.
        way_out: What a message advises.

    Raises:
        PartError: It cannot be made, or the disk gets full in this block.
    """
    try:
        spool = TemporaryFile(dir=folder)  # noqa: SIM115
    except OSError as error:
        raise PartError(f"{place} cannot be written ({error.strerror or error}): {way_out}") from error
    try:
        with spool as file:
            yield file
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise PartError(
            f"{place} cannot be written ({error.strerror}): free some space, or {way_out}"
        ) from error


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
