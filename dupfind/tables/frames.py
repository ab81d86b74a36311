"""Read a DataFrame or any other data of the Arrow C stream interface, without importing its library."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice, repeat
from typing import Any, Protocol

from dupfind.errors import SourceError
from dupfind.sources.column_profile import N_SAMPLED
from dupfind.tables.short_repr import shown

_BLOCK = 10_000  # rows of a pandas DataFrame that become Python values at a time


class Frame(Protocol):
    """A table whose columns have names.

    Attributes:
        names: Of the columns, in their order.
    """

    names: list[str]

    def sample(self) -> dict[str, list[Any]]:
        """Return the first values of each column."""
        ...

    def rows(self, names: Sequence[str]) -> Iterator[Sequence[Any]]:
        """Yield the values of some columns, a row at a time; may be called once."""
        ...


def frame_of(data: Any) -> Frame | None:
    """Return a table, or None for anything that is no table with columns.

    pandas is read through its own columns: it needs pyarrow for an Arrow stream, and adds its index to it.

    Raises:
        SourceError: The stream cannot be read, or two columns have one name.
    """
    if not is_frame(data):
        return None
    if isinstance(data, Mapping):
        return DictFrame(data)
    return PandasFrame(data) if hasattr(data, "iloc") else ArrowFrame(data)


def is_frame(data: Any) -> bool:
    """Return whether data is a table with columns: a DataFrame, Arrow data, or a dict of columns."""
    if isinstance(data, Mapping):
        return bool(data) and all(map(_is_column, data.values()))
    return hasattr(data, "columns") if hasattr(data, "iloc") else hasattr(data, "__arrow_c_stream__")


def is_dataset(data: Any) -> bool:
    """Return whether data is a `datasets.Dataset`, whose rows are dicts and can be chosen by their numbers."""
    return all(hasattr(data, name) for name in ("select", "features", "__len__"))


def is_relation(data: Any) -> bool:
    """Return whether data is a relation of DuckDB, which is indexed by the names of columns alone."""
    return all(hasattr(data, name) for name in ("fetchall", "project", "shape"))


def _is_column(value: Any) -> bool:
    return isinstance(value, list | tuple) or (
        not isinstance(value, str | bytes) and hasattr(value, "tolist") and getattr(value, "shape", ()) != ()
    )


class PandasFrame:
    """A DataFrame of pandas, or one that has its methods."""

    def __init__(self, data: Any) -> None:
        """Hold the DataFrame; nothing is copied.

        Raises:
            SourceError: Two columns have one name.
        """
        self._data = data
        self.names = _distinct([str(name) for name in data.columns])

    def sample(self) -> dict[str, list[Any]]:
        """As `Frame.sample`."""
        start = self._data.iloc[:N_SAMPLED]
        return {name: start.iloc[:, place].tolist() for place, name in enumerate(self.names)}

    def rows(self, names: Sequence[str]) -> Iterator[Sequence[Any]]:
        """As `Frame.rows`; a block of rows is copied at a time."""
        places = [self.names.index(name) for name in names]
        for start in range(0, len(self._data), _BLOCK):
            block = self._data.iloc[start : start + _BLOCK]
            yield from zip(*(block.iloc[:, place].tolist() for place in places), strict=True)


class ArrowFrame:
    """Anything with `__arrow_c_stream__`: polars, pyarrow, DuckDB."""

    def __init__(self, data: Any) -> None:
        """Open the stream; its first chunk with rows is read.

        Raises:
            SourceError: It cannot be opened, or two columns have one name.
        """
        import nanoarrow

        self._kind = type(data).__name__
        if any("\0" in name for name in _polars_names(data)):
            raise SourceError(f"a column of the {self._kind} has a NUL in its name: rename it")
        try:
            stream = nanoarrow.c_array_stream(data)
            schema = stream.get_schema()
        except _BROKEN as error:
            raise self._error(error) from error
        self._is_table = schema.format == "+s"
        fields = [schema.child(place) for place in range(schema.n_children)] if self._is_table else [schema]
        self.names = _distinct([field.name for field in fields]) if self._is_table else ["text"]
        self._places = {name: place for place, name in enumerate(self.names)}
        self._is_empty = {name: _holds_null(field) for name, field in zip(self.names, fields, strict=True)}
        self._chunks = self._with_rows(stream)
        self._first = list(islice(self._chunks, 1))

    def sample(self) -> dict[str, list[Any]]:
        """As `Frame.sample`; of the first chunk. A column that cannot be read has none: it may not be needed."""
        return {name: self._beginning(name) for name in self.names}

    def _beginning(self, name: str) -> list[Any]:
        try:
            return [value for chunk in self._first for value in islice(self._values(chunk, name), N_SAMPLED)]
        except SourceError:
            return []

    def rows(self, names: Sequence[str]) -> Iterator[Sequence[Any]]:
        """As `Frame.rows`; a chunk is in memory at a time.

        Raises:
            SourceError: The stream breaks off, or a column has a type that cannot be read.
        """
        chunks = chain(self._first, self._chunks)
        self._first = []
        for chunk in chunks:
            yield from zip(*(self._values(chunk, name) for name in names), strict=True)

    def _with_rows(self, stream: Any) -> Iterator[Any]:
        """Yield the chunks that have rows; nanoarrow fails on an empty list column."""
        try:
            yield from (chunk for chunk in stream if chunk.length)
        except _BROKEN as error:
            raise self._error(error) from error

    def _values(self, chunk: Any, name: str) -> Iterator[Any]:
        """Yield the values of a column, each made when it is needed."""
        if self._is_empty[name]:
            yield from repeat(None, chunk.length)
            return
        # `Array.child` would export the column again, which crashes the interpreter for views on long strings.
        column = chunk.child(self._places[name]) if self._is_table else chunk
        start = chunk.offset if self._is_table else 0  # of the struct; a column of its own knows its offset
        try:
            yield from _value_iterator()(column.schema)._set_array(column)._iter_chunk(start, chunk.length)
        except (ArithmeticError, LookupError, *_BROKEN) as error:
            raise SourceError(
                f"column {shown(name)} of the {self._kind} cannot be read ({_reason(error)}): convert it to text"
            ) from error

    def _error(self, error: Exception) -> SourceError:
        return SourceError(
            f"the {self._kind} gives no Arrow stream ({_reason(error)}): pass a list of dicts instead"
        )


_BROKEN = (ImportError, NotImplementedError, OSError, RuntimeError, TypeError, ValueError)


@cache
def _value_iterator() -> Any:
    """Return the class of nanoarrow that makes Python's values, without its warnings at nanoseconds and extensions."""
    from nanoarrow.iterator import PyIterator

    class ValueIterator(PyIterator):  # type: ignore[misc]
        def _warn(self, message: str, category: type[Warning]) -> None:
            """A time loses its nanoseconds, and an extension is read as what it stores."""

    return ValueIterator


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()[:200]


