"""Standard input is waited for so that no signal is lost, and a second Ctrl-C ends whatever the first did not."""

import signal
import subprocess
import sys

import pytest

from dupfind.cli import main
from dupfind.cli.terminal import standard_input
from tests.support.modules import import_line

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


def test_a_signal_in_the_instant_before_a_wait_for_more_is_heard() -> None:
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


def test_a_second_ctrl_c_ends_what_the_first_did_not() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(2):
            assert process.stdout.read(1) == b"!"
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == -signal.SIGINT


def test_a_command_that_was_started_deaf_to_ctrl_c_stays_so() -> None:
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    reading = (
        f"import {main.__name__} as cli\n"
        "cli.run = lambda _: print(int(signal.getsignal(signal.SIGINT)))\ncli.main()"
    )
    done = subprocess.run([sys.executable, "-c", ignoring + reading], capture_output=True, text=True)
    assert done.stdout.strip() == "1"
