"""The crew: processes that answer at one address, each with the index open, so that every core has work.

Threads of one process wait for each other wherever Python itself is at work. Each worker has a socket of its own at
the common address (SO_REUSEPORT), among which the kernel deals out the connections. What a worker has to know comes
on its standard input, which stays open: it ends when its input does, also if the one who wrote there was killed.
"""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

from dupfind.errors import DupfindError
from dupfind.service.server import LEAVE_S

READY = "ready"
_SHORT_S = 30.0
"""Seconds: a worker that lives no longer is begun again after a pause, which grows up to as many."""

_AGAIN_S = 0.25  # the first pause
_LOOK_S = 0.1  # until a signal is noticed

_log = logging.getLogger("dupfind")


class WorkerProcesses:
    """Workers, each begun again when it ends unasked."""

    def __init__(
        self, command: Sequence[str], sockets: Sequence[socket.socket], job: Mapping[str, Any]
    ) -> None:
        """Start a worker for each socket, and wait until all answer.

        Args:
            command: What a worker runs; it has to read its `job` and to say `READY`.
            sockets: Bound, of one address.
            job: What it has to know; "socket" is added.

        Raises:
            DupfindError: One cannot answer; the others are stopped.
        """
        self._command, self._job = command, job
        self._is_over = threading.Event()
        self._workers: list[subprocess.Popen[str]] = []
        try:
            for bound in sockets:
                self._workers.append(self._begin(bound))
            for worker in self._workers:
                _wait(worker)
        except BaseException:
            self.stop()
            self._close()
            raise
        self._watches = [
            threading.Thread(target=self._watch, args=(place, bound), name=f"worker {place}")
            for place, bound in enumerate(sockets)
        ]
        for watch in self._watches:
            watch.start()

    def __enter__(self) -> Self:
        """Stop at the end of a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let every worker answer what it has at hand; at an interruption end them at once."""
        try:
            self.stop()
        except BaseException:
            for worker in self._workers:
                worker.kill()
            raise
        for watch in self._watches:
            watch.join()
        self._close()

    def wait(self, ready: Callable[[], object]) -> None:
        """Wait for SIGINT or SIGTERM; a second one ends all at once.

        Args:
            ready: Called as soon as they are waited for.
        """
        told: list[int] = []

        def end(number: int, _: object) -> None:
            if told:
                raise KeyboardInterrupt
            told.append(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        ready()
        while not told:  # an Event could be set while this thread holds its lock
            time.sleep(_LOOK_S)

    def stop(self) -> None:
        """Tell all workers to end, and wait for them."""
        self._is_over.set()
        for worker in self._workers:
            with suppress(OSError):
                _pipe(worker.stdin).close()
        for worker in self._workers:
            try:
                worker.wait(LEAVE_S + 5)
            except subprocess.TimeoutExpired:
                worker.kill()

    def _close(self) -> None:
        for worker in self._workers:
            _pipe(worker.stdout).close()

    def _begin(self, bound: socket.socket) -> subprocess.Popen[str]:
        worker = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            pass_fds=[bound.fileno()],
            process_group=0,  # Ctrl-C is for us alone
        )
        with suppress(OSError):  # it has ended already, as will be seen
            stdin = _pipe(worker.stdin)
            stdin.write(json.dumps({**self._job, "socket": bound.fileno()}) + "\n")
            stdin.flush()
        return worker

    def _watch(self, place: int, bound: socket.socket) -> None:
        """Begin a worker again whenever it ends; what comes to its socket meanwhile waits there."""
        pause, began = 0.0, time.monotonic()
        while True:
            ended = self._workers[place]
            ended.wait()
            with suppress(OSError):
                _pipe(ended.stdin).close()
            _pipe(ended.stdout).close()
            if not self._is_over.is_set():
                _log.warning("a worker ended with %s, another takes its place", ended.returncode)
            # One that ends again and again is begun again more and more rarely.
            is_short = time.monotonic() - began < _SHORT_S
            pause = min(max(2 * pause, _AGAIN_S), _SHORT_S) if is_short else 0.0
            if self._is_over.wait(pause):
                return
            began = time.monotonic()
            try:
                self._workers[place] = self._begin(bound)
                if self._is_over.is_set():  # `stop` may have seen the one before
                    self._workers[place].kill()
                _wait(self._workers[place])
            except (DupfindError, OSError) as error:
                _log.warning("%s", error)


Stop = Callable[[], None]


def work(answer: Callable[[Mapping[str, Any], Callable[[Stop], None]], None]) -> None:
    """Be a worker: take the job, answer until the input ends.

    Args:
        answer: Answers as a job says. Once it is ready it gives its second argument a function, whose call ends it.
    """
    job = json.loads(sys.stdin.readline())
    # What any library prints is for the person, and no answer to who began this.
    said = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def ready(stop: Stop) -> None:
        def wait_for_the_end() -> None:
            sys.stdin.read()
            stop()

        threading.Thread(target=wait_for_the_end, daemon=True).start()
        print(READY, file=said, flush=True)

    try:
        answer(job, ready)
    except DupfindError as error:
        print(error, file=said, flush=True)
        raise SystemExit(2) from None


def _wait(worker: subprocess.Popen[str]) -> None:
    """Wait until a worker answers.

    Raises:
        DupfindError: It says why it cannot, or ends without a word.
    """
    said = _pipe(worker.stdout).readline().strip()
    if said != READY:
        raise DupfindError(
            said or f"a worker of the service ended with {worker.wait()} before it could answer"
        )


def _pipe(stream: Any) -> Any:
    assert stream is not None
    return stream
