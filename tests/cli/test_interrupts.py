"""No signal is lost while standard input is read, and a second Ctrl-C ends the process."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dupfind.cli import main
from dupfind.cli.terminal import standard_input
from tests.support.modules import import_line
from tests.support.timing import HANGS_S

pytestmark = pytest.mark.slow

READER = f"""
import _thread, os, signal, threading
{import_line(standard_input)}
heard = threading.Semaphore(0)
signal.signal(signal.SIGINT, lambda *_: heard.release())

def interrupt():
    for _ in range(30):
        # Notes the signal and wakes no system call, as one does that comes in the instant before the call.
        _thread.interrupt_main()
        if not heard.acquire(timeout=5):
            os._exit(1)
    os.write(1, b"heard")

threading.Thread(target=interrupt).start()
os.write(1, standard_input().read())
"""


def test_a_signal_just_before_a_wait_for_input_is_handled() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", READER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"one line\nand a ")
        process.stdin.flush()
        assert process.stdout.read(5) == b"heard"
        process.stdin.write(b"half")
        process.stdin.close()
        assert process.stdout.read() == b"one line\nand a half"


STUBBORN = f"""
import os, sys, time
import {main.__name__} as cli

def forever(arguments):
    while True:
        try:
            os.write(1, b"!")
            time.sleep(60)
        except KeyboardInterrupt:
            pass

cli.run = forever
cli.main()
"""


def test_a_second_ctrl_c_ends_the_process() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(2):
            assert process.stdout.read(1) == b"!"
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == -signal.SIGINT


def test_a_command_that_was_started_with_ctrl_c_ignored_ignores_it() -> None:
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    reading = (
        f"import {main.__name__} as cli\n"
        "cli.run = lambda _: print(int(signal.getsignal(signal.SIGINT)))\ncli.main()"
    )
    done = subprocess.run([sys.executable, "-c", ignoring + reading], capture_output=True, text=True)
    assert done.stdout.strip() == "1"


def test_a_ctrl_c_that_falls_into_a_destructor_prints_nothing_and_other_errors_there_are_shown() -> None:
    program = (
        f"import {main.__name__} as cli\n"
        "class Lost:\n"
        "    def __init__(self, error): self.error = error\n"
        "    def __del__(self): raise self.error\n"
        "def lose(_):\n"
        "    Lost(KeyboardInterrupt())\n"
        "    Lost(ValueError('a fault'))\n"
        "    return 0\n"
        "cli.run = lose\n"
        "cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0
    assert "KeyboardInterrupt" not in done.stderr
    assert "ValueError: a fault" in done.stderr


@pytest.mark.parametrize(("end", "code"), [("", 0), ("0", 0), ("1", 2), ("2", 2), ("'a text'", 2)])
def test_an_exit_inside_of_a_command_never_means_that_duplicates_were_found(end: str, code: int) -> None:
    program = (
        f"import sys, {main.__name__} as cli\n"
        f"cli.dupfind.callback = lambda: sys.exit({end})\n"
        "sys.exit(cli.run(['info']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8")
    assert done.returncode == code, done.stderr


CONTAINER = ["unshare", "--fork", "--pid", "--kill-child", sys.executable, "-c"]
"""Runs a program as the first process of its own, as a container does."""


@pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run([*CONTAINER, ""], capture_output=True, check=False).returncode != 0,
    reason="this user cannot make a container",
)
def test_sigterm_ends_the_first_process_of_a_container() -> None:
    waiting = (
        f"import os, time\nimport {main.__name__} as cli\n"
        "cli.run = lambda _: (os.write(1, b'!'), time.sleep(60))\ncli.main()"
    )
    with subprocess.Popen([*CONTAINER, waiting], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as outer:
        try:
            assert outer.stdout is not None
            assert outer.stdout.read(1) == b"!"
            [inner] = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
            os.kill(int(inner), signal.SIGTERM)
            assert outer.wait(HANGS_S) != 0
        finally:
            outer.kill()
