"""Folders on other machines are named, and those without locks or shared memory are refused in one line."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest

from dupfind.collection.collection import Collection
from dupfind.storage import network_folder
from dupfind.storage.network_folder import network_type
from tests.support.paths import ROOT
from tests.support.samples import Command, corpus

TABLE = """\
/dev/vda / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
server:/home {at}/home nfs4 rw,vers=4.2 0 0
//server/share {at}/a\\040share cifs rw 0 0
/dev/vdb {at}/home/disk ext4 rw 0 0
me@server: {at}/ssh fuse.sshfs rw 0 0
tmpfs {at}/ssh tmpfs rw 0 0
broken
"""


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which others seem to be mounted."""
    (tmp_path / "mounts").write_text(TABLE.format(at=tmp_path))
    monkeypatch.setattr(network_folder, "MOUNTS", tmp_path / "mounts")
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("home/index", "nfs4"),
        ("home", "nfs4"),
        ("a share/index", "cifs"),
        ("home/disk/index", None),
        ("homework/index", None),
        ("ssh/index", None),  # another file system is mounted over it
        ("index", None),
    ],
)
def test_the_innermost_mount_decides(mounted: Path, folder: str, kind: str | None) -> None:
    assert network_type(mounted / folder) == kind


def test_a_link_into_a_network_folder_is_followed(mounted: Path) -> None:
    (mounted / "home").mkdir()
    (mounted / "link").symlink_to(mounted / "home")
    assert network_type(mounted / "link" / "index") == "nfs4"


def test_a_share_of_windows_is_known_by_its_path() -> None:
    assert network_folder._is_share(PureWindowsPath(r"\\server\share\index"))
    assert not network_folder._is_share(PureWindowsPath(r"C:\index"))


def test_a_system_without_a_list_of_mounts_knows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_folder, "MOUNTS", tmp_path / "missing")
    assert network_type(tmp_path) is None


def test_a_command_that_writes_into_a_network_folder_says_so_in_one_line(
    mounted: Path, dupfind: Command, model: Path
) -> None:
    (mounted / "issues.jsonl").write_text('{"id": 1, "title": "abc def"}\n')
    index = mounted / "home" / "index"
    ran = dupfind("index", mounted / "issues.jsonl", "--model", model, "--index", index, "-q")
    assert ran.code == 0
    said = [line for line in ran.err.splitlines() if "network folder" in line]
    assert said == [
        f"dupfind: {index} is in a network folder (nfs4): use it from one machine alone, and give others a copy"
    ]
    assert "network folder" not in dupfind("query", "abc", "--index", index, "--no-service").err
    findings = dupfind("doctor", "--json", "--index", index).json["findings"]
    [found] = [each for each in findings if each["about"] == "folder of the index"]
    assert (found["state"], found["found"]) == ("note", "in a network folder (nfs4)")


SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int lacks(const char *what) { return strcmp(getenv("LACKS"), what) == 0; }
static int failed(void) { errno = atoi(getenv("ERRNO")); return -1; }

int flock(int file, int operation) {
    int (*real)(int, int) = dlsym(RTLD_NEXT, "flock");
    return lacks("flock") ? failed() : real(file, operation);
}

static int locked(const char *name, int file, int command, void *argument) {
    int (*real)(int, int, void *) = dlsym(RTLD_NEXT, name);
    int is_lock = command == F_SETLK || command == F_SETLKW || command == F_GETLK;
    return lacks("fcntl") && is_lock ? failed() : real(file, command, argument);
}

#define FCNTL(name) int name(int file, int command, ...) { \\
    va_list list; va_start(list, command); \\
    void *argument = va_arg(list, void *); va_end(list); \\
    return locked(#name, file, command, argument); }
FCNTL(fcntl)
FCNTL(fcntl64)

#define MMAP(name) void *name(void *at, size_t n, int protection, int flags, int file, off_t offset) { \\
    void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, #name); \\
    int is_shared = file >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE); \\
    if (lacks("mmap") && is_shared) { failed(); return MAP_FAILED; } \\
    return real(at, n, protection, flags, file, offset); }
MMAP(mmap)
MMAP(mmap64)
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that takes locks or shared memory from a process."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("needs Linux and a C compiler")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", "shim.so", "shim.c", "-ldl"], cwd=folder, check=True)
    return folder / "shim.so"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lacks", "number"),
    [
        ("flock", errno.ENOLCK),
        ("flock", errno.EOPNOTSUPP),
        ("flock", errno.ENOSYS),
        ("fcntl", errno.EOPNOTSUPP),
        ("fcntl", errno.ENOSYS),
        ("mmap", errno.ENODEV),
    ],
)
def test_a_folder_without_locks_or_shared_memory_is_refused_in_one_line_and_can_be_read(
    shim: Path, tmp_path: Path, model: Path, lacks: str, number: int
) -> None:
    with Collection.create(tmp_path / "good", model=str(model)) as collection:
        collection.index(corpus(20), source="tracker")
    (tmp_path / "issues.jsonl").write_text('{"id": 1, "title": "abc def"}\n')

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dupfind", *arguments],
            env={
                **os.environ,
                "LD_PRELOAD": str(shim),
                "LACKS": lacks,
                "ERRNO": str(number),
                "PYTHONPATH": str(ROOT),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    for index in ("new", "good"):
        ran = run("index", "issues.jsonl", "--model", str(model), "--index", index, "-q")
        assert ran.returncode == 2, ran.stdout
        assert ran.stderr.count("\n") == 1, ran.stderr
        assert "network folders may lack locks or shared memory: name a folder on a local disk" in ran.stderr
    read = run("query", "crash of the worker", "--index", "good", "--no-service", "--json")
    assert read.returncode == 0, read.stderr
    with Collection.open(tmp_path / "good") as opened:
        assert len(opened) == 20
