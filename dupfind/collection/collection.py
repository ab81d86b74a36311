"""Collection: encoder, database and index files kept in step; index records, search for a text."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dupfind.encoders.load import Encoder, load_encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.threads import n_cores
from dupfind.errors import TextError
from dupfind.ranking.features import Query
from dupfind.ranking.ranker import DEPTH, Ranker, can_judge
from dupfind.records import Record
from dupfind.results import Hit
from dupfind.search import bm25, hybrid
from dupfind.search.bm25 import Matches
from dupfind.search.hybrid import RankedRow, RankerChoice, Retrieved, UnindexedCandidate
from dupfind.search.lexicon import Lexicon
from dupfind.storage import decisions, duplicate_links, source_state, trained_models
from dupfind.storage.database import DATABASE
from dupfind.storage.model_copy import check_model, check_text_version, copied_model, verify_copy
from dupfind.storage.snapshot_rows import newest_generation
from dupfind.storage.snapshots import Snapshots
from dupfind.storage.store import Encoding, Filter, Store
from dupfind.text import composition
from dupfind.text.terms import terms
from dupfind.vectors.base import RowIds, Vectors
from dupfind.vectors.sets import distinct
from dupfind.vectors.title_body import concat

if TYPE_CHECKING:
    from dupfind.collection.writable import WritableCollection


class Collection:
    """A folder that holds an index: `dupfind.db`, which is the truth, snapshots, and the model that made it.

    One thread may use it at a time; several threads open it several times.
    """

    def __init__(self, folder: Path, store: Store, encoder: Encoder | None) -> None:
        """Use `Collection.open` or `Collection.create`."""
        self.folder = folder
        self.store = store
        self._given = encoder
        self._one_off: tuple[Encoding, ModelFolder, Encoder] | None = None
        # Two threads beside the one that encodes: on two cores a query's words and checksums cost next to nothing.
        self._beside = ThreadPoolExecutor(2, "beside")
        self._snapshots = Snapshots(folder / "snapshots", self._beside)

    @classmethod
    def open(cls, folder: str | Path, *, encoder: Encoder | None = None) -> Self:
        """Open an index for reading, also while another process writes to it.

        Args:
            folder: The index, such as ".dupfind".
            encoder: What encodes queries; None for the model that the index carries.

        Raises:
            StoreError: There is no index, it is damaged, or of another revision.
            EncoderMismatch: `encoder` is another model than the one that made the index.
        """
        path = Path(folder)
        store = Store.open(path / DATABASE)
        try:
            if encoder is not None:
                with store.reading():
                    check_model(store.encoding(), encoder.name, encoder.fingerprint, path)
            return cls(path, store, encoder)
        except BaseException:
            store.close()
            raise

    @classmethod
    def create(
        cls,
        folder: str | Path,
        *,
        model: str | Path | None = None,
        encoder: Encoder | None = None,
        rebuild: bool = False,
    ) -> "WritableCollection":
        """Open an index for writing, and make it where there is none; one process may at a time.

        Args:
            folder: The index, such as ".dupfind".
            model: Name or path of a sentence-transformers model; None for the one that the index has, and for
                all-MiniLM-L6-v2 in a new index.
            encoder: An encoder in place of a model; such an index asks for it again at every opening.
            rebuild: Whether the model may be another than the index's, because `rebuild` comes next.

        Raises:
            StoreLocked: Another process writes to it.
            StoreError: It cannot be made or upgraded.
            EncoderMismatch: The index was made with another model, or by another text recipe.
            ModelError: The model cannot be found or is damaged.
        """
        from dupfind.collection.writable import WritableCollection
        from dupfind.storage.writer import Writer

        path = Path(folder)
        writer = Writer.open(path / DATABASE)
        try:
            with writer.watching():
                return WritableCollection(path, writer, encoder, model, is_rebuild=rebuild)
        except BaseException:
            writer.close()
            raise

    def close(self) -> None:
        """Close the database, and let the next writer in."""
        self._beside.shutdown(wait=True, cancel_futures=True)
        self.store.close()

    def __enter__(self) -> Self:
        """Close at the end of a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def __len__(self) -> int:
        """How many live records there are."""
        with self.store.watching():
            return self.store.n_records()

    def find(self, id: str, *, project: str | None = None, source: str | None = None) -> list[Record]:
        """The records with this id, of one project and source or of any."""
        with self.store.reading():
            return [record for _, record in self.store.find(id, project=project, source=source)]

    def record(self, hit: Hit) -> Record | None:
        """What a hit stands for; None where a writer has taken it away since."""
        found = self.find(hit.id, source=hit.source)
        return next((record for record in found if record.project == hit.project), None)

    def projects(self) -> list[str]:
        """The projects that records belong to, in order; records of no project have none."""
        with self.store.reading():
            return self.store.projects()

    def newest(self) -> Record | None:
        """The live record that was indexed last, or None where there is none."""
        with self.store.reading():
            return self.store.newest()

    def summary(self) -> dict[str, Any]:
        """How many records there are, by which model, and the generation of the newest snapshot."""
        with self.store.reading():
            encoding = self.store.encoding()
            return {
                "records": self.store.n_records(),
                "model": encoding.model,
                "generation": newest_generation(self.store, encoding.id),
            }

    def info(self) -> dict[str, Any]:
        """All that `dupfind info` tells: the summary, the sources with their counts, sizes, the last runs."""
        summary = self.summary()
        with self.store.reading():
            sources = source_state.summaries(self.store)
            encoding = self.store.encoding()
            links = duplicate_links.links(self.store)
        return {
            "folder": str(self.folder),
            **summary,
            "calibration": self.calibration(),
            "recipe": encoding.text_version,
            "dim": encoding.dim,
            "marked_pairs": sum(source.marked_pairs for source in sources),
            "marked_clusters": len(links.clusters),
            "mark_cycles": len(links.cycles),
            "dead_marks": len(links.dead),
            "bytes": _n_bytes(self.folder),
            "sources": [asdict(source) for source in sources],
        }

    def calibration(self) -> str | None:
        """Where the verdicts' bands come from: "own", "shipped", or None, which says that there are none."""
        with self.store.reading():
            judge = self._judge(self.store.encoding())
        if judge.is_own:
            return "own"
        return "shipped" if judge.fits else None

    def search(
        self,
        query: str | Record,
        k: int = 10,
        *,
        min_score: float | None = None,
        state: str | None = None,
        project: str | None = None,
        source: str | None = None,
        before: datetime | None = None,
        fold: bool = False,
    ) -> list[Hit]:
        """Find the records that say the same as a text, nearest first.

        Vectors and word search each propose 200 of the records that pass the filters; their joint order does
        not depend on `k`.

        Args:
            query: A text, whose first line is its title and the rest its body; or a record. A record of the index is
                not among its own hits, nor is what a person has called different from it.
            k: Hits wanted, at least 1.
            min_score: Cosine similarity below which a record is no hit.
            state: "open" or "closed": only records in this state.
            project: Only records of this project.
            source: Only records of this source.
            before: Only records created before this moment; those of unknown date are left out.
            fold: Show only the best hit of each cluster that a tracker marks, with the ids of the others that were
                met on the way to k hits.

        Raises:
            TextError: The query has no word in it.
            StoreError: The index cannot be read.
            ModelError: The index's model is gone.
        """
        if k < 1:
            raise ValueError(f"k is {k}, but must be at least 1")
        record = as_record(query)
        text = composition.compose(record, self.store.boilerplate())
        if not text.title:
            raise TextError("the query has no word in it: give a title or a text")
        with self.store.reading():
            encoding = self.store.encoding()
            check_text_version(encoding, self.folder)
            wanted = Filter(state, project, source, before)
            allowed = None if wanted.is_open else self.store.allowed(wanted)
            own = self._own_rows(record)
            unwanted = distinct(own, decisions.rejected_by(self.store, record)) if record.source else own
            [(encoded, legs)] = self._legs(
                encoding, [text], allowed, unwanted, Lexicon(self.store.connection)
            )
            about = Query(encoded[0], encoded[1], terms(text), encoding.title_weight)
            judge = self._judge(encoding)
            return self._shown(judge, record, about, legs, own, k, min_score, before, fold)

    def _shown(
        self,
        judge: RankerChoice,
        record: Record,
        about: Query,
        legs: Retrieved,
        own: RowIds,
        k: int,
        min_score: float | None,
        before: datetime | None,
        fold: bool,
    ) -> list[Hit]:
        """The first k hits for a record, out of what both legs found; in the same read transaction."""
        ranked = hybrid.ranked(self.store, legs, about, judge, own, record.created or before)
        threshold = -1 if min_score is None else min_score
        groups = hybrid.grouped(
            (row for row in ranked if row.score >= threshold),
            takewhile(lambda row: row.score >= threshold, legs.rest(k)),
            duplicate_links.links(self.store).canonical_of if fold else {},
            k,
        )
        return self._hits(groups)

    def search_together(
        self, records: Sequence[Record], k: int = 10, *, fold: bool = False
    ) -> list[list[tuple[Hit, int | None]]]:
        """Find for each of some records what says the same, in the index and among those before it in the list.

        A record stands for what the index has under its name: so a pair of them is found once, and none is its own
        hit. Nor is what a person has called different from it. All texts are encoded at once.

        Args:
            records: The older ones first.
            k: Hits wanted of each, at least 1; only what the legs of the search propose is one.
            fold: Show only the best hit of each cluster that a tracker marks.

        Returns:
            The hits of each record, likeliest first; none where it has no word in it. Beside each hit stands the
            place of its record in the list, None where it is in the index.

        Raises:
            StoreError: The index cannot be read.
            ModelError: The index's model is gone.
        """
        boilerplate = self.store.boilerplate()
        composed = [composition.compose(record, boilerplate) for record in records]
        asked = [place for place, text in enumerate(composed) if text.title]
        hits: list[list[tuple[Hit, int | None]]] = [[] for _ in records]
        before: list[tuple[int, UnindexedCandidate]] = []
        with self.store.reading():
            encoding = self.store.encoding()
            check_text_version(encoding, self.folder)
            judge, root = (
                self._judge(encoding),
                duplicate_links.links(self.store).canonical_of if fold else {},
            )
            own = np.array([row for record in records for row in self._own_rows(record)], dtype=np.int64)
            lexicon = Lexicon(self.store.connection)
            texts_asked = [composed[place] for place in asked]
            found = self._legs(encoding, texts_asked, None, own, lexicon) if asked else []
            for place, (encoded, legs) in zip(asked, found, strict=True):
                record, text = records[place], composed[place]
                if record.source:
                    rejected = decisions.rejected_by(self.store, record)
                    legs = replace(legs, unwanted=distinct(legs.unwanted, rejected))
                draft = UnindexedCandidate(
                    record, text, Query(encoded[0], encoded[1], terms(text), encoding.title_weight)
                )
                # Without a source an id is no name: `1` of one folder is another issue than `1` of the next.
                others = [
                    (at, other) for at, other in before if not record.source or other.name != draft.name
                ]
                unindexed = (
                    hybrid.unindexed_features(lexicon, draft, [other for _, other in others])
                    if others
                    else None
                )
                ranked = hybrid.ranked(self.store, legs, draft.query, judge, own, record.created, unindexed)
                groups = hybrid.grouped(ranked, (), root, k)
                found_in = [None if best.row_id > 0 else others[-1 - best.row_id][0] for best, *_ in groups]
                shown = self._hits(groups, [other.record for _, other in others])
                hits[place] = list(zip(shown, found_in, strict=True))
                before.append((place, draft))
        return hits

    def can_judge(self, query: str | Record) -> bool:
        """Whether a text has enough words to say that it is a duplicate, or none."""
        text = composition.compose(as_record(query), self.store.boilerplate())
        return can_judge(terms(text))

    def ranker(self) -> tuple[Ranker, bool]:
        """What orders the candidates, and whether it was calibrated on this index's own labels.

        Raises:
            RankerError: The calibration is of another dupfind, or damaged.
        """
        with self.store.reading():
            return self._ranker(self.store.encoding())

    def _ranker(self, encoding: Encoding) -> tuple[Ranker, bool]:
        document = self.store.calibration(encoding.id)
        if document is None:
            return trained_models.ranker_for(self.store, encoding.model_fingerprint), False
        return Ranker.from_json(document), True

    def _judge(self, encoding: Encoding) -> RankerChoice:
        ranker, is_own = self._ranker(encoding)
        return RankerChoice(
            ranker, is_own, is_own or ranker.fits(encoding.model_fingerprint, encoding.text_version)
        )

    def _legs(
        self,
        encoding: Encoding,
        composed: Sequence[composition.ComposedText],
        allowed: RowIds | None,
        unwanted: RowIds,
        lexicon: Lexicon,
    ) -> list[tuple[Vectors, Retrieved]]:
        """For each text its embeddings (2, dim), of the title and of the whole, and what both legs find with it."""
        opened = self._snapshots.opened(self.store, encoding)
        n_wanted = DEPTH + len(unwanted)
        # Until the words are found the connection belongs to their thread.
        found_words = self._begin_words(composed, lexicon)
        try:
            parts = list(dict.fromkeys(part for text in composed for part in (text.title, text.whole)))
            encoded = dict(zip(parts, self._query_model(encoding).encode(parts), strict=True))
            pairs = np.stack([[encoded[text.title], encoded[text.whole]] for text in composed])  # (n, 2, dim)
            vectors = concat(pairs[:, 0], pairs[:, 1], encoding.title_weight)
            view, nearest = opened.view, opened.nearest(vectors, n_wanted, allowed)
        finally:
            lexical = found_words()
        if nearest is None:
            view, nearest = self._snapshots.nearest(self.store, encoding, vectors, n_wanted, allowed)
        self._confirm(encoding)
        return [
            (
                pair,
                Retrieved(
                    view, vectors[place : place + 1], allowed, unwanted, nearest[place], *lexical[place]
                ),
            )
            for place, pair in enumerate(pairs)
        ]

    def _begin_words(
        self, composed: Sequence[composition.ComposedText], lexicon: Lexicon
    ) -> Callable[[], list[Matches]]:
        """Search words beside what comes next, and give what waits for them."""
        return self._beside.submit(bm25.search, lexicon, composed).result

    def _own_rows(self, record: Record) -> RowIds:
        """The row of an indexed record, which is not its own duplicate."""
        found = self.store.find(record.id, source=record.source) if record.source else []
        return np.array([row for row, other in found if other.ref == record.ref], dtype=np.int64)

    def _hits(self, shown: list[list[RankedRow]], beside: Sequence[Record] = ()) -> list[Hit]:
        """Clusters as hits; `unindexed` are the records of the row ids -1, -2, ..."""
        records = self.store.records(hit.row_id for group in shown for hit in group if hit.row_id > 0)
        records |= {-1 - place: record for place, record in enumerate(beside)}
        hits = []
        for rank, group in enumerate(shown, start=1):
            best = group[0]
            record = records[best.row_id]
            hits.append(
                Hit(
                    rank=rank,
                    id=record.id,
                    source=record.source,
                    project=record.project,
                    title=record.title,
                    state=record.state,
                    url=record.url,
                    created=record.created,
                    score=best.score,
                    lexical=round(best.lexical, 6),
                    probability=best.probability,
                    verdict=best.verdict,
                    duplicate_of=record.duplicate_of[0].id if record.duplicate_of else None,
                    folded=tuple(records[other.row_id].id for other in group[1:]),
                )
            )
        return hits

    def _query_model(self, encoding: Encoding) -> Encoder:
        """The model, in the engine that starts at once; `_confirm` tells later whether its files are whole."""
        if self._given is not None:
            return self._given
        if self._one_off is None or self._one_off[0] != encoding:
            model = copied_model(self.folder, encoding)
            threads = max(1, n_cores() - 1)  # one core has the words to search
            self._one_off = (encoding, model, load_encoder(model, engine="quick", threads=threads))
            self._beside.submit(lambda: model.manifest)  # hashes its files
        return self._one_off[2]

    def _confirm(self, encoding: Encoding) -> None:
        """Refuse what `_query_model` gave where its files, hashed meanwhile, are not those of the index."""
        if self._one_off is not None:
            verify_copy(encoding, self._one_off[1])


def _n_bytes(folder: Path) -> int:
    """The size of a folder's files; a writer may take some of them away meanwhile."""
    n_bytes = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                n_bytes += os.stat(os.path.join(place, name)).st_size
    return n_bytes


def as_record(query: str | Record) -> Record:
    """A query as a record: of a text the first line is the title."""
    if isinstance(query, Record):
        return query
    title, _, body = query.strip().partition("\n")
    return Record(id="", title=title, body=body)
