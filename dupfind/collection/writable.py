"""A collection that can index records, and encode all of them again with another model."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from dupfind import interruption
from dupfind.collection.collection import N_THREADS, Collection
from dupfind.collection.indexing import Counts, IndexPipeline, Prepared, Progress
from dupfind.collection.options import DEFAULT_SOURCE, checked_name
from dupfind.collection.reencoding import compositions, encode_again, without_boilerplate
from dupfind.collection.shown_records import show_newest
from dupfind.encoders.encoder import encode_in_company
from dupfind.encoders.load import Encoder, load_encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.weights import INDEX_MODEL, find_model, is_folder
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
from dupfind.storage.database_url import DatabaseUrl, IndexPlace, index_place
from dupfind.storage.encoding import Encoding
from dupfind.storage.model_copy import (
    SHARED,
    check_model,
    check_text_version,
    copy_model,
    drop_models,
    encoding_of,
    index_model,
    refer_to_model,
    verify_model,
)
from dupfind.storage.publish import refresh
from dupfind.storage.row_filter import Filter
from dupfind.storage.writer import Writer
from dupfind.tables import record_reader
from dupfind.tables.columns import Columns
from dupfind.tables.record_reader import Data
from dupfind.vectors.base import Vectors
from dupfind.verdict.model import VerdictModel

_ONE_OFF = 32
"""Texts up to which the numpy engine is faster than the import of torch, a second and more."""


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
        *,
        encoder: Encoder | None,
        model: str | None,
        portable: bool = False,
    ) -> None:
        """Hold the parts of an open index; use `WritableCollection.create`."""
        super().__init__(folder, writer, searcher, threads)
        self._encoder = encoder
        self._bulk: Encoder | None = encoder
        self._model = model
        self._portable = portable
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
        return cls(path, writer, searcher, threads, encoder=encoder, model=name, portable=portable)

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
        are encoded again. So what is answered depends on these records alone, not on earlier runs or interruptions.

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
            encoding = self._encoding()
            if prepared is not None and prepared.dim != encoding.dim:
                raise PartError(
                    f"the parts have vectors of {prepared.dim} numbers, and {encoding.model} has {encoding.dim}:"
                    " compute them again"
                )
            source_id = source_state.remember(self.store, source, kind, location, mapping or {})
            run_id = source_state.start(self.store, source_id, clock())
            run_counts = Counts()
            status = "failed"
            encode = partial(self._encode, encoding) if prepared is None else prepared.encode
            try:
                IndexPipeline(
                    self.store,
                    source_id,
                    encoding,
                    encode,
                    reads_ahead=changes is None and prepared is None,
                    boilerplate=None if prepared is None else prepared.boilerplate,
                    counts=run_counts,
                    committed=partial(self._keep_cursor, source_id, changes),
                    progress=progress or (lambda _: None),
                    clock=clock,
                ).write(record_reader.records(records, columns))
                if changes is not None:
                    run_counts.n_gone += self.store.mark_names_deleted(source_id, changes.hidden(), clock())
                    self._keep_cursor(source_id, changes, run_counts.n_read)
                    present = changes.present(len(self.store.rows_of(source_id)))
                    self.store.mark_names_seen(source_id, present or ())
                    complete = present is not None
                if complete and not (counts is not None and counts.n_broken):
                    run_counts.n_gone += self.store.mark_unseen_deleted(source_id, clock())
                # Once more: after a whole reading the cursor says that nothing is pending.
                self._keep_cursor(source_id, changes, run_counts.n_read)
                without_boilerplate(
                    self.store,
                    source_id,
                    encoding,
                    encode,
                    counts=run_counts,
                    progress=(lambda _: lambda _: None) if settling is None else settling,
                    clock=clock,
                )
                # Rows of other sources are shown again, too: their texts are in no part.
                show_newest(self.store, encoding, partial(self._encode, encoding), clock)
                status = "complete"
            except KeyboardInterrupt:
                status = "interrupted"
                raise
            finally:
                if interruption.was_interrupted():  # inside of SQLite, which raises an error of its own
                    status = "interrupted"
                numbers = asdict(run_counts) | ({} if counts is None else {"reading": counts.numbers()})
                source_state.finish(self.store, run_id, status, numbers, clock())
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
            self.store.hold(source_id)
            self.store.overwrite_deleted()
            n_removed = self.store.mark_unseen_deleted(source_id, clock())
            # Its row last of all: until then, a further call finishes the work.
            encoding = self.store.current_encoding()
            if encoding is not None:
                show_newest(self.store, encoding, partial(self._encode, encoding), clock)
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
            self.store.hold_all()
            old = self.store.encoding()
            if self._encoder is not None:
                target = encoding_of(self._encoder.name, self._encoder.fingerprint, self._encoder.dim, None)
            else:
                folder = self._index_model(old) if self._model is None else find_model(self._model)
                encoder = load_encoder(folder)
                is_kept = self._model is None and old.model_folder != SHARED  # a copy stays a copy
                target = encoding_of(
                    folder.name, folder.fingerprint, encoder.dim, self._place_model(folder, is_kept)
                )
                self._bulk = encoder
            unfinished = self.store.unfinished_encoding()
            # `encoding_of` sets id 0, as the target is not stored yet.
            if unfinished is not None and replace(unfinished, id=0) != target:
                self.store.drop_encoding(unfinished.id)
                unfinished = None
            encoding = unfinished or self.store.add_encoding(target, is_current=False)
            encode_again(
                self.store, encoding, partial(self._encode, encoding), progress=progress or (lambda _: None)
            )
            live = self.store.allowed(Filter()).tolist()
            self.store.adopt_encoding(encoding.id, compositions(self.store, live))
            self.publish(clock=clock)
            self._drop_models(encoding)  # last: until the adoption, searches use the old model

    def _keep_cursor(self, source_id: int, changes: SourceChanges | None, n_committed: int) -> None:
        cursor = None if changes is None else changes.cursor(n_committed)
        if cursor is not None:
            source_state.keep_cursor(self.store, source_id, cursor)

    def _encoding(self) -> Encoding:
        """Return the current encoding; in a new index, add that of the chosen model."""
        encoding = self.store.current_encoding()
        if encoding is not None:
            check_text_version(encoding, self.place)
            if self._portable and encoding.model_folder == SHARED:
                model = self._index_model(encoding)
                verify_model(encoding, model)
                self.store.place_model(encoding.id, copy_model(model, self.folder))
                encoding = self.store.encoding()
            return encoding
        if self._encoder is not None:
            target = encoding_of(self._encoder.name, self._encoder.fingerprint, self._encoder.dim, None)
        else:
            model = find_model(self._model or INDEX_MODEL)
            dim = load_encoder(model, engine="quick").dim
            target = encoding_of(model.name, model.fingerprint, dim, self._place_model(model))
        encoding = self.store.add_encoding(target, is_current=True)
        check_model(encoding, target.model, target.model_fingerprint, self.place)
        return encoding

    def _place_model(self, model: ModelFolder, is_copied: bool = False) -> str:
        """Return where the index has a model: a copy, or a reference to one that other machines find by its name."""
        if self._portable or is_copied or (self._model is not None and is_folder(self._model)):
            return copy_model(model, self.folder)
        return refer_to_model(model)

    def _index_model(self, encoding: Encoding) -> ModelFolder:
        """As `model_copy.index_model`; who writes an index may download its model."""
        return index_model(self.folder, encoding, download=True)

    def _drop_models(self, keep: Encoding) -> None:
        """As `model_copy.drop_models`."""
        drop_models(self.folder, keep=keep)

    def verified_model(self) -> ModelFolder:
        """Return the model that encodes new texts, whose files were compared with its fingerprint.

        Raises:
            ModelError: It cannot be found, or is damaged.
            EncoderMismatch: The index was built with a custom encoder, of which there is no copy.
        """
        encoding = self._encoding()
        model = self._index_model(encoding)
        verify_model(encoding, model)
        return model

    def _encode(self, encoding: Encoding, batch: Sequence[str], progress: Callable[[int], None]) -> Vectors:
        if self._bulk is None:
            model = self._index_model(encoding)  # the searcher downloads none
            if len(batch) <= _ONE_OFF:
                vectors = encode_in_company(self.searcher.retrieval.model.encoder(encoding), batch)
                self.searcher.retrieval.model.verify(encoding)
                progress(len(batch))
                return vectors
            verify_model(encoding, model)
            self._bulk = load_encoder(model)
        return encode_in_company(self._bulk, batch, progress)


def check_choice(writer: Writer, place: IndexPlace, model: str | None, encoder: Encoder | None) -> None:
    """Refuse a model or an encoder other than the one that built an index; a new index takes any.

    Raises:
        EncoderMismatch: It is another one.
        ModelError: The model cannot be found or is damaged.
    """
    with writer.watching():
        encoding = writer.current_encoding()
        if encoding is not None and encoder is not None:
            check_model(encoding, encoder.name, encoder.fingerprint, place)
        elif encoding is not None and model is not None:
            other = find_model(model)
            check_model(encoding, other.name, other.fingerprint, place)
