"""A collection that can index records, and encode all of them again with another model."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from dupfind.collection.collection import N_THREADS, Collection
from dupfind.collection.indexing import Counts, IndexPipeline, Prepared, Progress
from dupfind.collection.model_files import FolderModels
from dupfind.collection.options import DEFAULT_SOURCE, checked_name
from dupfind.collection.own_edges import measure_edges
from dupfind.collection.recorded_run import recorded_run
from dupfind.collection.reencoding import compositions, encode_again, recompose_source
from dupfind.collection.shown_records import show_newest
from dupfind.collection.writer_model import WriterModel, check_choice
from dupfind.encoders.load import Encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import DupfindError, PartError, RankerError, StoreError
from dupfind.ranking.ranker import Ranker
from dupfind.results import IndexRun
from dupfind.search.pipeline import Searcher
from dupfind.sources.reading_counts import ReadingCounts
from dupfind.sources.source import SourceChanges
from dupfind.sources.temporary_folder import TemporaryFolder
from dupfind.storage import compaction, duplicate_links, hidden_rows, source_state
from dupfind.storage.compaction import Freed
from dupfind.storage.database import DATABASE
from dupfind.storage.database_url import DatabaseUrl, index_place
from dupfind.storage.encoding import Encoding
from dupfind.storage.publish import refresh
from dupfind.storage.row_filter import Filter
from dupfind.storage.writer import Writer
from dupfind.tables import record_reader
from dupfind.tables.columns import Columns
from dupfind.tables.record_reader import Data
from dupfind.verdict.model import VerdictModel


def _now() -> datetime:
    return datetime.now(UTC)


class WritableCollection(Collection):
    """A Collection that may change; one process at a time may hold one of an index.

    Attributes:
        temporary: The temporary folder that the index lies in, which is removed when it is closed; or None.
    """

    store: Writer

    def __init__(
        self,
        folder: Path,
        writer: Writer,
        searcher: Searcher,
        threads: ThreadPoolExecutor,
        model: WriterModel,
    ) -> None:
        """Hold the parts of an open index; use `WritableCollection.create`.

        Args:
            folder: The index.
            writer: Its database; closed with the collection.
            searcher: Searches it.
            threads: The threads that the searcher's parts use; shut down with the collection.
            model: Encodes the texts of records.
        """
        super().__init__(folder, writer, searcher, threads)
        self._model = model
        self.temporary: TemporaryFolder | None = None

    @classmethod
    def create(
        cls,
        folder: str | Path | DatabaseUrl,
        *,
        model: str | Path | None = None,
        encoder: Encoder | None = None,
        rebuild: bool = False,
        portable: bool = False,
    ) -> "WritableCollection":
        """Open an index for writing, and create it if it does not exist; one process at a time may.

        In a database, one process at a time may write to each source.

        Args:
            folder: The index, such as ".dupfind".
            model: Name or path of a sentence-transformers model; None for the index's model, and for
                MiniLM-issues in a new index.
            encoder: An encoder in place of a model; such an index needs it again at every opening.
            rebuild: Whether the model may differ from the index's, because `rebuild` is called next.
            portable: Whether the model is copied into the index, so that it works on a machine without the model.
                A model that is named by its folder is copied in any case.

        Raises:
            StoreLocked: Another process writes to it.
            StoreError: It cannot be created or upgraded.
            EncoderMismatch: The index was made with another model, or by another text recipe.
            ModelError: The model cannot be found or is damaged.
        """
        name = None if model is None else str(model)
        path = index_place(folder)
        if isinstance(path, DatabaseUrl):
            from dupfind.collection.shared import SharedWritableCollection

            if portable:
                raise StoreError(f"{path} is a database, which always holds its model: leave out --portable")
            return SharedWritableCollection.connect_to_write(path, name, encoder, rebuild=rebuild)
        writer = Writer.open(path / DATABASE)
        try:
            if not rebuild:
                check_choice(writer, path, name, encoder)
        except BaseException:
            writer.close()
            raise
        threads = ThreadPoolExecutor(N_THREADS, "search")
        searcher = Searcher.on_disk(path, writer, encoder, threads)
        files = FolderModels(path)
        model_of_writer = WriterModel(
            writer, path, files, searcher.retrieval.model, name=name, encoder=encoder, is_portable=portable
        )
        return cls(path, writer, searcher, threads, model_of_writer)

    def close(self) -> None:
        """Close the database, release its lock, and remove a temporary index."""
        try:
            super().close()
        finally:
            if self.temporary is not None:
                self.temporary.remove()

    def index(
        self,
        records: Data,
        *,
        columns: Columns | None = None,
        source: str = DEFAULT_SOURCE,
        kind: str = "records",
        location: str = "",
        mapping: Mapping[str, str | bool | None] | None = None,
        complete: bool = False,
        changes: SourceChanges | None = None,
        counts: ReadingCounts | None = None,
        prepared: Prepared | None = None,
        progress: Progress | None = None,
        settling: Callable[[int], Progress] | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> IndexRun:
        """Add new records and update changed ones; only new texts are encoded.

        Every batch is committed: after an interruption, a call with the same records continues.
        At its end boilerplate is learned from all live records of the source, and records whose text changes with it
        are encoded again. So what is answered depends on these records alone, not on earlier runs or interruptions. But
        where the levels of a verdict begin is measured in steps; see docs/design.md.

        Args:
            records: Read lazily: records, dicts or texts, or a DataFrame of any library with `__arrow_c_stream__`.
                A record without an id has the number of its row, from 0.
            columns: The columns of a table that hold the fields; see `tables.columns.Columns`.
            source: Name of the source; the records' own `source` is ignored.
            kind: Format of the source, such as "trac".
            location: Path or address of the source.
            mapping: The columns that a person named for the reader.
            complete: Whether these are all records of the source, so that the others are marked as deleted.
            changes: The state of an incremental read, where the records are only those that changed: it gives the
                cursor for the next read, and the names of the records that still exist.
            counts: The numbers of the reading of `records`, which are kept with the run. With broken entries among
                them nothing is taken for deleted.
            prepared: The boilerplate and the vectors, where other runs have computed them; None to do it here.
            progress: Called with the number of records finished since the last call.
            settling: Called with the number of records to check again because boilerplate was learned; returns a
                callback like `progress` for them.
            clock: Returns the time, UTC.

        Returns:
            The numbers of changes.

        Raises:
            DupfindError: `source` is no text.
            SourceError: The source failed, or a value cannot be a record's; the records before are indexed.
            StoreError: The index cannot be written; the batches before are indexed.
            ModelError: The model cannot be found or is damaged.
            PartError: The prepared vectors are not those of the texts, or of another width than the model's.
        """
        if checked_name(source, "source") is None:
            raise DupfindError("source is None, but must be a text: leave it out, or name the data")
        started = time.monotonic()
        with self.store.watching(), self.store.releasing():
            encoding = self._model.encoding()
            if prepared is not None and prepared.dim != encoding.dim:
                raise PartError(
                    f"the parts have vectors of {prepared.dim} numbers, and {encoding.model} has {encoding.dim}:"
                    " compute them again"
                )
            source_id = source_state.remember(self.store, source, kind, location, mapping or {})
            encode = partial(self._model.encode, encoding)
            with recorded_run(self.store, source_id, counts, clock) as run_counts:
                IndexPipeline(
                    self.store,
                    source_id,
                    encoding,
                    encode if prepared is None else prepared.encode,
                    reads_ahead=changes is None and prepared is None,
                    boilerplate=None if prepared is None else prepared.boilerplate,
                    counts=run_counts,
                    committed=partial(self._keep_cursor, source_id, changes),
                    progress=progress or (lambda _: None),
                    clock=clock,
                ).write(record_reader.records(records, columns))
                if changes is not None:
                    complete = self._mark_changes(source_id, changes, run_counts, clock)
                if complete and not (counts is not None and counts.n_broken):
                    run_counts.n_gone += self.store.mark_unseen_deleted(source_id, clock())
                # Once more: after a whole reading the cursor says that nothing is pending.
                self._keep_cursor(source_id, changes, run_counts.n_read)
                recompose_source(
                    self.store,
                    source_id,
                    encoding,
                    encode if prepared is None else prepared.encode,
                    counts=run_counts,
                    progress=(lambda _: lambda _: None) if settling is None else settling,
                    clock=clock,
                )
                # Rows of other sources are shown again, too: their texts are in no part.
                show_newest(self.store, encoding, encode, clock)
            self.publish(clock=clock)
            with self.store.reading():
                marked_pairs, n_marks = (
                    len(duplicate_links.pairs(self.store, source_id)),
                    duplicate_links.n_marks(self.store, source_id),
                )
            return IndexRun(
                source=source,
                **asdict(run_counts),
                marked_pairs=marked_pairs,
                dead_marks=n_marks - marked_pairs,
                seconds=time.monotonic() - started,
                n_shared=hidden_rows.n_shared(self.store, source_id),
            )

    def remove(self, source: str, *, clock: Callable[[], datetime] = _now) -> int:
        """Mark all records of a source as deleted, erase their texts, and forget how it is read.

        The time grows with the size of the index, whose word search is written anew.

        Args:
            source: Its name; see `source_state.names`.
            clock: Returns the time, UTC.

        Returns:
            The number of records that were there.

        Raises:
            StoreError: There is no such source, or the index cannot be written.
        """
        with self.store.watching(), self.store.releasing():
            if source not in source_state.names(self.store):
                names = ", ".join(source_state.names(self.store)) or "none"
                raise StoreError(f"{source} is not a source of {self.place}; its sources: {names}")
            source_id = source_state.source_ids(self.store)[source]
            self.store.connection.execute("DELETE FROM temp.seen")  # of an earlier run on this connection
            self.store.lock_source(source_id)
            self.store.overwrite_deleted()
            n_removed = self.store.mark_unseen_deleted(source_id, clock())
            # Its row last of all: until then, a further call finishes the work.
            encoding = self.store.current_encoding()
            if encoding is not None:
                show_newest(self.store, encoding, partial(self._model.encode, encoding), clock)
            source_state.remove(self.store, source_id)
            self.publish(clock=clock)
            self.store.empty_log()
        return n_removed

    def calibrate(
        self, ranker: Ranker, verdicts: VerdictModel, *, clock: Callable[[], datetime] = _now
    ) -> None:
        """Store what was fitted on this index; it is used until the model or the text version changes.

        Raises:
            RankerError: The verdicts were fitted with another model or text version.
        """
        with self.store.watching():
            encoding = self.store.encoding()
            if not verdicts.fits(encoding.model_fingerprint, encoding.text_version):
                raise RankerError(
                    f"{self.place} has another model or text recipe by now: run `dupfind calibrate` again"
                )
            document = {"order": ranker.to_json(), "verdict": verdicts.to_json()}
            self.store.calibrate(encoding.id, document, clock())

    def publish(self, *, tail_limit: int | None = None, clock: Callable[[], datetime] = _now) -> None:
        """Write a new snapshot if the newest is missing, damaged or far behind; `index` calls this.

        Args:
            tail_limit: Rows that the newest may lack; None for 2,000, and more in a large index.
            clock: Returns the time, UTC.
        """
        with self.store.watching():
            encoding = self.store.current_encoding()
            if encoding is not None:
                self._publish(encoding, clock(), tail_limit)
                measure_edges(self.store, encoding, clock())

    def _publish(self, encoding: Encoding, now: datetime, tail_limit: int | None) -> None:
        refresh(self.store, encoding, self.folder / "snapshots", now, tail_limit=tail_limit)

    def compact(self, *, clock: Callable[[], datetime] = _now) -> Freed:
        """Free the space of dead rows and their vectors; no answer changes, and a further call finishes after a kill.

        The time grows with the size of the index, and the disk must have room for a second copy of the database.

        Args:
            clock: Returns the time, UTC.

        Raises:
            StoreError: The index is empty, or cannot be written.
        """
        with self.store.watching():
            encoding = self.store.encoding()
            self.publish(
                tail_limit=0, clock=clock
            )  # a snapshot without dead rows, before these rows are forgotten
            n_rows, n_embeddings = compaction.delete_dead(self.store, encoding)
            freed = Freed(n_rows, n_embeddings, compaction.shrink(self.store))
            self.publish(clock=clock)  # deletes the files of older snapshots
        return freed

    def rebuild(
        self,
        *,
        progress: Progress | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Encode every record again, with another model or text version; searches use the old vectors meanwhile.

        The model is that of `WritableCollection.create`, or the index's own if none was named there. After an
        interruption, a further call continues.

        Args:
            progress: Called with the number of records finished since the last call.
            clock: Returns the time, UTC.

        Raises:
            ModelError: The model cannot be found or is damaged.
            StoreError: The index is empty or cannot be written.
        """
        with self.store.watching():
            self.store.lock_all_sources()
            old = self.store.encoding()
            target = self._model.target(old)
            unfinished = self.store.unfinished_encoding()
            # `encoding_of` sets id 0, as the target is not stored yet.
            if unfinished is not None and replace(unfinished, id=0) != target:
                self.store.drop_encoding(unfinished.id)
                unfinished = None
            encoding = unfinished or self.store.add_encoding(target, is_current=False)
            encode_again(
                self.store,
                encoding,
                partial(self._model.encode, encoding),
                progress=progress or (lambda _: None),
            )
            live = self.store.allowed(Filter()).tolist()
            self.store.adopt_encoding(encoding.id, compositions(self.store, live))
            self.publish(clock=clock)
            self._model.drop_others(encoding)  # last: until the adoption, searches use the old model

    def _keep_cursor(self, source_id: int, changes: SourceChanges | None, n_committed: int) -> None:
        cursor = None if changes is None else changes.cursor(n_committed)
        if cursor is not None:
            source_state.keep_cursor(self.store, source_id, cursor)

    def _mark_changes(
        self, source_id: int, changes: SourceChanges, counts: Counts, clock: Callable[[], datetime]
    ) -> bool:
        """Mark the records that an incremental read reports as hidden or as present.

        Returns:
            Whether all records that are present are known, so that the others are deleted.
        """
        counts.n_gone += self.store.mark_names_deleted(source_id, changes.hidden(), clock())
        self._keep_cursor(source_id, changes, counts.n_read)
        present = changes.present(len(self.store.rows_of(source_id)))
        self.store.mark_names_seen(source_id, present or ())
        return present is not None

    def verified_model(self) -> ModelFolder:
        """Return the model that encodes new texts, whose files were compared with its fingerprint.

        Raises:
            ModelError: It cannot be found, or is damaged.
            EncoderMismatch: The index was built with a custom encoder, of which there is no copy.
        """
        return self._model.verified()
