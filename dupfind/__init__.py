"""Find issues and questions that describe the same thing in other words.

    import dupfind

    result = dupfind.dedupe(frame, columns="question", threshold=0.8)  # rows of a DataFrame, or a list of texts
    result.selected, result.duplicates, result.pairs, result.at(0.9)

    with dupfind.index(frame, "my-index") as collection:   # a DataFrame, or a list of dicts, texts or Records
        collection.search("crash at start", k=5)           # hits
        collection.check(["It crashes when I start it"])   # new texts against the index and each other
        collection.report()                                # all duplicates

    with dupfind.Collection.open("my-index") as collection:  # read-only
        collection.search("crash at start").to_dicts()

Every error that dupfind raises on purpose is a `DupfindError`. docs/python.md shows the whole interface.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dupfind.errors import DupfindError
from dupfind.records import Record, Ref
from dupfind.results import Hit, IndexRun
from dupfind.version import __version__

if TYPE_CHECKING:
    from dupfind.check.results import CheckResult, CheckResults
    from dupfind.collection.collection import Collection
    from dupfind.collection.hits import Hits
    from dupfind.collection.shortcuts import dedupe, index
    from dupfind.collection.writable import WritableCollection
    from dupfind.dedup.deduplication import Deduplication
    from dupfind.dedup.report import Report


__all__ = [
    "CheckResult",
    "CheckResults",
    "Collection",
    "Deduplication",
    "DupfindError",
    "Hit",
    "Hits",
    "IndexRun",
    "Record",
    "Ref",
    "Report",
    "WritableCollection",
    "__version__",
    "dedupe",
    "index",
]

_HOMES = {
    "CheckResult": "check.results",
    "CheckResults": "check.results",
    "Collection": "collection.collection",
    "Deduplication": "dedup.deduplication",
    "Hits": "collection.hits",
    "Report": "dedup.report",
    "WritableCollection": "collection.writable",
    "dedupe": "collection.shortcuts",
    "index": "collection.shortcuts",
}


def __getattr__(name: str) -> Any:
    """Import what needs numpy at its first use."""
    if name in _HOMES:
        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, so that `help(dupfind)` shows them all."""
    return __all__
