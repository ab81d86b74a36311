import time
from pathlib import Path

import pytest

from dupfind.storage.migrate import upgrade
from tests.support import workers
from tests.support.workers import Workers


def test_a_job_that_ended_before_its_start_was_read_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Workers._read

    def read_late(self: Workers) -> bytes:
        time.sleep(0.5)
        return read(self)

    monkeypatch.setattr(Workers, "_read", read_late)
    monkeypatch.setattr(workers, "HANGS_S", 1)
    before = f"before {upgrade.__module__}:{upgrade.__name__}"
    with workers.workers() as worker:
        for _ in range(2):
            assert worker.run("upgrade", tmp_path, tmp_path / "log", before, 1) == -9
