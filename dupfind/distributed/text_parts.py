"""The parts of an index, whose texts a cluster encodes."""

import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from dupfind.collection.record_spool import PartSource, RecordSpool
from dupfind.collection.text_part import spool_file
from dupfind.collection.text_rows import packed
from dupfind.distributed.cluster import RayCluster, Ref, Task
from dupfind.distributed.work import Encoded, SentModel, encode
from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import ClusterError, PartError
from dupfind.partition.part_file import finished, plan_id, write_part
from dupfind.partition.share import Share
from dupfind.progress import StartTask
from dupfind.storage.model_copy import LARGE

Missing = Callable[[Sequence[str]], Sequence[str]]
"""Returns those of some fingerprints of texts that have no vector in the index."""

_RECORDS_A_PART = 1_024
_MOST_PARTS = 1_024  # by default
_KEPT_S = 7 * 24 * 3600.0  # age at which the parts of an interrupted run are removed


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the plan of a run holds of its encoder, which is loaded on other machines."""

    name: str
    fingerprint: str
    dim: int
    engine: str


@contextmanager
def text_parts(
    cluster: RayCluster,
    folder: Path,
    sources: Sequence[PartSource],
    model: ModelFolder,
    *,
    missing: Missing,
    n_parts: int | None,
    start_task: StartTask,
) -> Iterator[list[Path]]:
    """Give the parts of a run, and delete them at the end of the block unless it fails.

    The sources are read here. The cluster gets their texts and the files of the model, and returns vectors. After a
    failure the parts that are whole stay, and the next call uses them.

    Args:
        cluster: Where texts are encoded.
        folder: Where the parts lie meanwhile.
        sources: In the order in which the merge indexes them.
        model: Which encodes.
        missing: Other texts are not encoded.
        n_parts: Number of parts; None to choose it by the number of records.
        start_task: Shows the progress.

    Raises:
        SourceError: A source cannot be read.
        PartError: A part cannot be written, or another process writes these parts.
        ClusterError: The cluster failed, or its machines have different engines.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_old(folder)
        except OSError as error:
            raise PartError(
                f"{folder} cannot be written ({error.strerror or error}): name another --index"
            ) from error
        with spool_file(folder, folder, "name another --index") as file:
            spool = RecordSpool(file, sources, start_task)
            run = _Run(cluster, spool, model, n_parts)
            place = stack.enter_context(_locked(folder / f"{plan_id(run.plan)[:32]}-{run.of}"))
            paths = run.write(place, missing, start_task)
        yield paths
    with suppress(OSError):  # the index is written; the next run removes them
        shutil.rmtree(place)
        folder.rmdir()  # unless there are parts of another run


@contextmanager
def _locked(place: Path) -> Iterator[Path]:
    """Hold a folder for this process.

    Raises:
        PartError: Another one has it, or it cannot be written.
    """
    lock = FileLock(place / "lock", timeout=0)
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        lock.acquire()
    except Timeout:  # an OSError itself, so it comes first
        raise PartError(f"{place} is in use by another process: wait for it to end") from None
    except OSError as error:
        raise PartError(
            f"{place} cannot be written ({error.strerror or error}): name another --index"
        ) from error
    with lock:
        yield place


class _Run:
    """A run on a cluster: its model is there, and its plan is known.

    Attributes:
        plan: Of all parts.
        of: Number of parts.
    """

    def __init__(
        self, cluster: RayCluster, spool: RecordSpool, model: ModelFolder, n_parts: int | None
    ) -> None:
        self.of = n_parts or max(1, min(_MOST_PARTS, math.ceil(len(spool) / _RECORDS_A_PART)))
        self._cluster, self._spool = cluster, spool
        self._sent = SentModel(model.name, str(model.path), model.fingerprint, spool.is_few)
        self._files: list[Ref] = []
        if model.size < LARGE:
            self._files.append(cluster.put({file: (model.path / file).read_bytes() for file in model.files}))
        # One text more, so that the plan has the engine and the width of a vector before the first part.
        [(_, first)] = cluster.run([(None, self._task(["a text"]))])
        self._facts = _Facts(model.name, model.fingerprint, first.vectors.shape[1], first.engine)
        self.plan = spool.plan(self._facts)

    def write(self, place: Path, missing: Missing, start_task: StartTask) -> list[Path]:
        """Write the parts that are not there yet, and return all of them."""
        shares = [Share(number, self.of) for number in range(1, self.of + 1)]
        paths = {share: place / f"{share.number}.dfp" for share in shares}
        waiting = [share for share in shares if not finished(paths[share], self.plan, share)]
        advance = start_task("encoding", self.of, "parts")
        advance(self.of - len(waiting))

        def tasks() -> Iterator[tuple[tuple[Share, list[str]], Task]]:
            for share in waiting:
                texts = dict(self._spool.texts(share, lambda _: None))
                keys = list(missing(list(texts)))
                yield (share, keys), self._task([texts[key] for key in keys])

        for (share, keys), encoded in self._cluster.run(tasks()):
            rows = self._rows(keys, encoded)
            sections = {"records": self._spool.records(share), "texts": (len(rows), [rows])}
            write_part(paths[share], "texts", self.plan, share, sections)
            advance(1)
        return list(paths.values())

    def _task(self, texts: list[str]) -> Task:
        return encode, (self._sent, self._files, texts)

    def _rows(self, keys: Sequence[str], encoded: Encoded) -> bytes:
        if encoded.engine != self._facts.engine:
            raise ClusterError(
                f"the machines of the cluster have the engines {self._facts.engine} and {encoded.engine}, which round"
                " differently: use machines of one kind, with the same packages"
            )
        vectors = np.asarray(encoded.vectors, dtype="<f4")
        return packed(dict(zip(keys, vectors, strict=True)), self._facts.dim)


def _remove_old(folder: Path) -> None:
    """Remove the parts of runs that were interrupted long ago and never continued."""
    for path in folder.iterdir():
        with suppress(OSError):
            if path.is_dir() and time.time() - path.stat().st_mtime > _KEPT_S:
                shutil.rmtree(path)
