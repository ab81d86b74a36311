"""Row: the cells of one line of a sheet, by the names of their columns, which may repeat."""

from collections.abc import Iterable, Iterator, Sequence


class Columns:
    """The columns of a header; names are the same in upper and lower case."""

    def __init__(self, header: Iterable[str]) -> None:
        """Take the names in their order."""
        self._positions: dict[str, list[int]] = {}
        self._first_of: dict[frozenset[str], str | None] = {}
        for position, name in enumerate(header):
            self._positions.setdefault(name.strip().lower(), []).append(position)

    def __contains__(self, name: object) -> bool:
        """Whether there is a column of a name."""
        return name in self._positions

    def __iter__(self) -> Iterator[str]:
        """The names, in lower case, each once."""
        return iter(self._positions)

    def has(self, *names: str) -> bool:
        """Whether there are columns of all these names."""
        return all(name in self._positions for name in names)

    def of(self, names: frozenset[str]) -> str | None:
        """The first column that has one of the names."""
        if names not in self._first_of:
            self._first_of[names] = next((name for name in self._positions if name in names), None)
        return self._first_of[names]

    def positions(self, name: str) -> Sequence[int]:
        """Where the columns of a name are; none where there is no such column."""
        return self._positions.get(name, ())


class CsvRow:
    """One line."""

    __slots__ = ("_cells", "columns")

    def __init__(self, columns: Columns, cells: list[str]) -> None:
        """Take the cells, as many as there are names in the header."""
        self.columns = columns
        self._cells = cells

    def __getitem__(self, name: str) -> str:
        """The first cell under a name that is not empty, without space around it; "" where there is none."""
        for position in self.columns.positions(name):
            cell = self._cells[position].strip()
            if cell:
                return cell
        return ""

    def text(self, name: str) -> str:
        """The first cell under a name as it stands."""
        for position in self.columns.positions(name):
            return self._cells[position]
        return ""

    def all(self, *names: str) -> Iterator[str]:
        """All cells under the names that are not empty."""
        for name in names:
            for position in self.columns.positions(name):
                if self._cells[position].strip():
                    yield self._cells[position].strip()
