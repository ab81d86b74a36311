"""A written file is whole, and what is no file stays what it is."""

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from dupfind.cli import atomic_write
from dupfind.cli.atomic_write import write_whole
from dupfind.errors import DupfindError


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("before")
    write_whole(path, "after \udc80")
    assert path.read_text() == "after ?"
    assert [each.name for each in tmp_path.iterdir()] == ["a.html"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in a folder")
@pytest.mark.parametrize("is_link", [False, True])
def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path, is_link: bool) -> None:
    pipe = path = tmp_path / "pipe"
    os.mkfifo(pipe)
    if is_link:
        path = tmp_path / "link"
        path.symlink_to(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_whole(path, "text")
    reader.join()
    assert read == ["text"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert path.is_symlink() == is_link


@pytest.mark.skipif(sys.platform == "win32", reason="there a link needs a right of its own")
def test_only_a_link_in_the_folder_of_devices_leads_to_the_file_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, link = tmp_path / "a.html", tmp_path / "devices" / "stdout"
    target.write_text("before")
    link.parent.mkdir()
    link.symlink_to(target)
    monkeypatch.setattr(atomic_write, "_DEVICES", link.parent)
    write_whole(link, "as /dev/stdout, where a shell has sent it into a file")
    assert link.is_symlink()
    assert target.read_text().startswith("as /dev/stdout")
    monkeypatch.undo()
    write_whole(link, "a link that came with a repository writes nowhere else")
    assert not link.is_symlink()
    assert target.read_text().startswith("as /dev/stdout")


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.png", b"\x89\r\n")
    assert (tmp_path / "a.png").read_bytes() == b"\x89\r\n"


def test_a_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DupfindError, match=r"cannot be written.*another with -o"):
        write_whole(tmp_path, "text")
