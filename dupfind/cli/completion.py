"""`dupfind completion`: print the script by which a shell completes commands, options, names and files."""

import os
from pathlib import PurePath

import click
from click.shell_completion import get_completion_class

from dupfind.cli import completion_shells
from dupfind.cli.main import COMPLETE, dupfind

SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    epilog="""\b
Examples:
  eval "$(dupfind completion bash)"                                # in ~/.bashrc
  eval "$(dupfind completion zsh)"                                 # in ~/.zshrc, after compinit
  dupfind completion fish > ~/.config/fish/completions/dupfind.fish""",
)
@click.argument("shell", required=False, type=click.Choice(SHELLS), metavar="[bash|zsh|fish]")
def command(shell: str | None) -> None:
    """Print the completion script of a shell, by default of the one in SHELL.

    It completes commands, options and their values, files, and the names of the index: sources, projects and trained
    models.
    """
    if shell is None:
        shell = PurePath(os.environ.get("SHELL", "")).name
        if shell not in SHELLS:
            raise click.UsageError(
                f"name a shell, one of {', '.join(SHELLS)}: SHELL is {shell or 'not set'!r}"
            )
    completion_shells.register()
    complete = get_completion_class(shell)
    assert complete is not None
    click.echo(complete(dupfind, {}, "dupfind", COMPLETE).source(), nl=False)
