"""The hits of a query as a list that becomes a table."""

from collections.abc import Iterator
from typing import Any, ClassVar

from dupfind.results import Hit
from dupfind.tables.arrow_table import FLAG, NUMBER, TEXT, TEXTS, TIME, WHOLE
from dupfind.tables.result_list import ResultList


class Hits(ResultList[Hit]):
    """The hits of one query, likeliest first: a list that has `to_dicts`, `to_arrow` and a table for notebooks."""

    KINDS: ClassVar = {
        "rank": WHOLE,
        "id": TEXT,
        "title": TEXT,
        "score": NUMBER,
        "probability": NUMBER,
        "verdict": TEXT,
        "kind": TEXT,
        "difference": TEXT,
        "state": TEXT,
        "resolution": TEXT,
        "duplicate_of": TEXT,
        "source": TEXT,
        "project": TEXT,
        "url": TEXT,
        "created": TIME,
        "closed": TIME,
        "lexical": NUMBER,
        "is_exact": FLAG,
        "folded": TEXTS,
    }

    def rows(self) -> Iterator[dict[str, Any]]:
        """As `ResultList.rows`: a hit is a row."""
        for hit in self:
            yield hit_row(hit)

    def caption(self) -> str:
        """As `ResultList.caption`."""
        return f"{len(self):,} hit{'s' * (len(self) != 1)}"


def hit_row(hit: Hit) -> dict[str, Any]:
    """Return the attributes of a hit by name; its difference in words, and the folded ids as a list."""
    row = {name: getattr(hit, name) for name in Hits.KINDS}
    return {**row, "difference": hit.difference and hit.difference.in_words(), "folded": list(hit.folded)}
