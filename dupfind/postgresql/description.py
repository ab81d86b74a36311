"""What the objects of an index's schema are in each revision, and how those of a found schema differ from that."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cache
from pathlib import Path

from dupfind.postgresql.catalog import EXTENSION, SchemaObject

FILE = "schema.json"
"""Forms by revision and key; `tests/support/make_schema.py` writes it."""

VERSIONS = "alembic_version"
"""The table that names the revision."""

_VECTORS = "half_vector"
_PARTITIONED = "partitioned h 1 row_id pg_catalog.int8_ops"
_PART = f"part of {_VECTORS}"
_GRAPH = re.compile(r"half_vector_graph_\d+")
_GRAPH_FORM = re.compile(
    r"hnsw \(\(vector\)::<vector>\.halfvec\(\d+\)\) <vector>\.halfvec_ip_ops where \(encoding_id = \d+\)"
)
_OF_A_COMPACTION = {
    "index vector.vector_row": "btree row_id int8_ops",
    "index vector.vector_title": "btree title_embedding int8_ops",
    "index vector.vector_whole": "btree whole_embedding int8_ops",
}
_ORDINARY = ("table", "column", "sequence", "constraint", "index")
# Kinds that follow others in a message: what else is there may be the cause of them.

_PLAIN_NAME = re.compile(r"[\w .,()\[\]]+", re.ASCII)
_SHOWN = 120  # characters of a name in a message


def versions_difference(found: Sequence[SchemaObject], revision: int) -> str | None:
    """Return how the table that names the revision differs from that of a revision, or None."""
    own = {each.key: each.form for each in found if VERSIONS in (each.owner, each.name)}
    return _first(
        own, {key: form for key, form in _expected()[str(revision)].items() if _is_of(key, VERSIONS)}
    )


def difference(found: Sequence[SchemaObject], revision: int) -> str | None:
    """Return the first object of a schema that is not as its revision makes it, or None.

    The graph of an encoding, the indexes of a compaction, and partitions of the half vectors may be there or not.
    """
    expected = _expected().get(str(revision))
    if expected is None:
        return f"there is no revision {revision}"
    whole = next((each.form for each in found if each.key == f"table {_VECTORS}"), "")
    parts = _partitions(found) if whole == _PARTITIONED else set()
    forms = {
        each.key: each.form
        for each in found
        if each.kind != EXTENSION
        and not _is_graph(each, parts)
        and not _is_of_a_partition(each, parts, expected)
        and _OF_A_COMPACTION.get(each.key) != each.form
    }
    if whole == _PARTITIONED:
        forms[f"table {_VECTORS}"] = expected[f"table {_VECTORS}"]
    return _first(forms, expected)


def shown(key: str) -> str:
    """Return the key of an object as a message shows it: in one line, without characters that steer a terminal."""
    return key[:_SHOWN] if _PLAIN_NAME.fullmatch(key) else ascii(key[:_SHOWN])


def _first(found: Mapping[str, str], expected: Mapping[str, str]) -> str | None:
    """Return the first object that is too much, missing or other: one too much may stand in the place of a table."""
    extra = min(found.keys() - expected.keys(), key=_rank, default=None)
    if extra is not None:
        return f"dupfind has no {shown(extra)}"
    for key in sorted(expected, key=_rank):
        if found.get(key) != expected[key]:
            return f"{key} is not dupfind's" if key in found else f"{key} is missing"
    return None


def _rank(key: str) -> tuple[int, str]:
    kind = key.partition(" ")[0]
    return (_ORDINARY.index(kind) if kind in _ORDINARY else -1), key


def _partitions(found: Iterable[SchemaObject]) -> set[str]:
    return {each.name for each in found if (each.kind, each.form) == ("table", _PART)}


def _is_graph(each: SchemaObject, parts: Set[str]) -> bool:
    is_named = each.owner in parts or (each.owner == _VECTORS and _GRAPH.fullmatch(each.name) is not None)
    return each.kind == "index" and is_named and _GRAPH_FORM.fullmatch(each.form) is not None


def _is_of_a_partition(each: SchemaObject, parts: Set[str], expected: Mapping[str, str]) -> bool:
    """Return whether an object is a partition, or a column, constraint or index of one that is the whole table's, too.

    The server chooses the names of their constraints and indexes.
    """
    if (each.kind, each.form) == ("table", _PART):
        return each.name in parts
    if each.owner not in parts:
        return False
    if each.kind == "column":
        return expected.get(f"column {_VECTORS}.{each.name}") == each.form
    return any(
        form == each.form for key, form in expected.items() if key.startswith(f"{each.kind} {_VECTORS}.")
    )


def _is_of(key: str, table: str) -> bool:
    name = key.partition(" ")[2]
    return name == table or name.startswith(f"{table}.")


@cache
def _expected() -> dict[str, dict[str, str]]:
    content: dict[str, dict[str, str]] = json.loads(
        Path(__file__).with_name(FILE).read_text(encoding="utf-8")
    )
    return content