def _polars_names(data: Any) -> Iterator[str]:
    """Yield the names of the columns of polars, and of their fields: polars ends the process at a NUL in one."""
    if not type(data).__module__.startswith("polars."):
        return
    columns = data.schema.items() if hasattr(data, "schema") else [(data.name, data.dtype)]
    waiting: list[tuple[str, Any]] = list(columns)
    while waiting:
        name, kind = waiting.pop()
        yield name
        waiting += [(field.name, field.dtype) for field in getattr(kind, "fields", ())]
        if (inner := getattr(kind, "inner", None)) is not None:
            waiting.append(("", inner))


def _holds_null(field: Any) -> bool:
    """Return whether a column has no values, or lists of no values; nanoarrow refuses those of polars."""
    return field.format == "n" or any(_holds_null(field.child(place)) for place in range(field.n_children))


class DictFrame:
    """A dict of columns: `{"id": [1, 2], "title": ["a", "b"]}`."""

    def __init__(self, data: Mapping[Any, Any]) -> None:
        """Hold the columns.

        Raises:
            SourceError: They differ in length.
        """
        self.names = _distinct([str(name) for name in data])
        self._columns = dict(zip(self.names, data.values(), strict=True))
        lengths = {name: len(column) for name, column in self._columns.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{shown(name)} {length:,}" for name, length in list(lengths.items())[:20])
            raise SourceError(f"the columns of the dict have different lengths: {listed}")

    def sample(self) -> dict[str, list[Any]]:
        """As `Frame.sample`."""
        return {name: list(column[:N_SAMPLED]) for name, column in self._columns.items()}

    def rows(self, names: Sequence[str]) -> Iterator[Sequence[Any]]:
        """As `Frame.rows`."""
        yield from zip(*(self._columns[name] for name in names), strict=True)


def _distinct(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        repeated = next(name for name, count in Counter(names).items() if count > 1)
        raise SourceError(f"the table has two columns {shown(repeated)}: rename one")
    return names
