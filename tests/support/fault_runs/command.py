"""A command in a process of its own, with a time limit, and how it ended."""

import contextlib
import io
import os
import signal
import tempfile
from pathlib import Path
from typing import NamedTuple

from dupfind.cli.main import FOUND, OK, TROUBLE, run
from tests.support.fault_runs.tally import Tally

LIMIT_S = 60
"""Seconds of processor time after which a command hangs; of time it has ten times as many."""


class Ended(NamedTuple):
    """How a command has ended: its exit code, negative for a signal, and its output."""

    code: int
    out: str
    err: str


def load(index: Path, *arguments: str) -> None:
    """Run a command in this process, so that its forks find loaded what it imports."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert run([*arguments, "--index", str(index)]) == OK


def command(index: Path, *arguments: str) -> Ended:
    """Run a command on an index in a fork of this process."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            try:
                _run([*arguments, "--index", str(index)], out.fileno(), err.fileno())
            finally:
                os._exit(99)
        _, status = os.waitpid(pid, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return Ended(os.waitstatus_to_exitcode(status), *texts)


def _run(arguments: list[str], out: int, err: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S + 1))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(10 * LIMIT_S)
    texts = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(texts[0]), contextlib.redirect_stderr(texts[1]):
        code = run(arguments)
    for file, text in zip((out, err), texts, strict=True):
        with os.fdopen(os.dup(file), "wb") as stream:
            stream.write(text.getvalue().encode(errors="backslashreplace"))
    os._exit(code)


def is_in_order(ended: Ended, note: str, tally: Tally) -> bool:
    """Whether a command has ended with an exit code of dupfind's and no traceback; a fault is counted."""
    if ended.code in (-signal.SIGXCPU, -signal.SIGALRM, -signal.SIGKILL):
        tally.add("hangs", note)
    elif ended.code not in (OK, FOUND, TROUBLE) or "Traceback" in ended.err:
        tally.add("tracebacks", f"{note}: {ended.code} {ended.err[-400:]}")
    else:
        return True
    return False
