"""`dupfind demo`: index the example tracker that dupfind comes with, and ask it three questions."""

import shlex
import shutil
from importlib.resources import files
from pathlib import Path

import click

from dupfind.cli.terminal import note
from dupfind.errors import DupfindError
from dupfind.verdict.bands import BALANCED

QUESTIONS = (
    "old computer that was off for half a year put all the deleted files back on the server",
    "antivirus says the installer is a trojan",
    "pictures from my phone only upload while I have the app open",
)
TRACKER = "tracker.db"


@click.command(
    "demo",
    epilog="""\b
Examples:
  dupfind demo
  dupfind demo /tmp/demo --model ./my-model""",
)
@click.argument("folder", default="dupfind-demo", type=click.Path(path_type=Path))
@click.option("--model", help="Name or path of a sentence-transformers model. [default: MiniLM-issues]")
@click.pass_context
def command(context: click.Context, folder: Path, model: str | None) -> None:
    """Copy an example tracker of 396 invented issues into FOLDER, index it and ask it three questions.

    The FOLDER is dupfind-demo where none is named. A folder that holds anything else is refused.

    Each step is shown as the command that does it.
    """
    from dupfind.cli import index, query

    tracker, example = folder / TRACKER, example_tracker()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            shutil.copyfile(example, tracker)
        is_example = tracker.exists() and tracker.read_bytes() == example.read_bytes()
    except OSError as error:
        raise DupfindError(f"{folder} cannot be written ({error}): name another folder") from error
    if not is_example:
        raise DupfindError(f"{folder} has files, and not the example tracker: name another folder")
    place = folder / ".dupfind"
    if model is not None and Path(model).exists():
        model = str(Path(model).resolve())  # as the command is shown, it runs in FOLDER
    click.echo(f"$ cd {shlex.quote(str(folder))}")
    click.echo(f"$ dupfind index {TRACKER}{'' if model is None else f' --model {shlex.quote(model)}'}")
    context.invoke(index.command, sources=(str(tracker),), folder=place, model=model)
    for question in QUESTIONS:
        click.echo(f'\n$ dupfind query -k 4 "{question}"')
        context.invoke(query.command, text=question, folder=place, k=4)
    # It runs from here, as all that a person copies from the end of the output.
    report = shlex.join(["dupfind", "report", "--index", str(place), "--verdicts", BALANCED])
    note(f"try: {report} -o duplicates.html")
    note("and your own issues: dupfind index SOURCE, see `dupfind index --help`")


def example_tracker() -> Path:
    """Return the example tracker: inside the installed package, or in a checkout."""
    packaged = Path(str(files("dupfind"))) / "example" / TRACKER
    return packaged if packaged.exists() else Path(__file__).parents[2] / "examples" / TRACKER
