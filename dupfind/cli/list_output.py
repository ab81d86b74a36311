"""Every list that a command prints: its option `--format`, its table at a terminal, and its formats for programs."""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import click

from dupfind.cli.terminal import fit, is_terminal, linked, safe, styled, width_of, wrapped
from dupfind.reports.listing import FORMS, ListAnswer, draw_list

_LEAST = 20  # columns that the last text of a row gets on a narrow terminal


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: Its text; it is made safe.
        url: The address that it leads to, or None.
        style: Arguments of `click.style`.
        is_right: Whether it stands at the right end of its column.
    """

    text: str
    url: str | None = None
    style: Mapping[str, Any] = field(default_factory=dict)
    is_right: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table: its cells in columns, a text behind them, and lines below it."""

    cells: Sequence[Cell]
    text: str
    details: Sequence[Cell] = ()


def list_options(*more: str, jsonl: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds `--format` and `--json`, as the one argument `form`.

    Args:
        more: Formats that only this command has.
        jsonl: Whether it has the short option `--jsonl`, too.
    """
    return form_options((*FORMS, *more), default="table", described="table", jsonl=jsonl)


def form_options(
    forms: Sequence[str], *, default: str | None, described: str, jsonl: bool
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds `--format` with its short options, as the one argument `form`.

    Args:
        forms: The formats.
        default: The format if none is named.
        described: Says in the help what the default is.
        jsonl: Whether there is the short option `--jsonl`, too.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def command(
            *arguments: Any, form: str | None, as_json: bool, as_jsonl: bool = False, **options: Any
        ) -> Any:
            chosen = [*filter(None, [form]), *["json"] * as_json, *["jsonl"] * as_jsonl]
            if len(set(chosen)) > 1:
                names = " and ".join(
                    [f"--format {form}"] * bool(form) + ["--json"] * as_json + ["--jsonl"] * as_jsonl
                )
                raise click.UsageError(f"{names} exclude each other: choose one")
            return function(*arguments, form=chosen[0] if chosen else default, **options)

        if jsonl:
            command = click.option("--jsonl", "as_jsonl", is_flag=True, help="Short for --format jsonl.")(
                command
            )
        command = click.option("--json", "as_json", is_flag=True, help="Short for --format json.")(command)
        return click.option(
            "--format", "form", type=click.Choice(forms), help=f"Output format. [default: {described}]"
        )(command)

    return decorate


def print_list(listing: ListAnswer, form: str) -> None:
    """Print a list in a format for programs."""
    click.echo(draw_list(listing, form), nl=False)


def print_table(rows: Sequence[TableRow], *, indent: int, wraps: bool = False) -> None:
    """Print rows with their cells in columns; at a terminal each line is as wide as that at most.

    Args:
        rows: All with the same number of cells. A column without any text is left out. The lines below a row are
            wrapped, but an address is cut.
        indent: Columns before the lines below a row.
        wraps: Whether the text of a row is wrapped, too; otherwise it is cut.
    """
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
    texts = [[safe(cell.text) for cell in row.cells] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*texts, strict=True)]
    before = sum(wide + 2 for wide in widths if wide)
    for row, shown in zip(rows, texts, strict=True):
        cells = [
            _padded(cell, text, wide)
            for cell, text, wide in zip(row.cells, shown, widths, strict=True)
            if wide
        ]
        first, *more = _lines(safe(row.text), width, before, wraps=wraps)
        click.echo("  ".join([*cells, first]))
        for line in more:
            click.echo(" " * before + line)
        for detail in row.details:
            for line in _lines(safe(detail.text), width, indent, wraps=detail.url is None):
                click.echo(" " * indent + _dressed(detail, line))


def _padded(cell: Cell, text: str, width: int) -> str:
    space, shown = " " * (width - width_of(text)), _dressed(cell, text)
    return space + shown if cell.is_right else shown + space


def _dressed(cell: Cell, text: str) -> str:
    """Return a safe text with the style and the link of a cell, where standard output shows them."""
    return linked(styled(text, **cell.style), cell.url)


def _lines(text: str, width: int | None, before: int, *, wraps: bool) -> list[str]:
    if width is None:
        return [text]
    columns = max(_LEAST, width - before)
    return wrapped(text, columns) or [""] if wraps else [fit(text, columns)]
