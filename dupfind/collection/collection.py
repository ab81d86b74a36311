"""The public class of an index that is open for reading and for search."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

from dupfind.collection.hits import Hits
from dupfind.collection.index_info import folder_size, index_contents, index_summary
from dupfind.collection.indexed_source import with_indexed_source
from dupfind.collection.options import (
    checked_k,
    checked_mode,
    checked_moment,
    checked_name,
    checked_share,
    checked_state,
    search_options,
)
from dupfind.encoders.load import Encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import DupfindError, TextError
from dupfind.ranking.ranker import can_judge
from dupfind.records import Record
from dupfind.results import Hit
from dupfind.search.match import SearchRequest, as_record
from dupfind.search.pipeline import Searcher
from dupfind.search.ranker_choice import RankerChoice
from dupfind.storage.database import DATABASE
from dupfind.storage.database_url import DatabaseUrl, IndexPlace, index_place
from dupfind.storage.model_copy import check_model, index_model
from dupfind.storage.row_filter import Filter
from dupfind.storage.store import Store
from dupfind.text.composition import compose_query
from dupfind.text.terms import terms
from dupfind.verdict.bands import BALANCED, STRICT

if TYPE_CHECKING:
    from dupfind.check.results import CheckResults
    from dupfind.collection.writable import WritableCollection
    from dupfind.dedup.report import Report
    from dupfind.tables.columns import Columns
    from dupfind.tables.record_reader import Data

N_THREADS = 2
"""Threads for the word search and for checksums, while the caller's thread encodes."""

_BLOCK = 1_000  # records that are in memory while all are read


