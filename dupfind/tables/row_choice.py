"""Choose rows of a table by their numbers, in the table's own library."""

from collections.abc import Mapping, Sequence
from typing import Any

from dupfind.errors import DupfindError
from dupfind.tables.frames import is_dataset, is_relation


def chosen_rows(data: Any, numbers: Sequence[int]) -> Any:
    """Return some rows of a table, in a table of the same kind.

    Args:
        data: A DataFrame of pandas or polars, a table of pyarrow, a dataset, a dict of columns, or a list.
        numbers: From 0, in order.

    Raises:
        DupfindError: The table has no way to choose rows, such as a stream that was read or a relation of DuckDB.
    """
    if isinstance(data, list | tuple):
        return [data[number] for number in numbers]
    if isinstance(data, Mapping):
        return {name: [_value(column, number) for number in numbers] for name, column in data.items()}
    numbers = list(numbers)
    if hasattr(data, "iloc"):
        return data.iloc[numbers]
    if is_dataset(data):  # whose `take` takes the first rows
        return data.select(numbers)
    if hasattr(data, "take") and hasattr(data, "schema"):
        return data.take(numbers) if numbers else data.slice(0, 0)  # an empty list has no type there
    if hasattr(data, "__getitem__") and hasattr(data, "shape") and not is_relation(data):
        return data[numbers]
    raise DupfindError(
        f"rows of a {type(data).__name__} cannot be chosen by their numbers: use `kept` or `removed`, or pass a table"
    )


def _value(column: Any, number: int) -> Any:
    return column.iloc[number] if hasattr(column, "iloc") else column[number]  # a Series counts by its index
