"""The options that choose pairs; `dupfind report` and `dupfind review` share them."""

from collections.abc import Callable
from functools import reduce
from typing import Any

import click

from dupfind.cli.terminal import Function, Number, index_option
from dupfind.cli.value_completion import names_of
from dupfind.dedup.defaults import MAX_PAIRS, MIN_MARGIN, MIN_SCORE

_OPTIONS: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    click.option("--state", type=click.Choice(["open", "closed", "all"]), default="all", show_default=True),
    click.option("--project", shell_complete=names_of("project"), help="Only issues of this project."),
    click.option("--source", shell_complete=names_of("source"), help="Only issues of this source."),
    click.option(
        "--min-score",
        type=Number(-1, 1),
        default=MIN_SCORE,
        show_default=True,
        help="Cosine similarity at or above which two issues are a pair. docs/design.md shows how the default was"
        " measured.",
    ),
    click.option(
        "--min-margin",
        type=Number(-2, 2),
        help="How far a score must stand out from the scores of the neighbours; -2 keeps every pair. [default: the"
        f" verdict decides; {MIN_MARGIN} in a review, and for a model without a calibration]",
    ),
    click.option(
        "--max-pairs",
        type=click.IntRange(min=1),
        default=MAX_PAIRS,
        show_default=True,
        help="Stop with an error above this number of pairs. The default takes about a gigabyte of memory.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Print no progress and no notes."),
    index_option,
)


def pair_options(function: Function) -> Function:
    """Add the options in the order above. `--index` becomes the argument `folder`."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), function)
