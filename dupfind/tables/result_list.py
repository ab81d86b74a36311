"""A list of results that becomes dicts, an Arrow table, or HTML in a notebook."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Self, SupportsIndex, TypeVar, overload

from dupfind.tables.arrow_table import ArrowTable
from dupfind.tables.html_table import html_table

Result = TypeVar("Result")


class ResultList(list[Result]):
    """A list of results, each of which is one row of a table or several.

    Attributes:
        KINDS: The columns of the table, and the type of each.
    """

    KINDS: ClassVar[Mapping[str, str]]

    @overload
    def __getitem__(self, place: SupportsIndex, /) -> Result: ...

    @overload
    def __getitem__(self, place: slice, /) -> Self: ...

    def __getitem__(self, place: SupportsIndex | slice, /) -> Result | Self:
        """Return one result, or for a slice a list that becomes a table, too."""
        if isinstance(place, slice):
            same_kind: Callable[[list[Result]], Self] = type(self)
            return same_kind(super().__getitem__(place))
        return super().__getitem__(place)

    @abstractmethod
    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the table, with a value for each column."""

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as dicts; times are datetimes in UTC, and several texts are a list."""
        return list(self.rows())

    def to_arrow(self) -> ArrowTable:
        """Return the rows for a DataFrame: `polars.DataFrame(hits.to_arrow())`, `pyarrow.table(hits.to_arrow())`.

        In pandas: `pandas.DataFrame.from_arrow(hits.to_arrow())`, or `pandas.DataFrame(hits.to_dicts())`.
        """
        return ArrowTable(self.KINDS, self.to_dicts())

    def caption(self) -> str:
        """Return what the table holds, in one line."""
        return f"{len(self):,} results"

    def _repr_html_(self) -> str:
        rows = self.to_dicts()
        shown = [name for name in self.KINDS if any(row[name] not in (None, "", []) for row in rows)]
        return html_table(self.caption(), [{name: row[name] for name in shown} for row in rows])
