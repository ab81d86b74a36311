"""The command `dupfind`: the list of its commands, and the one place that turns errors into exit codes."""

import os
import shlex
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from dupfind import interruption
from dupfind.cli import exit_code
from dupfind.errors import DupfindError, shortage

OK, FOUND, TROUBLE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: success, duplicates found, an error, and Ctrl-C."""

COMMANDS = {
    "demo": "Index an example tracker and search it.",
    "index": "Read issues from trackers into the index.",
    "sync": "Read the sources of the index again.",
    "merge": "Join the parts of an index or of a report.",
    "remove": "Remove a source from the index.",
    "query": "Find the issues most similar to a text.",
    "check": "Check new issues for duplicates.",
    "report": "Find all duplicates in the index.",
    "review": "Decide which pairs are duplicates.",
    "evaluate": "Measure search quality on known duplicates.",
    "calibrate": "Fit probabilities and verdicts to your tracker.",
    "train": "Fine-tune a model on known duplicates.",
    "model": "Fetch a model; list and export trained ones.",
    "serve": "Serve search over HTTP, with a web page.",
    "mcp": "Let coding agents search for duplicates.",
    "suggest": "Comment on GitHub issues that are duplicates.",
    "info": "Show the content of the index.",
    "doctor": "Check the installation and the index.",
    "completion": "Print the completion script of your shell.",
}
"""Each command with its line in the list of commands; its module is imported when it is used."""


COMPLETE = "_DUPFIND_COMPLETE"
"""The variable in which a shell's script says what it completes."""


class _Group(click.Group):
    """A group that imports the module of a command when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(f"dupfind.cli.{name}").command
        assert isinstance(command, click.Command)
        command.short_help = COMMANDS[name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        commands = [
            CompletionItem(name, help=line) for name, line in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.possibilities:
                raise
            raise click.UsageError(
                f"No such option {error.option_name!r} before a command: its options come after its name.",
                ctx,
            ) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(f"No such command {args[0]!r}.{_nearest(args[0])}", ctx) from error


def _nearest(name: str) -> str:
    """Return the command that a user may have meant, as a sentence; "" where nothing is near."""
    from difflib import get_close_matches

    quoted = shlex.quote(name)
    if matches := get_close_matches(name, COMMANDS, n=1):
        return f" Did you mean `dupfind {matches[0]}`?"
    if len(name.split()) > 1:
        return f" To search: `dupfind query {quoted}`."
    if os.path.exists(name):
        return f" To read it: `dupfind index {quoted}`."
    return ""


def _show_version(ctx: click.Context, _: click.Parameter, is_set: bool) -> None:
    if not is_set or ctx.resilient_parsing:
        return
    from dupfind.version import __version__

    click.echo(f"dupfind {__version__}")
    ctx.exit()


_FIRST_STEPS = """\
Read your issues:     dupfind index SOURCE        (a file, a folder, a database, github:owner/repo)
Search them:          dupfind query "crash on startup when the password has a percent sign"
List the duplicates:  dupfind report -o duplicates.html
An example first:     dupfind demo                (and every command: dupfind --help)"""


@click.group(
    cls=_Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    subcommand_metavar="COMMAND [ARGUMENTS]",
    epilog="""\b
Examples:
  dupfind index tracker.db
  dupfind query "crash on startup when the password has a percent sign\"""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.pass_context
def dupfind(ctx: click.Context) -> None:
    """Find duplicate issues, also where their wording differs.

    The index is the folder .dupfind, here or in a folder above. Use --index or DUPFIND_INDEX to name another.

    Exit codes: 0 success, 1 duplicates found (`check` only), 2 error (one line with the remedy), 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        click.echo(_FIRST_STEPS, err=True)
        ctx.exit(TROUBLE)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    Every error becomes a message on stderr and an exit code: `OK`, `FOUND`, `TROUBLE` or `INTERRUPTED`.
    """
    _escape_unencodable()
    interruption.forget()
    try:
        # `dupfind.main` would end the process with 1 where the reader of our output has closed the pipe.
        with dupfind.make_context("dupfind", list(arguments)) as context:
            dupfind.invoke(context)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as exit:
        # `doctor` turns the errors of an interrupted statement into findings.
        return _interrupted() if interruption.was_interrupted() else exit.exit_code
    except click.ClickException as error:
        error.show()
        return TROUBLE
    except (click.Abort, EOFError, KeyboardInterrupt):
        return _interrupted()
    except BrokenPipeError:
        _drop_output()  # the reader closed the pipe early, as `| head -1` does
        return OK
    except SystemExit as end:  # of a worker process
        return OK if end.code in (None, OK) else TROUBLE
    except BaseException as error:  # also those of extensions, such as pyo3's PanicException
        if interruption.was_interrupted():
            return _interrupted()
        try:
            return _trouble(error)
        except KeyboardInterrupt:  # the user does not wait for the check of the index
            return _interrupted()
    return OK


def _interrupted() -> int:
    click.echo("dupfind: interrupted; finished work is saved", err=True)
    return INTERRUPTED


def _trouble(error: BaseException) -> int:
    """Print an error: one line, or where it is a bug all that is known. Python itself would exit with 1, as `FOUND`."""
    _drop_output()
    error = shortage(error) or error
    if isinstance(error, (DupfindError, OSError)):
        from dupfind.cli.terminal import safe

        click.echo(f"dupfind: {safe(str(error))}", err=True)
    else:
        _print_bug(error)
    return TROUBLE


def _print_bug(error: BaseException) -> None:
    """Print all that is known of an unexpected error, or that the index is damaged; the check may take minutes."""
    import traceback

    from dupfind.cli.terminal import note
    from dupfind.storage import database

    summary = traceback.format_exception_only(error)[-1].strip()
    note(f"dupfind: unexpected error ({summary}); checking whether the index is damaged")
    if isinstance(error, Exception) and (damaged := database.fault()) is not None:
        path, fault = damaged
        note(f"dupfind: {path} is damaged ({fault}): move {path.parent} away and run `dupfind index` again")
        return
    traceback.print_exception(error)


def main() -> None:
    """Entry point of the `dupfind` script."""
    if COMPLETE in os.environ:
        from dupfind.cli import completion_shells

        completion_shells.register()
        try:
            dupfind.main(prog_name="dupfind")  # completes a line in the shell, then exits
        except SystemExit as end:  # with 1, `FOUND`, where the variable names no shell
            sys.exit(TROUBLE if end.code else OK)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    sys.unraisablehook = _show_unraisable
    if os.getpid() == 1:  # of a container: there a SIGTERM without a handler does nothing
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        exit_code.hold(TROUBLE)
    except DupfindError as error:
        sys.exit(_trouble(error))
    code = run(sys.argv[1:])
    exit_code.hold(code)
    sys.exit(code)


def _interrupt(*_: object) -> NoReturn:
    """Stop in good order at the first Ctrl-C, and end the process at the second."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    interruption.interrupt()  # inside of SQLite the exception is lost, and this ends the statement
    raise KeyboardInterrupt


def _show_unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """Print an exception that Python cannot raise, such as one of a destructor; a Ctrl-C there is noted already."""
    if lost.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(lost)


def _escape_unencodable() -> None:
    """Write an escape for each character that the encoding of an output lacks, so that no title ends a command.

    On Windows a file or pipe gets UTF-8, as everywhere else: its own encoding there lacks most characters.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if sys.platform == "win32" and not stream.isatty():
            reconfigure(encoding="utf-8")
        reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Discard output that cannot be written; else Python tries again at exit, and fails."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
