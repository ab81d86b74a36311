"""The command `dupfind mcp`: a server of tools with which a coding agent looks for duplicates."""

import logging
import os

import click

from dupfind.cli.terminal import index_option, show_warnings, verdicts_option
from dupfind.errors import DupfindError
from dupfind.storage.database_url import IndexPlace
from dupfind.workspace.find_index import find_place


@click.command(
    "mcp",
    epilog="""\b
Example of a coding agent's configuration:
  {"mcpServers": {"dupfind": {"command": "dupfind", "args": ["mcp"]}}}""",
)
@verdicts_option()
@index_option
def command(verdicts: str | None, folder: IndexPlace | None) -> None:
    """Serve the Model Context Protocol, so that a coding agent finds duplicates before it files an issue.

    The agent starts this command and talks to it on standard input and output. It has three tools:
    find_duplicates(title, body, k), get_issue(id) and list_clusters(k). The index is never written, and opened anew at
    each call.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    show_warnings()
    try:
        from dupfind.integrations.mcp_server import server
        from dupfind.integrations.well_formed_input import well_formed_input
    except ModuleNotFoundError as error:
        raise DupfindError(f"{error.name} is not installed: pip install 'dupfind[mcp]'") from error
    tools = server(lambda: find_place(folder), verdicts)
    # asyncio logs a traceback for a task that fails while Ctrl-C ends it: noise on the agent's standard error.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    with well_formed_input():
        tools.run("stdio")
