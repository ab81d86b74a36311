"""The result of one check of `dupfind doctor`, and the checks that any index takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dupfind.clustering.marked_clusters import MarkedClusters
    from dupfind.records import RecordName
    from dupfind.storage.store import Store


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """The result of one check.

    Attributes:
        about: The subject, such as "sqlite".
        state: "ok", "note" (works, but could be better) or "bad".
        found: The present condition.
        remedy: The way to repair it; "" if nothing needs repair.
    """

    about: str
    state: str
    found: str
    remedy: str = ""


def contents(store: "Store") -> Iterator[Diagnostic]:
    """Check the marks, the boilerplate, the languages and the verdicts of an index; inside a read transaction."""
    from dupfind.storage import duplicate_links

    yield from _verdicts(store)
    yield from _marks(duplicate_links.links(store))
    yield from _boilerplate(store)
    yield from _languages(store)


def _verdicts(store: "Store") -> Iterator[Diagnostic]:
    from dupfind.errors import RankerError
    from dupfind.search.ranker_choice import RankerChoice

    try:
        RankerChoice.of(store, store.encoding())
    except RankerError as error:
        yield Diagnostic("verdicts", "bad", str(error), "follow the message")


def trainings(path: Path) -> Iterator[Diagnostic]:
    """Name the trainings in a folder that were interrupted."""
    from dupfind.storage.trained_models import FOLDER
    from dupfind.training import checkpoints

    for training in checkpoints.interrupted(path / FOLDER):
        yield Diagnostic(
            "training",
            "note",
            f"{training.path} has the checkpoints of a training that has not finished,"
            f" {training.n_bytes / 1e6:,.1f} MB",
            "run the same `dupfind train` again to finish it; `dupfind doctor --compact` removes them a day after"
            " their last change",
        )


def _marks(links: "MarkedClusters") -> Iterator[Diagnostic]:
    n_marked = len(links.canonical_of) - len(links.clusters)
    yield Diagnostic("marked duplicates", "ok", f"{n_marked:,} in {len(links.clusters):,} clusters")
    if links.cycles:
        cycles = [" / ".join(_id(links.names[row]) for row in cycle) for cycle in links.cycles]
        yield Diagnostic(
            "marks in a cycle",
            "note",
            f"{len(cycles):,}: {first(cycles)}",
            "decide in the tracker which one stays; until then dupfind chooses by state, references and age",
        )
    if links.dead:
        marks = [f"{_id(links.names[row])} -> {_id(target)}" for row, target in links.dead]
        yield Diagnostic(
            "marks of what is not here",
            "note",
            f"{len(marks):,}: {first(marks)}",
            "index the whole tracker, or fix the links there; issues linked to the same missing one still form a"
            " cluster",
        )


def _id(name: "RecordName") -> str:
    _, project, id = name
    return f"{project}:{id}" if project else id


def first(names: list[str], n: int = 5) -> str:
    """Return the first names of a list, and a sign that there are more."""
    return ", ".join(names[:n]) + (", ..." if len(names) > n else "")


def _boilerplate(store: "Store") -> Iterator[Diagnostic]:
    from dupfind.storage import source_state

    for source in source_state.summaries(store):
        learned = f"{source.name}: {source.boilerplate:,} lines and labels learned"
        if source.unsettled:
            yield Diagnostic(
                "boilerplate",
                "note",
                f"{learned}, {source.unsettled:,} records not read again since",
                f"dupfind index {source.location}",
            )
        elif source.boilerplate:
            yield Diagnostic("boilerplate", "ok", learned)


def _languages(store: "Store") -> Iterator[Diagnostic]:
    from dupfind.collection.languages import MULTILINGUAL, language_advice

    if (advice := language_advice(store)) is not None:
        yield Diagnostic("languages", "note", advice, f"dupfind index --rebuild --model {MULTILINGUAL}")
