"""The source of a query that is a record of the index, where the caller does not name it."""

from dataclasses import replace
from typing import TypeVar

from dupfind.collection.options import DEFAULT_SOURCE
from dupfind.records import Record
from dupfind.storage.store import Store
from dupfind.storage.stored_form import stored_text

TextOrRecord = TypeVar("TextOrRecord", str, Record)


def with_indexed_source(store: Store, query: TextOrRecord) -> TextOrRecord:
    """Return a query; a record without a source gets that of the indexed record that it is.

    It is the record of the same id and project from `DEFAULT_SOURCE`, else the first with the same title and body.

    Args:
        store: Outside of a transaction.
        query: A text, or a record that may be indexed.

    Raises:
        StoreError: The index cannot be read.
    """
    if isinstance(query, str) or query.source or not query.id:
        return query
    ref, text = stored_text(query)
    with store.reading():
        same_name = [other for _, other in store.find(ref.id) if other.ref == ref]
    own = [other for other in same_name if other.source == DEFAULT_SOURCE] or [
        other for other in same_name if (other.title, other.body) == text
    ]
    return replace(query, source=own[0].source) if own else query
