"""The options `--on` and `--parts`, by which a cluster does the work of a command."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dupfind.partition.share import MAX_PARTS

if TYPE_CHECKING:
    from dupfind.partition.share import Share

Function = TypeVar("Function", bound=Callable[..., Any])


def on_options(function: Function) -> Function:
    """Add the options `--on` and `--parts`."""
    function = click.option(
        "--parts",
        "n_parts",
        type=click.IntRange(1, MAX_PARTS),
        metavar="N",
        help="Number of parts of --on. [default: by the number of records]",
    )(function)
    return click.option(
        "--on",
        metavar="CLUSTER",
        help="Compute on a Ray cluster: ray://HOST:PORT; or `ray` for the one that RAY_ADDRESS names, or one on this"
        " machine. See docs/scale.md.",
    )(function)


def check_alone(on: str | None, n_parts: int | None, part: "Share | None") -> None:
    """Refuse options that contradict each other.

    Raises:
        UsageError: They do.
    """
    if on is not None and part is not None:
        raise click.UsageError("--on computes all parts and joins them: leave --part out")
    if on is None and n_parts is not None:
        raise click.UsageError("--parts is for --on: pass --on, or --part K/N for one part")
