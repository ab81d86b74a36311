"""The option `-o FILE` of `evaluate` and `calibrate`: a picture, a page with a threshold to drag, or the figures."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.atomic_write import write_whole
from dupfind.cli.terminal import safe

if TYPE_CHECKING:
    from dupfind.collection.collection import Collection
    from dupfind.evaluation.figures import Evaluation

figure_option = click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write a picture (.svg, .png), a page whose threshold can be dragged (.html) or the figures (.json).",
)


def check_figure_file(path: Path | None) -> None:
    """Refuse a file that could not be written at the end, before the long work.

    Raises:
        click.UsageError: Another ending, a PNG without its library, or no such folder.
    """
    if path is None:
        return
    if path.suffix not in (".svg", ".png", ".html", ".json"):
        raise click.UsageError(
            f"{str(path)!r} is none of .svg, .png, .html and .json: give it one of these endings"
        )
    if path.suffix == ".png" and find_spec("resvg_py") is None:
        raise click.UsageError("a PNG needs resvg-py: install dupfind[png], or write an .svg")
    if not path.absolute().parent.is_dir():
        raise click.UsageError(f"{str(path.parent)!r} is not a folder: create it first")


def sources_of(collection: "Collection") -> str:
    """Return the names of the sources of a collection, for a headline."""
    from dupfind.storage import source_state

    with collection.store.reading():
        sources = source_state.names(collection.store)
    more = f" and {len(sources) - 2} more" if len(sources) > 2 else ""
    return safe(", ".join(sources[:2]) + more)


def write_figures(
    path: Path,
    evaluation: "Evaluation",
    facts: Mapping[str, Any],
    *,
    title: str,
    about: Sequence[str],
    levels: Mapping[str, float] | None = None,
    commands: Sequence[tuple[str, float, float]] = (),
) -> None:
    """Write the file of an evaluation; its ending decides what it is.

    Args:
        path: See `check_figure_file`.
        evaluation: What is drawn.
        facts: What a .json holds; its "advice" is the sentence on a page.
        title: The headline.
        about: Lines under it.
        levels: Thresholds that a page marks, by name.
        commands: Further commands of a page; see `threshold_page.page`.
    """
    from dupfind.reports.evaluation import png, svg, threshold_page

    if path.suffix == ".json":
        drawn = json.dumps(facts).encode()
    elif path.suffix == ".html":
        drawn = threshold_page.page(
            evaluation,
            title=title,
            about=about,
            advice=facts["advice"],
            levels=levels or {},
            commands=commands,
        ).encode()
    else:
        picture = svg.draw(evaluation, title=title, about=about)
        drawn = png.png(picture) if path.suffix == ".png" else picture.encode()
    write_whole(path, drawn)
