"""The values that a shell completes: names in the index, and files."""

import re
from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from dupfind.errors import DupfindError

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]

# A shell splits a value at a space and expands other characters. An index that came with a repository may hold any.
_WORD = re.compile(r"[\w.:/@+=-]+\Z")


def names_of(kind: str) -> Completer:
    """Return what completes a name in the index.

    Args:
        kind: One of `storage.known_names.KINDS`.
    """

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        from dupfind.storage.known_names import known_names
        from dupfind.workspace.find_index import find_index

        try:
            names = known_names(find_index(ctx.params.get("folder")), kind)
        except (DupfindError, OSError):  # nothing to complete; the command itself will say why
            return []
        return [CompletionItem(name) for name in names if name.startswith(incomplete) and _WORD.match(name)]

    return complete


def complete_files(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Let the shell complete the name of a file."""
    return [CompletionItem(incomplete, type="file")]
