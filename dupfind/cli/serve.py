"""`dupfind serve`: the index kept warm, for programs and for a page where one types an issue."""

import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.terminal import index_option, note, show_warnings
from dupfind.errors import DupfindError
from dupfind.workspace.find_index import find_index

if TYPE_CHECKING:
    from dupfind.service.middleware import Policy
    from dupfind.service.pool import SearchPool
    from dupfind.service.review_routes import ReviewRoutes

PORT = 8477

_WITHIN = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where a service that listens there is found from this machine."""


@click.command(
    "serve",
    short_help="Serve search over HTTP, with a web page.",
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
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that answer, each with the index in its memory; one for each core answers most.",
)
@click.option("--worker", "is_worker", is_flag=True, hidden=True)
@click.option(
    "--review",
    "reviewed",
    is_flag=True,
    help="Serve the page of `dupfind review`, too, which writes decisions.",
)
@index_option
def command(
    host: str,
    port: int,
    token_env: str | None,
    hosts: tuple[str, ...],
    workers: int,
    is_worker: bool,
    reviewed: bool,
    folder: Path | None,
) -> None:
    """Keep the index warm and answer over HTTP, with a page where one types an issue and sees its duplicates.

    What `dupfind index` changes shows in the next answer. Nothing is written but, with --review, decisions. The API is
    in /openapi.json and in docs/service.md; an end comes with Ctrl-C or SIGTERM.
    """
    show_warnings()
    # Several questions are answered beside each other; threads of one product would wait for one another.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    try:
        from dupfind.service.middleware import Policy
        from dupfind.service.server import listen
        from dupfind.service.workers import WorkerProcesses, work
    except ModuleNotFoundError as error:
        raise DupfindError(f"{error.name} is not installed: pip install 'dupfind[serve]'") from error
    from dupfind.service.discovery import ServiceFile
    from dupfind.service.pool import N_THREADS, SearchPool

    index = find_index(folder)
    if is_worker:
        work(partial(_work, index))
        return
    token = _token(token_env)
    if token is None and not _is_loopback(host):
        raise DupfindError(
            f"{host} can be reached from other machines: name a token's variable with --token-env, or leave --host out"
        )
    if reviewed and workers > 1:
        raise DupfindError("--review has one list of questions: leave --workers out, or serve it beside")
    names = sorted({name.lower() for name in hosts})
    with ExitStack() as stack:
        bound = []
        try:
            if workers > 1:  # to which the address of another's workers would be as free as their own
                listen(host, port).close()
            for _ in range(workers):
                bound.append(stack.enter_context(listen(host, port, shared=workers > 1)))
                at, port = bound[0].getsockname()[:2]
        except OSError as error:
            raise DupfindError(
                f"cannot listen at {host}:{port} ({error.strerror}): pass another --host or --port"
            ) from error

        def ready(_: object = None) -> None:
            stack.callback(ServiceFile(index, _WITHIN.get(at, at), port, token).close)
            note(
                f"dupfind serves {index} at http://{f'[{host}]' if ':' in host else host}:{port}/; Ctrl-C ends it"
            )

        if workers == 1:
            booth = stack.enter_context(_booth(index)) if reviewed else None
            desk = SearchPool(index, is_named=folder is not None)
            _answer(desk, bound[0], Policy(token, frozenset(names)), ready, booth)
            return
        # -P: no module is taken from the folder that this stands in.
        command = [sys.executable, "-P", "-m", "dupfind", "serve", "--index", str(index), "--worker"]
        job = {
            "token": token,
            "hosts": names,
            "threads": max(1, N_THREADS // workers),
            "is_named": folder is not None,
        }
        with WorkerProcesses(command, bound, job) as crew:
            crew.wait(ready)


def _work(index: Path, job: Mapping[str, Any], ready: Callable[[Callable[[], None]], None]) -> None:
    """Be one of several processes."""
    from dupfind.service.middleware import Policy
    from dupfind.service.pool import SearchPool

    with socket.socket(fileno=job["socket"]) as bound:
        desk = SearchPool(index, n_threads=job["threads"], is_named=job["is_named"])
        _answer(desk, bound, Policy(job["token"], frozenset(job["hosts"])), ready)


def _answer(
    desk: "SearchPool",
    bound: socket.socket,
    policy: "Policy",
    ready: Callable[[Callable[[], None]], None],
    booth: "ReviewRoutes | None" = None,
) -> None:
    """Answer in this process until it is told to end, and close the desk."""
    from dupfind.service.app import application
    from dupfind.service.server import serve

    with closing(desk):
        desk.warm()
        serve(application(desk, policy, booth), bound, ready)


@contextmanager
def _booth(folder: Path) -> "Iterator[ReviewRoutes]":
    """The review of all that a report shows, by whoever runs the service."""
    from dupfind.cli.progress import progress
    from dupfind.cli.review import person
    from dupfind.collection.collection import Collection
    from dupfind.dedup.defaults import MIN_MARGIN, MIN_SCORE
    from dupfind.dedup.probabilities import calibrated
    from dupfind.dedup.report import Parameters
    from dupfind.review.reviewer import Reviewer
    from dupfind.review.session import Review
    from dupfind.service.review_routes import ReviewRoutes

    with Collection.open(folder) as collection:
        with progress() as begin:
            advance = begin("comparing", len(collection))
            asked = Parameters(MIN_SCORE, MIN_MARGIN)
            chances = calibrated(collection, partial(begin, "working out probabilities"))
            review = Review.begin(
                Reviewer(collection, person()), asked, probabilities=chances, progress=advance
            )
        yield ReviewRoutes(review)


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
