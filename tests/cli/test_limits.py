"""Without memory or files a command ends with 2 and one reason; 1 means duplicates and nothing else."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dupfind.cli import exit_code, main
from dupfind.encoders import torch_library
from tests.support.samples import Command

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.slow

LIMITED = f"""
import resource, runpy, sys
kind, most = int(sys.argv[1]), int(sys.argv[2])
sys.argv[1:] = sys.argv[3:]
import {main.__name__} as cli
resource.setrlimit(kind, (most, most))
cli.main()
"""


def limited(kind: int, most: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIMITED, str(kind), str(most), *arguments],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"DUPFIND_NO_SERVICE": "1"},
        timeout=120,
    )


@pytest.mark.parametrize("mib", [100, 150, 200, 240, 290, 340, 400])
def test_whatever_the_memory_exit_code_1_is_not_said(indexed: Path, mib: int) -> None:
    done = limited(resource.RLIMIT_AS, mib << 20, "query", "abc def")
    assert done.returncode in (0, 2), done.stderr
    assert (done.returncode == 0) == ("abc def crash" in done.stdout)
    if mib << 20 < exit_code.LEAST_MEMORY:
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "MiB of memory is too low" in done.stderr


@pytest.mark.model
@pytest.mark.parametrize("mib", [230, 340, 590, 780, 1300])
def test_whatever_the_memory_an_index_is_made_or_one_line_says_why_not(mib: int, here: Path) -> None:
    rows = "".join(f"{number},crash {number} of the worker,it ends\n" for number in range(400))
    # Enough rows for the engine of bulk.
    (here / "issues.csv").write_text(f"id,title,body\n{rows}", encoding="utf-8")
    done = limited(resource.RLIMIT_AS, mib << 20, "index", "-q", "issues.csv")
    assert done.returncode in (0, 2), done.stderr
    if done.returncode == 2:
        assert done.stderr.count("\n") == 1
        assert "`ulimit -v`" in done.stderr
        assert not {"damaged", "delete", "fetch"} & set(done.stderr.replace(":", " ").split())
    assert done.returncode == 0 or mib << 20 < torch_library.LEAST_MEMORY


@pytest.mark.parametrize("n_files", range(4, 12))
def test_too_few_files_are_trouble_and_no_damaged_model(indexed: Path, n_files: int) -> None:
    done = limited(resource.RLIMIT_NOFILE, n_files, "query", "abc def")
    assert done.returncode in (0, 2), done.stderr
    assert "fetch the model" not in done.stderr


def test_a_library_that_ends_the_process_with_1_ends_it_with_2() -> None:
    ending = (
        "import ctypes, resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 33, 1 << 33))\n"
        f"import {main.__name__} as cli\ncli.run = lambda _: END\ncli.main()"
    )
    for end, code in (("ctypes.CDLL(None).exit(1)", 2), ("1", 1), ("0", 0)):
        done = subprocess.run([sys.executable, "-c", ending.replace("END", end)])
        assert done.returncode == code


class PanicException(BaseException):
    """As pyo3 raises where Rust panics."""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (PanicException("called `Option::unwrap()` on a `None` value"), "PanicException"),
        (MemoryError(), "not enough memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "raise `ulimit -v`"),
        (RuntimeError("can't start new thread"), "raise `ulimit -u`"),
        (ImportError("libx.so: failed to map segment from shared object"), "raise `ulimit -v`"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "raise `ulimit -v`"),
        (OSError(errno.EMFILE, "Too many open files"), "raise `ulimit -n`"),
        (RecursionError("maximum recursion depth exceeded"), "RecursionError"),
    ],
)
def test_an_error_of_any_kind_ends_with_2(
    error: BaseException, line: str, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(main.dupfind, "invoke", fail)
    ran = dupfind("info")
    assert ran.code == 2
    assert line in ran.err
    assert ("Traceback" in ran.err) == ("ulimit" not in ran.err)
