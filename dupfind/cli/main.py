"""The command line: one file a command, and the one place that turns errors into exit codes."""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from dupfind.errors import DupfindError

OK, FOUND, TROUBLE, INTERRUPTED = 0, 1, 2, 130

COMMANDS = (
    "index",
    "sync",
    "query",
    "check",
    "report",
    "review",
    "evaluate",
    "calibrate",
    "train",
    "model",
    "serve",
    "mcp",
    "suggest",
    "info",
    "doctor",
)


class _Group(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(f"dupfind.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean `dupfind {near[0]}`?" if near else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx) from error


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from dupfind.version import __version__

    click.echo(f"dupfind {__version__}")
    ctx.exit()


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Example:
  dupfind index tracker.db
  dupfind query "crash on startup when the password has a percent sign"

Exit codes: 0 fine, 1 duplicates found (`check` only), 2 trouble (one line says what and the way out),
130 interrupted.""",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
def dupfind() -> None:
    """Find issues that say the same thing in other words.

    The index is the folder .dupfind, here or in a folder above; --index or DUPFIND_INDEX names another.
    """


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; nothing that dupfind raises on purpose gets past here."""
    _use_escapes()
    try:
        # Not `dupfind.main`, which ends the process with 1 when a reader of our output has left.
        with dupfind.make_context("dupfind", list(arguments)) as context:
            dupfind.invoke(context)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return TROUBLE
    except (click.Abort, EOFError, KeyboardInterrupt):
        click.echo("dupfind: interrupted; what was done is kept", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()  # whoever read our output has seen enough (`| head -1`)
        return OK
    except (DupfindError, OSError) as error:
        from dupfind.cli.terminal import safe

        _drop_output()
        click.echo(f"dupfind: {safe(str(error))}", err=True)
        return TROUBLE
    except Exception:  # a fault of ours, which Python would end with FOUND
        import traceback

        _drop_output()
        traceback.print_exc()
        return TROUBLE
    return OK


def main() -> None:
    """Entry point of the `dupfind` script."""
    if "_DUPFIND_COMPLETE" in os.environ:
        dupfind.main(prog_name="dupfind")  # completes a line in the shell, and exits
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    sys.exit(run(sys.argv[1:]))


def _interrupt(*_: object) -> NoReturn:
    """Stop in good order at the first Ctrl-C; the second one ends the process, which costs no more than a kill."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise KeyboardInterrupt


def _use_escapes() -> None:
    """A terminal that cannot show a character gets its escape, and no command dies of a title."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Let go of output that cannot be written; Python would try once more at exit, and complain."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
