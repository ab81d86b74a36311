"""End work that nobody waits for any more: after Ctrl-C, or when a request is given up."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SQL_STEPS = 200_000
"""Steps of SQLite's machine (a few ms) after which a statement checks whether it is to end."""


class GivenUp(Exception):
    """Nobody waits for the result of this work."""


class _Waiting(threading.local):
    """Whether somebody waits for the work of this thread."""

    is_over: Callable[[], bool] | None = None


_waiting = _Waiting()
_was_interrupted = False


def interrupt() -> None:
    """Note that the user wants all work of this process to end; a signal handler may call it."""
    global _was_interrupted
    _was_interrupted = True


def forget() -> None:
    """Begin anew, as a new command does."""
    global _was_interrupted
    _was_interrupted = False


def was_interrupted() -> bool:
    """Return whether the user wants all work to end."""
    return _was_interrupted


def check() -> None:
    """Go on with the work of this thread, if somebody waits for it; called between two stages.

    Raises:
        GivenUp: Nobody does.
    """
    if _was_interrupted or (_waiting.is_over is not None and _waiting.is_over()):
        raise GivenUp("nobody waits for this answer")


def reason() -> BaseException:
    """Return the exception for a statement of this thread that was ended before its time."""
    is_over = _waiting.is_over is not None and _waiting.is_over()
    if threading.current_thread() is threading.main_thread() and not is_over:
        return KeyboardInterrupt()
    return GivenUp("nobody waits for this answer")


def watch(connection: Any) -> None:
    """Let a connection to SQLite end its statements after `interrupt`.

    While a statement runs, Python handles no signal. This call of Python gives it the opportunity.
    """
    connection.set_progress_handler(lambda: _was_interrupted, SQL_STEPS)


@contextmanager
def working(connection: Any, is_over: Callable[[], bool]) -> Iterator[None]:
    """Let the work in this block end early: `check` in this thread, and statements of the connection in any thread.

    Args:
        connection: A connection to SQLite that `watch` has seen.
        is_over: Returns whether nobody waits for the result; called often, from several threads.
    """
    before, _waiting.is_over = _waiting.is_over, is_over
    connection.set_progress_handler(lambda: _was_interrupted or is_over(), SQL_STEPS)
    try:
        yield
    finally:
        _waiting.is_over = before
        watch(connection)
