"""The cells of one CSV row by column name; a name may repeat."""

from collections.abc import Callable, Iterable, Iterator, Sequence


class Columns:
    """The columns of a header; upper and lower case do not matter."""

    def __init__(self, header: Iterable[str]) -> None:
        """Store the names in their order."""
        self._positions: dict[str, list[int]] = {}
        self._first_of: dict[frozenset[str], str | None] = {}
        self._by_name: dict[str, str] = {}
        self._places: dict[tuple[frozenset[str], ...], tuple[int, ...]] = {}
        self._header = [name.strip() for name in header]
        for position, name in enumerate(self._header):
            self._positions.setdefault(name.lower(), []).append(position)

    def __contains__(self, name: object) -> bool:
        """Return whether a column has this name."""
        return name in self._positions

    def __iter__(self) -> Iterator[str]:
        """Yield the names in lower case, each once."""
        return iter(self._positions)

    def has(self, *names: str) -> bool:
        """Return whether all these columns exist."""
        return all(name in self._positions for name in names)

    def of(self, names: frozenset[str]) -> str | None:
        """Return the first column with one of the names, or None."""
        if names not in self._first_of:
            self._first_of[names] = next((name for name in self._positions if name in names), None)
        return self._first_of[names]

    def places(self, groups: tuple[frozenset[str], ...]) -> tuple[int, ...]:
        """Return for each group of names the position of the first column with one of them; -1 if there is none."""
        if groups not in self._places:
            names = map(self.of, groups)
            self._places[groups] = tuple(-1 if name is None else self._positions[name][0] for name in names)
        return self._places[groups]

    def by_name(self, normalize: Callable[[str], str]) -> dict[str, str]:
        """Return the columns by their names in another form; of equal ones the first. The form is always the same."""
        if not self._by_name:
            for name in self._header:
                self._by_name.setdefault(normalize(name), name.lower())
        return self._by_name

    def positions(self, name: str) -> Sequence[int]:
        """Return the positions of the columns with a name; empty if there are none."""
        return self._positions.get(name, ())


class CsvRow:
    """One row."""

    __slots__ = ("_cells", "columns", "line")

    def __init__(self, columns: Columns, cells: list[str], line: int = 0) -> None:
        """Store the cells, as many as the header has names, and the line in which they begin."""
        self.columns = columns
        self.line = line
        self._cells = cells

    def __getitem__(self, name: str) -> str:
        """Return the first cell under a name that is not empty, without space around it; "" if all are empty."""
        for position in self.columns.positions(name):
            cell = self._cells[position].strip()
            if cell:
                return cell
        return ""

    def text(self, name: str) -> str:
        """Return the first cell under a name, unchanged."""
        for position in self.columns.positions(name):
            return self._cells[position]
        return ""

    def at(self, places: Sequence[int]) -> list[str]:
        """Return the cells at positions, without space around them; "" for the position -1."""
        cells = self._cells
        return [cells[place].strip() if place >= 0 else "" for place in places]

    def all(self, *names: str) -> Iterator[str]:
        """Yield all cells under the names that are not empty."""
        for name in names:
            for position in self.columns.positions(name):
                if self._cells[position].strip():
                    yield self._cells[position].strip()
