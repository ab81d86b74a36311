"""Find issues and questions that describe the same thing in other words."""

from typing import TYPE_CHECKING, Any

from dupfind.errors import DupfindError
from dupfind.records import Record, Ref
from dupfind.results import Hit, IndexRun
from dupfind.version import __version__

if TYPE_CHECKING:
    from dupfind.collection.collection import Collection


__all__ = ["Collection", "DupfindError", "Hit", "IndexRun", "Record", "Ref", "__version__"]


def __getattr__(name: str) -> Any:
    """Import Collection at its first use, because it imports numpy."""
    if name == "Collection":
        from dupfind.collection.collection import Collection

        return Collection
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
