"""Single keys from a terminal: typed without Enter, and not shown."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dupfind.cli.terminal import standard_input

try:
    import termios
    import tty
except ModuleNotFoundError:  # Windows
    HAS_TERMIOS = False
else:
    HAS_TERMIOS = True

_INTERRUPT = "\x03"  # Ctrl-C, where the terminal passes it as a key
_PREFIXES = ("\x00", "\xe0")  # before the second half of an arrow or function key, on Windows


@contextmanager
def single_keys() -> Iterator[Iterator[str]]:
    """Yield the keys of standard input, which is a terminal; the terminal is restored at the end of the block.

    Keys that were typed ahead are not lost, and Ctrl-C raises KeyboardInterrupt.
    """
    if not HAS_TERMIOS:
        yield _windows_keys()
        return
    terminal = sys.stdin.fileno()
    settings = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSADRAIN)
        yield _posix_keys()
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, settings)


def _posix_keys() -> Iterator[str]:
    stdin = standard_input()
    while key := stdin.read(1):
        yield key.decode("ascii", "replace")


def _windows_keys() -> Iterator[str]:
    from importlib import import_module

    getwch = import_module("msvcrt").getwch  # the types of other systems do not have it
    while True:
        key = getwch()
        if key == _INTERRUPT:
            raise KeyboardInterrupt
        if key in _PREFIXES:
            getwch()
            continue
        yield key
