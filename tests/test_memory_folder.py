from pathlib import Path

import pytest

from tests.support.memory_folder import ROOM, takes_files
from tests.support.tmpfs import MountError, tmpfs


def meminfo(folder: Path, name: str = "MemAvailable", free: int = 2 * ROOM) -> Path:
    path = folder / "meminfo"
    path.write_text(f"MemTotal: {4 * ROOM >> 10} kB\n{name}: {free >> 10} kB\n")
    return path


@pytest.mark.parametrize(
    ("options", "takes"),
    [(f"size={2 * ROOM}", True), (f"size={2 * ROOM},noexec", False), (f"size={ROOM // 2}", False)],
)
def test_a_folder_in_memory_takes_the_files_of_the_tests_if_it_has_room_and_runs_programs(
    tmp_path: Path, options: str, takes: bool
) -> None:
    try:
        with tmpfs(options) as folder:
            assert takes_files(folder, meminfo(tmp_path)) is takes
            assert not takes_files(folder, meminfo(tmp_path, free=ROOM - 1024))
    except MountError as error:
        pytest.skip(str(error))


def test_on_a_system_that_does_not_say_what_is_free_the_files_are_on_the_disk(tmp_path: Path) -> None:
    assert not takes_files(tmp_path, tmp_path / "missing")
    assert not takes_files(tmp_path, meminfo(tmp_path, "MemFree"))
    assert not takes_files(tmp_path / "missing", meminfo(tmp_path))
