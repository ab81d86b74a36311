import time
from pathlib import Path

import pytest

from tests.support import workers as workers_module
from tests.support.workers import Workers, workers


def test_a_job_that_ended_before_its_start_was_read_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Workers._read

    def read_late(self: Workers) -> bytes:
        time.sleep(0.5)
        return read(self)

    monkeypatch.setattr(Workers, "_read", read_late)
    monkeypatch.setattr(workers_module, "HANGS_S", 1)
    with workers() as worker:
        assert (
            worker.run("upgrade", tmp_path, tmp_path / "log", "before dupfind.storage.migrate:upgrade", 1)
            == -9
        )
        assert (
            worker.run("upgrade", tmp_path, tmp_path / "log", "before dupfind.storage.migrate:upgrade", 1)
            == -9
        )
