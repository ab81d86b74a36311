"""Take from a Python process what Windows lacks: run `python without_posix.py ARGUMENTS...`, a command line of dupfind.

Modules that only POSIX has cannot be imported from code of dupfind, and names that only POSIX has are gone from `os`,
`signal` and `socket`. Libraries are loaded before, and keep what they need on the system that they are made for.
"""

import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pkgutil import walk_packages
from types import ModuleType

MODULES = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty")

LIBRARIES = """
alembic.command anyio asyncio certifi charset_normalizer click.testing concurrent.futures.thread faiss
filelock getpass glob http.client httpx2 huggingface_hub jinja2 keyring mcp.server numpy pathlib pydantic
safetensors shutil sqlalchemy.dialects.sqlite starlette.routing subprocess tempfile
tenacity tokenizers uvicorn yaml
"""

OS = """
fork forkpty fchmod fchown chown lchown getuid geteuid getgid getegid getpgid setsid setpgid killpg uname
getloadavg sched_getaffinity mkfifo mknod pread pwrite readv writev preadv sendfile statvfs nice ttyname
sysconf wait3 wait4 sync O_NOFOLLOW O_NONBLOCK O_CLOEXEC O_DIRECTORY O_SYNC O_NOCTTY chroot fchdir fdatasync
"""

SIGNAL = """
SIGHUP SIGKILL SIGQUIT SIGUSR1 SIGUSR2 SIGALRM SIGPIPE SIGCHLD SIGTSTP SIGWINCH alarm setitimer pause
pthread_kill pthread_sigmask sigwait siginterrupt
"""

NAMES = {os: OS, signal: SIGNAL, socket: "AF_UNIX SO_REUSEPORT"}


class _Refusing(MetaPathFinder):
    """Finds the modules of POSIX first, and refuses them."""

    def find_spec(
        self, name: str, path: object = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def take_away() -> None:
    """Make this process as much like one on Windows as it can be."""
    for name in LIBRARIES.split():
        with suppress(ModuleNotFoundError):  # an extra that is not installed
            import_module(name)
    sys.meta_path.insert(0, _Refusing())
    for name in MODULES:
        sys.modules.pop(name, None)
    for module, names in NAMES.items():
        poor = ModuleType(module.__name__)
        vars(poor).update({name: value for name, value in vars(module).items() if name not in names.split()})
        sys.modules[module.__name__] = poor


def import_all() -> list[str]:
    """Import every module of dupfind, and return their names."""
    package = import_module("dupfind")
    names = [module.name for module in walk_packages(package.__path__, "dupfind.")]
    for name in names:
        if not name.endswith(".__main__"):  # it runs the command
            import_module(name)
    return names


def main(arguments: Sequence[str]) -> int:
    """Run a command line; without one, import all."""
    if not arguments:
        names = import_all()  # with all libraries
        for name in [name for name in sys.modules if name.partition(".")[0] == "dupfind"]:
            del sys.modules[name]
        take_away()
        print(len(import_all()) - len(names))
        return 0
    take_away()
    from dupfind.cli.main import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
