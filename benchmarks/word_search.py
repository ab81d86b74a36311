"""Time the first word search of a process by the segments of an index, and by FTS5, and compare their hits.

`--times` repeats the segments, as if the index had so many times its records; FTS5 has the index as it is.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from common import DATA, emit, issues

from dupfind.records import Record
from dupfind.search import bm25
from dupfind.search.bm25 import WordHits
from dupfind.search.lexicon import Lexicon, trace_rarity
from dupfind.search.segmented_postings import SegmentedPostings
from dupfind.storage import snapshot_rows
from dupfind.storage.database import DATABASE
from dupfind.storage.store import Store
from dupfind.storage.word_segments import LiveSegment, WordSegments
from dupfind.text.composition import compose
from dupfind.text.indexed_words import IndexedWords, indexed_words


def main() -> None:
    """Search for issues that are not in the index, each with nothing in memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--queries", type=int, default=20)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    store = Store.open(arguments.index / DATABASE)
    with store.reading():
        files = snapshot_rows.word_files(store, store.encoding().id)
        n_rows = sum(each.n_rows for each in files)
        rows = list(issues("titanium", "dev", arguments.data))
        rows = rows[:: max(1, len(rows) // arguments.queries)][: arguments.queries]
        boilerplate = store.boilerplate()
        asked = []
        for row in rows:
            for body in ("", row["body"] or ""):
                issue = Record(id="", title=row["title"] or "x", body=body)
                asked.append(indexed_words(issue, compose(issue, boilerplate)))
        times: dict[str, list[float]] = {
            "segments_title": [],
            "segments_whole": [],
            "fts5_title": [],
            "fts5_whole": [],
        }
        n_equal = 0
        folder = arguments.index / "snapshots"
        for number, words in enumerate(asked):
            part = "whole" if number % 2 else "title"
            by_segments = timed(times[f"segments_{part}"], partial(once, store, folder, words, 1))
            by_fts5 = timed(times[f"fts5_{part}"], partial(by_lists, store, words))
            n_equal += bool(
                np.array_equal(by_segments.rows, by_fts5.rows)
                and np.array_equal(by_segments.scores, by_fts5.scores)
            )
            if arguments.times > 1:
                name = f"segments_{part}_of_{arguments.times * n_rows}"
                timed(times.setdefault(name, []), partial(once, store, folder, words, arguments.times))
        emit(
            "word_search",
            records=n_rows,
            bytes_each=round(sum(each.file.bytes for each in files) / max(1, n_rows), 1),
            queries=len(asked),
            equal=n_equal,
            median_cpu_ms={name: round(statistics.median(each), 1) for name, each in times.items()},
        )
    store.close()


def timed(times: list[float], search: Callable[[], WordHits]) -> WordHits:
    """Return the hits of a search, and note its processor time in milliseconds."""
    started = time.process_time()
    hits = search()
    times.append(1000 * (time.process_time() - started))
    return hits


def by_lists(store: Store, words: IndexedWords) -> WordHits:
    """Search FTS5's lists once."""
    [hits] = bm25.search(Lexicon(store.connection), [words])
    return hits


def once(store: Store, folder: Path, words: IndexedWords, times: int) -> WordHits:
    """Open the segments, each `times` times, and search them once."""
    files = WordSegments(folder)
    segments = files.live(store)
    if segments is None:
        raise SystemExit(f"{folder} has no segments for all words: run `dupfind index`")
    postings = SegmentedPostings.of(files, repeated(segments, times))
    lexicon = Lexicon(store.connection, postings)
    chosen = lexicon.informative(words, len(postings))
    return postings.scores(chosen, trace_rarity(lexicon.words(words), len(postings)))


def repeated(segments: Sequence[LiveSegment], times: int) -> list[LiveSegment]:
    """Return segments several times, with new row ids."""
    last = segments[-1].segment.last
    return [
        LiveSegment(
            replace(
                segment,
                first=segment.first + number * last,
                last=segment.last + number * last,
                row_ids=segment.row_ids + number * last,
            ),
            live,
        )
        for number in range(times)
        for segment, live in segments
    ]


if __name__ == "__main__":
    main()
