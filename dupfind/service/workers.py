"""Start, watch and stop the worker processes of a service, which answer at one address.

Threads of one process wait for each other wherever Python itself is at work; processes do not. Each worker has its own
socket at the common address (SO_REUSEPORT), and the kernel distributes connections among the sockets. A worker reads
its job from standard input, which stays open. It ends when its input ends, so it also ends if its parent is killed.
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

IS_SUPPORTED = hasattr(socket, "SO_REUSEPORT")
"""Whether several processes can answer at one address; not on Windows."""

READY = "ready"
"""The line that a worker prints once it answers."""

_SHORT_S = 30.0
"""Seconds: a worker that ends sooner is restarted after a pause; also the longest pause."""

_PAUSE_S = 0.25  # the first pause
_END_S = 1.5  # that a worker has to end, after its requests; it needs half a second, on a busy machine more
_POLL_S = 0.1  # between two checks for a signal

_log = logging.getLogger("dupfind")


class WorkerProcesses:
    """Worker processes; one that ends by itself is replaced."""

    def __init__(
        self,
        command: Sequence[str],
        sockets: Sequence[socket.socket],
        job: Mapping[str, Any],
        counts: int,
    ) -> None:
        """Start a worker for each socket, and wait until all answer.

        Args:
            command: The worker's command; it calls `run_worker`.
            sockets: Bound, all to one address.
            job: Fields for the worker; "socket", "counts" and "place" are added.
            counts: The descriptor of a file that the workers share.

        Raises:
            DupfindError: A worker cannot answer; the others are stopped.
        """
        self._command, self._job, self._counts = command, job, counts
        self._is_stopping = threading.Event()
        self._workers: list[subprocess.Popen[str]] = []
        try:
            for place, bound in enumerate(sockets):
                self._workers.append(self._start(place, bound))
            for worker in self._workers:
                _wait_until_ready(worker)
        except BaseException:
            self.stop()
            self._close_pipes()
            raise
        self._watchers = [
            threading.Thread(target=self._watch, args=(place, bound), name=f"worker {place}")
            for place, bound in enumerate(sockets)
        ]
        for watcher in self._watchers:
            watcher.start()

    def __enter__(self) -> Self:
        """Stop at the end of a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give every worker a second or two to end; kill those that do not, and on an interruption all."""
        try:
            self.stop()
        except BaseException:
            for worker in self._workers:
                worker.kill()
            raise
        for watcher in self._watchers:
            watcher.join()
        self._close_pipes()

    def wait(self, ready: Callable[[], object]) -> None:
        """Wait for SIGINT or SIGTERM; a second signal raises KeyboardInterrupt.

        Args:
            ready: Called once the signals are handled.
        """
        signals: list[int] = []

        def receive(number: int, _: object) -> None:
            if signals:
                raise KeyboardInterrupt
            signals.append(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, receive)
        ready()
        # A handler that sets an Event can deadlock: it may run while this thread holds the Event's lock.
        while not signals:
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """End the input of all workers, and wait for them; kill those that do not end in time."""
        self._is_stopping.set()
        for worker in self._workers:
            with suppress(OSError):
                _pipe(worker.stdin).close()
        end = time.monotonic() + LEAVE_S + _END_S
        for worker in self._workers:
            try:
                worker.wait(max(0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def _close_pipes(self) -> None:
        for worker in self._workers:
            _pipe(worker.stdout).close()

    def _start(self, place: int, bound: socket.socket) -> subprocess.Popen[str]:
        worker = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            pass_fds=[
                bound.fileno(),
                self._counts,
            ],  # Python's descriptors are not inherited by default (PEP 446)
            process_group=0,  # Ctrl-C then reaches only the parent
        )
        with suppress(OSError):  # the worker has ended already; `_wait_until_ready` reports it
            stdin = _pipe(worker.stdin)
            own = {"socket": bound.fileno(), "counts": self._counts, "place": place}
            stdin.write(json.dumps({**self._job, **own}) + "\n")
            stdin.flush()
        return worker

    def _watch(self, place: int, bound: socket.socket) -> None:
        """Restart a worker whenever it ends; connections to its socket wait for the next one."""
        pause, started = 0.0, time.monotonic()
        while True:
            worker = self._workers[place]
            worker.wait()
            with suppress(OSError):
                _pipe(worker.stdin).close()
            _pipe(worker.stdout).close()
            if not self._is_stopping.is_set():
                _log.warning("a worker ended with status %s and is replaced", worker.returncode)
            # The pause doubles with every short life, and is over after a long one.
            is_short = time.monotonic() - started < _SHORT_S
            pause = min(max(2 * pause, _PAUSE_S), _SHORT_S) if is_short else 0.0
            if self._is_stopping.wait(pause):
                return
            started = time.monotonic()
            try:
                self._workers[place] = self._start(place, bound)
                if self._is_stopping.is_set():  # `stop` may have seen only the worker before
                    self._workers[place].kill()
                _wait_until_ready(self._workers[place])
            except (DupfindError, OSError) as error:
                _log.warning("%s", error)


Stop = Callable[[], None]


def run_worker(answer: Callable[[Mapping[str, Any], Callable[[Stop], None]], None]) -> None:
    """Run as a worker: read the job from standard input, and answer until the input ends.

    Args:
        answer: Answers requests as the job says. Once ready, it calls its second argument with a function that stops
            it.
    """
    job = json.loads(sys.stdin.readline())
    # Standard output is for the parent alone; anything that a library prints goes to standard error.
    parent = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def ready(stop: Stop) -> None:
        def stop_at_end_of_input() -> None:
            sys.stdin.read()
            stop()

        threading.Thread(target=stop_at_end_of_input, daemon=True).start()
        print(READY, file=parent, flush=True)

    try:
        answer(job, ready)
    except DupfindError as error:
        print(error, file=parent, flush=True)
        raise SystemExit(2) from None


def _wait_until_ready(worker: subprocess.Popen[str]) -> None:
    """Wait until a worker answers.

    Raises:
        DupfindError: The worker reports an error, or ends without a line.
    """
    line = _pipe(worker.stdout).readline().strip()
    if line != READY:
        raise DupfindError(
            line or f"a worker of the service ended with status {worker.wait()} before it could answer"
        )


def _pipe(stream: Any) -> Any:
    assert stream is not None
    return stream
