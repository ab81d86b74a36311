"""The option `--part`, by which a command computes one share of its work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from dupfind.errors import PartError
from dupfind.partition.share import Share

Function = TypeVar("Function", bound=Callable[..., Any])


class PartType(click.ParamType[Share]):
    """A share such as 3/16."""

    name = "K/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Share:
        """Parse a share."""
        if isinstance(value, Share):
            return value
        try:
            return Share.parse(value)
        except PartError as error:
            self.fail(str(error), param, ctx)


def part_option(function: Function) -> Function:
    """Add the option `--part`."""
    return click.option(
        "--part",
        type=PartType(),
        metavar="K/N",
        help="Compute part K of N into the file -o, for `dupfind merge`; see docs/scale.md.",
    )(function)


def part_path(output: str | None) -> Path:
    """Return the file of a part.

    Raises:
        UsageError: None is named.
    """
    if output in (None, "-"):
        raise click.UsageError("--part writes a file: name it with -o, such as -o part3.dfp")
    return Path(str(output))
