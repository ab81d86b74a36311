"""The command `dupfind serve`: an HTTP service of an index, with a search page."""

import ipaddress
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from dupfind.cli.main import OK
from dupfind.cli.terminal import index_option, note, show_warnings
from dupfind.errors import DupfindError
from dupfind.storage.database_url import DatabaseUrl, IndexPlace
from dupfind.workspace.find_index import find_place

if TYPE_CHECKING:
    from dupfind.service.middleware import Policy
    from dupfind.service.pool import SearchPool
    from dupfind.service.request_counts import RequestCounts
    from dupfind.service.review_routes import ReviewRoutes

PORT = 8477
CLOSE_S = 0.5
"""Seconds that calls have to end, after the last request was answered or given up."""

_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""The address on this machine of a service that listens on all addresses."""


@click.command(
    "serve",
    epilog="""\b
Examples:
  dupfind serve
  dupfind serve --port 0 --index trackers/.dupfind
  DUPFIND_TOKEN=... dupfind serve --host 0.0.0.0 --token-env DUPFIND_TOKEN --allow-host issues.example.org""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=PORT,
    show_default=True,
    help="Port; 0 chooses a free one.",
)
@click.option(
    "--token-env",
    metavar="NAME",
    help="Environment variable with the token that clients must send; required unless --host is loopback.",
)
@click.option(
    "--webhook-secret-env",
    "secret_env",
    metavar="NAME",
    help="Environment variable with the secret by which trackers sign webhooks. A signed webhook needs no token; one"
    " that is not signed then needs it.",
)
@click.option(
    "--allow-host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help="Host name that clients may use, in addition to localhost and IP addresses; repeatable.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Worker processes, each with the index in its own memory; one per core is fastest.",
)
@click.option("--worker", "is_worker", is_flag=True, hidden=True)
@click.option(
    "--review",
    "with_review",
    is_flag=True,
    help="Also serve the page of `dupfind review`, which writes decisions.",
)
@index_option
def command(
    host: str,
    port: int,
    token_env: str | None,
    secret_env: str | None,
    hosts: tuple[str, ...],
    workers: int,
    is_worker: bool,
    with_review: bool,
    folder: IndexPlace | None,
) -> None:
    """Serve the index over HTTP, with a page that shows duplicates while you type an issue.

    Changes by `dupfind index` show in the next answer. The service writes nothing, except decisions with --review.
    /docs, /openapi.json and docs/service.md describe the API. Stop with Ctrl-C or SIGTERM.
    """
    show_warnings()
    # Several queries run at the same time; with more threads each matrix product would wait for the others' threads.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    try:
        from dupfind.service.middleware import Policy
        from dupfind.service.server import listen
        from dupfind.service.workers import IS_SUPPORTED, run_worker
    except ModuleNotFoundError as error:
        raise DupfindError(f"{error.name} is not installed: pip install 'dupfind[serve]'") from error
    from dupfind.service.discovery import ServiceFile
    from dupfind.service.pool import N_THREADS, SearchPool

    if is_worker:
        run_worker(partial(_work, folder))
        return
    index = find_place(folder)
    token, webhook_secret = _secret(token_env, "token"), _secret(secret_env, "secret")
    if token is None and not _is_loopback(host):
        raise DupfindError(
            f"{host} can be reached from other machines: pass --token-env with a token's variable, or leave out --host"
        )
    if with_review and workers > 1:
        raise DupfindError(
            "--review works in one process only: leave out --workers, or run a second service for it"
        )
    if workers > 1 and not IS_SUPPORTED:
        raise DupfindError("--workers needs SO_REUSEPORT, which this system does not have: leave it out")
    names = sorted({name.lower() for name in hosts})
    with ExitStack() as stack:
        bound = []
        try:
            if workers > 1:  # a shared socket could also be bound to the address of another service's workers
                listen(host, port).close()
            for _ in range(workers):
                bound.append(stack.enter_context(listen(host, port, shared=workers > 1)))
                # Of port 0, the one that the kernel chose; the next sockets share it.
                address, port = bound[0].getsockname()[:2]
        except OSError as error:
            raise DupfindError(
                f"cannot listen at {host}:{port} ({error.strerror}): pass another --host or --port"
            ) from error

        def ready(_: object = None) -> None:
            if not isinstance(index, DatabaseUrl):
                stack.callback(ServiceFile(index, _LOOPBACK_OF.get(address, address), port, token).close)
            note(
                f"dupfind serves {index} at http://{f'[{host}]' if ':' in host else host}:{port}/; stop with Ctrl-C"
            )

        if workers == 1:
            review = stack.enter_context(_review_routes(index)) if with_review else None
            pool = SearchPool(index, is_named=folder is not None)
            policy = Policy(token, frozenset(names), webhook_secret=webhook_secret)
            has_ended = _answer(pool, bound[0], policy, ready, review)
        else:
            job = {
                "token": token,
                "webhook_secret": webhook_secret,
                "hosts": names,
                "threads": max(1, N_THREADS // workers),
                "is_named": folder is not None,
            }
            _answer_by_workers(index, bound, job, ready)
            has_ended = True
    if not has_ended:
        _end()


def _answer_by_workers(
    index: IndexPlace, sockets: Sequence[socket.socket], job: Mapping[str, Any], ready: Callable[[], object]
) -> None:
    """Answer requests by a process for each socket, until SIGINT or SIGTERM.

    Args:
        index: The index.
        sockets: Bound, all to one address.
        job: What each process needs to know; the place of a database is added.
        ready: Called once all processes answer.
    """
    from dupfind.service.request_counts import shared_table
    from dupfind.service.workers import WorkerProcesses

    # -P: workers import no module from the current folder.
    command = [sys.executable, "-P", "-m", "dupfind", "serve", "--worker"]
    url = None
    if isinstance(index, DatabaseUrl):
        url = index.full  # not in the command, because a password would show in the list of processes
    else:
        command += ["--index", str(index)]
    job = {"database": url, **job}
    with (
        shared_table(len(sockets)) as counts,
        WorkerProcesses(command, sockets, job, counts.fileno()) as processes,
    ):
        processes.wait(ready)


def _work(
    folder: IndexPlace | None, job: Mapping[str, Any], ready: Callable[[Callable[[], None]], None]
) -> None:
    """Answer as one of several worker processes."""
    from dupfind.service.middleware import Policy
    from dupfind.service.pool import SearchPool
    from dupfind.service.request_counts import RequestCounts

    index = find_place(folder if job["database"] is None else DatabaseUrl.parse(job["database"]))
    with socket.socket(fileno=job["socket"]) as bound:
        pool = SearchPool(index, n_threads=job["threads"], is_named=job["is_named"])
        policy = Policy(job["token"], frozenset(job["hosts"]), webhook_secret=job["webhook_secret"])
        counts = RequestCounts(job["counts"], job["place"])
        has_ended = _answer(pool, bound, policy, ready, counts=counts)
    if not has_ended:
        _end()


def _answer(
    pool: "SearchPool",
    bound: socket.socket,
    policy: "Policy",
    ready: Callable[[Callable[[], None]], None],
    review: "ReviewRoutes | None" = None,
    counts: "RequestCounts | None" = None,
) -> bool:
    """Answer requests in this process until it is stopped, and close the pool.

    Returns:
        Whether all calls have ended.
    """
    from dupfind.service.app import application
    from dupfind.service.server import serve

    has_ended = False
    try:
        pool.warm()
        serve(application(pool, policy, review, counts), bound, ready)
    finally:
        has_ended = _close(pool)
    return has_ended


def _close(pool: "SearchPool") -> bool:
    """Close a pool, and return whether all calls came to their next stages in time."""
    closing = threading.Thread(target=pool.close, daemon=True)
    closing.start()
    closing.join(CLOSE_S)
    return not closing.is_alive()


def _end() -> None:
    """End the process although a call still runs: Python would wait for its thread."""
    sys.stderr.flush()
    os._exit(OK)


@contextmanager
def _review_routes(folder: IndexPlace) -> "Iterator[ReviewRoutes]":
    """Return the routes of a review of all pairs in a report, by the user who runs the service."""
    from dupfind.cli.progress import progress
    from dupfind.cli.review import person
    from dupfind.collection.collection import Collection
    from dupfind.dedup.defaults import MIN_SCORE
    from dupfind.dedup.report import Parameters
    from dupfind.review.reviewer import Reviewer
    from dupfind.review.session import Review
    from dupfind.service.review_routes import ReviewRoutes

    with Collection.open(folder) as collection:
        with progress() as begin:
            advance = begin("comparing", len(collection))
            review = Review.begin(
                Reviewer(collection, person()), Parameters(MIN_SCORE), progress=advance, start_task=begin
            )
        yield ReviewRoutes(review)


def _secret(variable: str | None, kind: str) -> str | None:
    """Return the token or secret in an environment variable."""
    if variable is None:
        return None
    value = os.environ.get(variable, "")
    if not value.isascii() or len(value) < 16 or not value.isprintable() or " " in value:
        raise DupfindError(
            f"{variable} holds no {kind}: export at least 16 characters, e.g. from `openssl rand -hex 16`"
        )
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