class Collection:
    """A folder that holds an index: the database `dupfind.db`, snapshots of its vectors, and a copy of the model.

    One thread may use it at a time; open it once for each thread.
    """

    place: IndexPlace
    """The index's folder, or the URL of its database."""

    def __init__(self, folder: Path, store: Store, searcher: Searcher, threads: ThreadPoolExecutor) -> None:
        """Hold the parts of an open index; use `Collection.open` or `Collection.create`.

        Args:
            folder: The index.
            store: Its database; closed with the collection.
            searcher: Searches it.
            threads: The threads that the searcher's parts use; shut down with the collection.
        """
        self.folder = folder
        self.place = folder
        self.store = store
        self.searcher = searcher
        self._threads = threads

    @classmethod
    def open(cls, folder: str | Path | DatabaseUrl, *, encoder: Encoder | None = None) -> "Collection":
        """Open an index for reading, also while another process writes to it.

        Args:
            folder: The index, such as ".dupfind" or "postgresql://user@host/database".
            encoder: Encodes queries; None for the index's own model.

        Raises:
            StoreError: There is no index, it is damaged, or another version of dupfind made it.
            EncoderMismatch: `encoder` is not the model that made the index.
        """
        path = index_place(folder)
        if isinstance(path, DatabaseUrl):
            from dupfind.collection.shared import SharedCollection

            return SharedCollection.connect(path, encoder)
        store = Store.open(path / DATABASE)
        try:
            if encoder is not None:
                with store.reading():
                    check_model(store.encoding(), encoder.name, encoder.fingerprint, path)
        except BaseException:
            store.close()
            raise
        threads = ThreadPoolExecutor(N_THREADS, "search")
        return cls(path, store, Searcher.on_disk(path, store, encoder, threads), threads)

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
        """Open an index for writing, and create it if it does not exist; see `WritableCollection.create`."""
        # Imported here: readers do without what writing needs.
        from dupfind.collection.writable import WritableCollection

        return WritableCollection.create(
            folder, model=model, encoder=encoder, rebuild=rebuild, portable=portable
        )

    def close(self) -> None:
        """Close the database; a writer also releases its lock."""
        # Threads first: a word search may still read the database.
        self._threads.shutdown(wait=True, cancel_futures=True)
        self.store.close()

    def __enter__(self) -> Self:
        """Close at the end of a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def __len__(self) -> int:
        """Return the number of live records."""
        with self.store.watching():
            return self.store.n_records()

    def __iter__(self) -> Iterator[Record]:
        """Yield the live records in the order of their indexing; records that are deleted meanwhile are left out."""
        with self.store.reading():
            row_ids = self.store.allowed(Filter()).tolist()
        for start in range(0, len(row_ids), _BLOCK):
            with self.store.reading():
                live = set(self.store.allowed(Filter()).tolist())
                block = [row_id for row_id in row_ids[start : start + _BLOCK] if row_id in live]
                records = self.store.records(block)
            yield from (records[row_id] for row_id in block)

    def __repr__(self) -> str:
        """Return the folder and the number of records."""
        try:
            size = f"{len(self):,} records"
        except DupfindError:
            size = "closed, or not readable"
        return f"<{type(self).__name__} {str(self.place)!r}: {size}>"

    def find(self, id: str | int, *, project: str | None = None, source: str | None = None) -> list[Record]:
        """Return the records with an id, of one project and source or of any, in order of source and project.

        A number may have a "#" in front, as answers show it.

        Raises:
            DupfindError: The id is no text and no number, a name is no text, or the index cannot be read.
        """
        name = id if type(id) is str else _reader().record_id(id)
        project, source = checked_name(project, "project"), checked_name(source, "source")
        with self.store.reading():
            found = self.store.find(name, project=project, source=source)
            if not found and name.startswith("#") and name[1:].isdigit():
                found = self.store.find(name[1:], project=project, source=source)
            return [record for _, record in found]

    def record(self, hit: Hit) -> Record | None:
        """Return the record of a hit, or None if it has been deleted since the search."""
        records = self.find(hit.id, source=hit.source)
        own = (hit.id, hit.project)
        return next((record for record in records if (record.id, record.project) == own), None)

    def projects(self) -> list[str]:
        """Return the projects of the records, in order; records without a project add nothing."""
        with self.store.reading():
            return self.store.projects()

    def newest(self) -> Record | None:
        """Return the live record that was indexed last, or None in an index without records."""
        with self.store.reading():
            return self.store.newest()

    def summary(self) -> dict[str, Any]:
        """Return the number of records, the model's name, the newest snapshot's generation, and the time of reading.

        Raises:
            StoreError: Nothing has been indexed yet.
        """
        with self.searcher.begin() as facts:
            return index_summary(self.store, facts)

    def info(self) -> dict[str, Any]:
        """Return the values of `dupfind info`: the summary, the sources with counts, links, size and last runs."""
        summary = self.summary()
        with self.store.reading():
            contents = index_contents(self.store)
        about = {"folder": str(self.place), **summary, "calibration": self.calibration()}
        return {**about, **contents, "bytes": self._n_bytes()}

    def _n_bytes(self) -> int:
        return folder_size(self.folder)

    def model(self) -> ModelFolder:
        """Return the files of the index's own model, which are not verified.

        Raises:
            ModelError: They are gone.
            EncoderMismatch: The index was built with a custom encoder, of which there is no copy.
        """
        with self.store.reading():
            return index_model(self.folder, self.store.encoding())

    def calibration(self) -> str | None:
        """Return where the thresholds of verdicts come from: "own", "shipped", or None if no verdict is given."""
        choice = self.choice()
        if choice.is_own:
            return "own"
        return "shipped" if choice.fits else None

    def choice(self) -> RankerChoice:
        """Return the ranker and the verdict's model, and whether both were calibrated on this index's own labels.

        Raises:
            RankerError: The calibration is of another version of dupfind, or damaged.
        """
        with self.store.reading():
            return RankerChoice.of(self.store, self.store.encoding())

    def search(
        self,
        query: str | Record | Mapping[str, Any],
        k: int = 10,
        *,
        min_score: float | None = None,
        state: str | None = None,
        project: str | None = None,
        source: str | None = None,
        before: datetime | date | str | None = None,
        fold: bool = False,
        verdicts: str = BALANCED,
    ) -> Hits:
        """Find the records that most likely describe the same as a text, likeliest first.

        Vector search and word search each propose the 200 best records that pass the filters. They are ordered by
        their probability and, where that is equal, by the ranker. The order does not depend on `k`; the other records
        follow by their scores.

        Args:
            query: A text, whose first line is its title and the rest its body; or a record, or a dict of its fields.
                An indexed record is not among its own hits, nor are records that a person called different from it.
                A record without a source is the indexed one of the same id if it is from `index` without a source, or
                has the same title and body.
            k: Number of hits, at least 1.
            min_score: Cosine similarity below which a record is no hit.
            state: "open" or "closed": only records in this state; "all" or None for any.
            project: Only records of this project.
            source: Only records of this source.
            before: Only records created before this moment; records without a creation time are left out.
            fold: Return only the best hit of each cluster that a tracker marks; it names the other rows of the
                cluster that were read before k hits were full.
            verdicts: How readily "possible" is said, one of `verdict.bands.MODES`.

        Returns:
            A list of hits, which also has `to_dicts`, `to_arrow` and a table for notebooks.

        Raises:
            TextError: The query has no word.
            DupfindError: An option, or a value in the query, is not one of those above, or the index has no such
                project or source.
            StoreError: The index cannot be read.
            ModelError: The index's model is gone.
        """
        text = query if type(query) is str else with_indexed_source(self.store, _reader().query(query))
        options = search_options(k, min_score, state, project, source, before, fold, verdicts)
        hits = Hits(self.searcher.search(SearchRequest(text, **options)).hits)
        if not hits:
            _check_names(self, project, source)
        return hits

    def search_each(
        self,
        queries: "Data",
        k: int = 10,
        *,
        columns: "Columns | None" = None,
        min_score: float | None = None,
        state: str | None = None,
        project: str | None = None,
        source: str | None = None,
        before: datetime | date | str | None = None,
        fold: bool = False,
        verdicts: str = BALANCED,
    ) -> list[Hits]:
        """Search for each of many texts; they are encoded together, which is faster than one by one.

        Args:
            queries: A list of texts, records or dicts, or a DataFrame.
            k: As for `search`.
            columns: The columns of a table that hold the texts; see `tables.columns.Columns`.
            min_score: As for `search`, like the other options.
            state: As for `search`.
            project: As for `search`.
            source: As for `search`.
            before: As for `search`.
            fold: As for `search`.
            verdicts: As for `search`.

        Returns:
            The hits of each query, in their order; none for a query without a word.

        Raises:
            DupfindError: As `search`.
        """
        options = search_options(k, min_score, state, project, source, before, fold, verdicts)
        requests = [
            SearchRequest(with_indexed_source(self.store, query), **options)
            for query in _reader().queries(queries, columns)
        ]
        responses = self.searcher.search_each(requests) if requests else []
        found = [Hits() if isinstance(response, TextError) else Hits(response.hits) for response in responses]
        if not any(found):
            _check_names(self, project, source)
        return found

    def check(
        self, issues: "Data", *, columns: "Columns | None" = None, k: int = 3, verdicts: str = BALANCED
    ) -> "CheckResults":
        """Compare new issues or texts with the index and with each other, as `dupfind check` does.

        Args:
            issues: A text, a record, a list of texts, records or dicts, or a DataFrame. Give records their source if
                the index has it: then no indexed record is its own duplicate.
            columns: The columns of a table; see `tables.columns.Columns`.
            k: Originals of each issue, at most.
            verdicts: How readily "possible" is said, one of `verdict.bands.MODES`.

        Returns:
            One result an issue, in their order. Each has a `verdict` and `originals`.

        Raises:
            DupfindError: An option or a value is wrong, or the index cannot be read.
        """
        # Imported here: a search does without it.
        from dupfind.check import gate
        from dupfind.check.results import CheckResults

        listed = [issues] if isinstance(issues, str | Record) else issues
        records = [
            with_indexed_source(self.store, record)
            for record in _reader().records(listed, columns, has_ids=False)
        ]
        return CheckResults(gate.check(self, records, k=checked_k(k), verdicts=checked_mode(verdicts)))

    def report(
        self,
        *,
        min_score: float | None = None,
        min_probability: float | None = None,
        state: str | None = None,
        project: str | None = None,
        source: str | None = None,
        since: datetime | date | str | None = None,
        across: bool = False,
        include_known: bool = False,
        limit: int | None = None,
        verdicts: str | None = None,
        max_pairs: int | None = None,
    ) -> "Report":
        """Find the duplicate clusters of the whole index, as `dupfind report` does.

        Args:
            min_score: Cosine similarity at or above which two records are a pair; None for `dedup.defaults.MIN_SCORE`.
            min_probability: Probability at or above which a pair counts; None for that of `verdicts`.
            state: Only records in this state.
            project: Only records of this project.
            source: Only records of this source.
            since: Only pairs with a record created at or after this time.
            across: Only pairs of records from two sources; `source` and `project` then choose one side.
            include_known: Also clusters that the tracker marks already.
            limit: The largest number of clusters; None for all.
            verdicts: How readily a pair is shown; None for "strict", like the command.
            max_pairs: Pairs that are accepted; None for `dedup.defaults.MAX_PAIRS`.

        Returns:
            The report: `clusters`, and `to_dicts`, `to_arrow`, `pairs` and a table for notebooks.

        Raises:
            DupfindError: An option is wrong, the index has no such project or source, there are too many pairs, or
                the index cannot be read.
        """
        from dupfind.dedup.defaults import MAX_PAIRS, MIN_SCORE
        from dupfind.dedup.report import Parameters
        from dupfind.dedup.report_builder import build_report

        lowest = checked_share(min_score, "min_score")
        parameters = Parameters(
            min_score=MIN_SCORE if lowest is None else lowest,
            min_probability=checked_share(min_probability, "min_probability", low=0),
            state=checked_state(state),
            project=checked_name(project, "project"),
            source=checked_name(source, "source"),
            since=checked_moment(since, "since"),
            limit=None if limit is None else checked_k(limit, "limit"),
            include_known=include_known,
            across=across,
            verdicts=BALANCED if verdicts is None else checked_mode(verdicts),
            shown=STRICT if verdicts is None else verdicts,
        )
        most = MAX_PAIRS if max_pairs is None else checked_k(max_pairs, "max_pairs")
        _check_names(self, project, source)
        report, _ = build_report(self, parameters, max_pairs=most)
        return report

    def search_together(
        self, records: Sequence[Record], k: int = 10, *, fold: bool = False
    ) -> list[list[tuple[Hit, int | None]]]:
        """Search for each record of a list, in the index and among the records before it in the list.

        A record replaces the indexed record of the same name: each pair is found once, and no record is its own
        hit. Records that a person called different are no hits either. All texts are encoded at once.

        Args:
            records: Older ones first.
            k: Number of hits of each record, at least 1; only candidates of vector or word search are hits.
            fold: Return only the best hit of each cluster that a tracker marks.

        Returns:
            The hits of each record, likeliest first; none where the record has no word. With each hit the place of
            its record in the list, or None if it is an indexed record.

        Raises:
            StoreError: The index cannot be read.
            ModelError: The index's model is gone.
        """
        responses = self.searcher.search_together(records, k, fold=fold)
        return [[(match.hit, match.place) for match in response.matches] for response in responses]

    def can_judge(self, query: str | Record | Mapping[str, Any]) -> bool:
        """Return whether a text has enough words for a verdict."""
        record = as_record(_reader().query(query))
        return can_judge(terms(compose_query(record, self.store.boilerplate())))


def _check_names(collection: Collection, project: str | None, source: str | None) -> None:
    """Refuse a project or a source that the index does not have."""
    if project is None and source is None:
        return
    from dupfind.collection.filters import check_names

    check_names(collection, project, source)


def _reader() -> ModuleType:
    """Return the module that takes ordinary values; a text is searched for without it, which starts sooner."""
    from dupfind.tables import record_reader

    return record_reader
