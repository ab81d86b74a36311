"""`dupfind serve`: the index kept warm, for programs and for a page where one types an issue."""

import ipaddress
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dupfind.cli.terminal import find_index, index_option, note, show_warnings
from dupfind.errors import DupfindError

if TYPE_CHECKING:
    from dupfind.service.booth import Booth

PORT = 8477

_WITHIN = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where a service that listens there is found from this machine."""


@click.command(
    "serve",
    epilog="""\b
Examples:
  dupfind serve
  dupfind serve --port 0 --index trackers/.dupfind
  DUPFIND_TOKEN=... dupfind serve --host 0.0.0.0 --token-env DUPFIND_TOKEN --allow-host issues.example.org""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=PORT,
    show_default=True,
    help="The port; 0 takes one that is free.",
)
@click.option(
    "--token-env",
    metavar="NAME",
    help="The environment variable with the token that clients must send; needed beyond this machine.",
)
@click.option(
    "--allow-host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help="A name of this service that clients may use, beside localhost and addresses; repeatable.",
)
@click.option(
    "--review",
    "reviewed",
    is_flag=True,
    help="Serve the page of `dupfind review`, too, which writes decisions.",
)
@index_option
def command(
    host: str, port: int, token_env: str | None, hosts: tuple[str, ...], reviewed: bool, folder: Path | None
) -> None:
    """Keep the index warm and answer over HTTP, with a page where one types an issue and sees its duplicates.

    What `dupfind index` changes shows in the next answer. Nothing is written but, with --review, decisions. The API is
    in /openapi.json and in docs/service.md; an end comes with Ctrl-C or SIGTERM.
    """
    token = _token(token_env)
    if token is None and not _is_loopback(host):
        raise DupfindError(
            f"{host} can be reached from other machines: name a token's variable with --token-env, or leave --host out"
        )
    show_warnings()
    # Several questions are answered beside each other; threads of one product would wait for one another.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    try:
        from dupfind.service.app import application
        from dupfind.service.server import listen, serve
    except ModuleNotFoundError as error:
        raise DupfindError(f"{error.name} is not installed: pip install 'dupfind[serve]'") from error
    from dupfind.resident import Announcement
    from dupfind.service.desk import Desk
    from dupfind.service.guard import Policy

    desk = Desk(find_index(folder))
    with ExitStack() as stack:
        stack.callback(desk.close)
        booth = stack.enter_context(_booth(desk.folder)) if reviewed else None
        try:
            bound = listen(host, port)
        except OSError as error:
            raise DupfindError(
                f"cannot listen at {host}:{port} ({error.strerror}): pass another --host or --port"
            ) from error
        with bound:
            desk.warm()
            at, port = bound.getsockname()[:2]
            address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
            policy = Policy(token, frozenset(name.lower() for name in hosts))
            announced = Announcement(desk.folder, _WITHIN.get(at, at), port, token)
            stack.callback(announced.close)
            app = application(desk, policy, booth)
            serve(app, bound, lambda _: note(f"dupfind serves {desk.folder} at {address}; Ctrl-C ends it"))


@contextmanager
def _booth(folder: Path) -> "Iterator[Booth]":
    """The review of all that a report shows, by whoever runs the service."""
    from dupfind.backlog import MIN_SCORE
    from dupfind.chances import calibrated
    from dupfind.cli.progress import progress
    from dupfind.cli.review import person
    from dupfind.collection import Collection
    from dupfind.margins import MIN_MARGIN
    from dupfind.reports.report import Parameters
    from dupfind.review import Review
    from dupfind.service.booth import Booth

    with Collection.open(folder) as collection:
        with progress() as begin:
            advance = begin("comparing", len(collection))
            asked = Parameters(MIN_SCORE, MIN_MARGIN)
            chances = calibrated(collection, partial(begin, "working out probabilities"))
            review = Review.begin(collection, asked, person(), probabilities=chances, progress=advance)
        yield Booth(review)


def _token(variable: str | None) -> str | None:
    if variable is None:
        return None
    token = os.environ.get(variable, "")
    if not token.isascii() or len(token) < 16 or not token.isprintable() or " " in token:
        raise DupfindError(
            f"{variable} holds no token: export 16 characters or more, such as `openssl rand -hex 16`"
        )
    return token


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
