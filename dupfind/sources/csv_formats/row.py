"""Row: the cells of one line of a sheet, by the names of their columns, which may repeat."""

from collections.abc import Iterable, Iterator, Sequence


class Columns:
    """The columns of a header; names are the same in upper and lower case."""

    def __init__(self, header: Iterable[str]) -> None:
        """Take the names in their order."""
        self._places: dict[str, list[int]] = {}
        self._found: dict[frozenset[str], str | None] = {}
        for place, name in enumerate(header):
            self._places.setdefault(name.strip().lower(), []).append(place)

    def __contains__(self, name: object) -> bool:
        """Whether there is a column of a name."""
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        """The names, in lower case, each once."""
        return iter(self._places)

    def has(self, *names: str) -> bool:
        """Whether there are columns of all these names."""
        return all(name in self._places for name in names)

    def of(self, names: frozenset[str]) -> str | None:
        """The first column that has one of the names."""
        if names not in self._found:
            self._found[names] = next((name for name in self._places if name in names), None)
        return self._found[names]

    def places(self, name: str) -> Sequence[int]:
        """Where the columns of a name are; none where there is no such column."""
        return self._places.get(name, ())


class CsvRow:
    """One line."""

    __slots__ = ("_cells", "columns")

    def __init__(self, columns: Columns, cells: list[str]) -> None:
        """Take the cells, as many as there are names in the header."""
        self.columns = columns
        self._cells = cells

    def __getitem__(self, name: str) -> str:
        """The first cell under a name that is not empty, without space around it; "" where there is none."""
        for place in self.columns.places(name):
            cell = self._cells[place].strip()
            if cell:
                return cell
        return ""

    def text(self, name: str) -> str:
        """The first cell under a name as it stands."""
        for place in self.columns.places(name):
            return self._cells[place]
        return ""

    def all(self, *names: str) -> Iterator[str]:
        """All cells under the names that are not empty."""
        for name in names:
            for place in self.columns.places(name):
                if self._cells[place].strip():
                    yield self._cells[place].strip()
