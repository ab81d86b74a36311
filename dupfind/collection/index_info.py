"""The facts about an index that `Collection.summary` and `Collection.info` return."""

import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dupfind.search.record_facts import RecordFacts
from dupfind.storage import duplicate_links, hidden_rows, source_state
from dupfind.storage.snapshot_rows import newest_generation
from dupfind.storage.store import Store


def index_summary(store: Store, facts: RecordFacts) -> dict[str, Any]:
    """Return `Collection.summary`.

    Args:
        store: In a read transaction.
        facts: Of that transaction.

    Raises:
        StoreError: Nothing has been indexed yet.
    """
    encoding = store.encoding()
    return {
        "records": facts.n_records(),
        "model": encoding.model,
        "generation": newest_generation(store, encoding.id),
        "read_at": source_state.read_at(store),
    }


def index_contents(store: Store) -> dict[str, Any]:
    """Return what `Collection.info` adds to the summary, but for the size: text version, marks and sources.

    Args:
        store: In a read transaction.

    Raises:
        StoreError: Nothing has been indexed yet.
    """
    sources = source_state.summaries(store)
    encoding = store.encoding()
    links = duplicate_links.links(store)
    return {
        "recipe": encoding.text_version,
        "dim": encoding.dim,
        "marked_pairs": sum(source.marked_pairs for source in sources),
        "marked_clusters": len(links.clusters),
        "mark_cycles": len(links.cycles),
        "dead_marks": len(links.dead),
        "shared": hidden_rows.n_shared(store),
        "sources": [asdict(source) for source in sources],
    }


def folder_size(folder: Path) -> int:
    """Return the size of a folder's files in bytes; a writer may delete some of them meanwhile."""
    n_bytes = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                n_bytes += os.stat(os.path.join(place, name)).st_size
    return n_bytes
