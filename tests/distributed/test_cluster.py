"""A cluster that cannot be used is one line with the way out, within a bounded time."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dupfind import interruption
from dupfind.distributed import cluster
from dupfind.distributed.cluster import Task
from dupfind.errors import ClusterError
from tests.support.samples import Command


def lines(dupfind: Command, *arguments: object) -> str:
    ran = dupfind("index", "issues.jsonl", "-q", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert not Path("index").exists()
    return ran.err


@pytest.fixture(autouse=True)
def _there(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUPFIND_INDEX", "index")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture
def port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_an_address_where_nothing_listens(
    dupfind: Command, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    error = lines(dupfind, "--on", f"ray://127.0.0.1:{port}")
    assert error.startswith(f"dupfind: no Ray cluster answers at ray://127.0.0.1:{port} (")
    assert error.count("\n") == 1
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port}")
    assert f"no Ray cluster answers at 127.0.0.1:{port} (" in lines(dupfind, "--on", "ray")


@pytest.mark.parametrize("host", ["a..b", "a" * 64, "."])
def test_a_name_that_no_host_has_is_one_line(dupfind: Command, host: str) -> None:
    pytest.importorskip("ray")
    error = lines(dupfind, "--on", f"ray://{host}:7")
    assert error.startswith(f"dupfind: no Ray cluster answers at ray://{host}:7 (")
    assert error.count("\n") == 1


def test_a_port_of_other_digits_in_the_environment_is_one_line(
    dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:\u00b2")
    assert lines(dupfind, "--on", "ray").count("\n") == 1


def test_without_a_port_it_is_that_of_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = []

    class Socket:
        def close(self) -> None:
            pass

    def connect(place: tuple[str, int], timeout: float) -> Socket:
        assert 0 < timeout <= 10
        reached.append(place)
        return Socket()

    monkeypatch.setattr(socket, "create_connection", connect)
    assert cluster._reached("ray://head") == "ray://head:10001"
    assert cluster._reached("ray://head:7") == "ray://head:7"
    assert cluster._reached("head:6379") == "head:6379"
    assert cluster._reached("auto") == "auto"
    assert reached == [("head", 10001), ("head", 7), ("head", 6379)]


@pytest.mark.parametrize(
    "address", ["http://head", "ray://", "ray://a b", "ray://me:secret@head:1", "spark", "ray:/x"]
)
def test_what_is_no_address(dupfind: Command, address: str) -> None:
    assert "is no cluster: pass ray://HOST:PORT, or ray" in lines(dupfind, "--on", address)


def test_without_ray(dupfind: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    assert lines(dupfind, "--on", "ray") == "dupfind: Ray is not installed: pip install 'dupfind[ray]'\n"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--on", "ray", "--part", "1/2", "-o", "1.dfp"], "leave --part out"),
        (["--parts", "3"], "--parts is for --on"),
        (["--on", "ray", "--rebuild"], "not --rebuild"),
        (["--on", "ray", "--parts", "0"], "0 is not in the range"),
    ],
)
def test_options_that_contradict_each_other(dupfind: Command, options: list[str], error: str) -> None:
    assert error in lines(dupfind, *options)


def test_a_cluster_that_is_lost_is_one_line_and_its_tasks_are_cancelled() -> None:
    exceptions = pytest.importorskip("ray.exceptions")

    class Lost:
        cancelled: ClassVar[list[int]] = []

        def remote(self, *arguments: object) -> Any:
            if not callable(arguments[0]):
                return arguments[-1]  # the task, instead of a reference to its result
            return self

        def options(self, **options: object) -> "Lost":
            assert options["max_retries"] == 10
            return self

        def cluster_resources(self) -> dict[str, float]:
            return {"CPU": 2.0}

        def wait(self, refs: list[int], **_: object) -> None:
            assert refs == [0, 1, 2, 3]  # two for each core
            raise exceptions.NodeDiedError("the machine\n\x1b[36mhad no power\x1b[0m")

        def cancel(self, ref: int, *, force: bool) -> None:
            self.cancelled.append(ref)

    made = []

    def tasks() -> Iterator[tuple[int, Task]]:
        for number in range(100):
            made.append(number)
            yield number, (abs, (number,))

    with pytest.raises(
        ClusterError, match=r"^the Ray cluster failed \(the machine had no power\): start it with"
    ):
        list(cluster.RayCluster(Lost()).run(tasks()))
    assert Lost.cancelled == made == [0, 1, 2, 3]


def test_a_ctrl_c_that_ray_swallows_ends_the_run() -> None:
    class Swallowing:
        def remote(self, *arguments: object) -> Any:
            return arguments[-1] if not callable(arguments[0]) else self

        def options(self, **_: object) -> "Swallowing":
            return self

        def cluster_resources(self) -> dict[str, float]:
            return {"CPU": 1.0}

        def wait(self, refs: list[int], **_: object) -> tuple[list[int], list[int]]:
            interruption.interrupt()
            return refs[:1], refs[1:]

        def get(self, ref: int) -> tuple[str, None, int]:
            return "here", None, ref

        def cancel(self, ref: int, *, force: bool) -> None:
            pass

    pytest.importorskip("ray")
    done: list[int] = []
    tasks = ((number, (abs, (number,))) for number in range(9))
    try:
        with pytest.raises(KeyboardInterrupt):
            done.extend(key for key, _ in cluster.RayCluster(Swallowing()).run(tasks))
    finally:
        interruption.forget()
    assert done == [0]


def test_a_server_that_dies_at_its_start_is_given_a_second_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")
    calls = []

    def init(address: str, **_: object) -> None:
        calls.append(address)
        raise ConnectionError("Initialization failure from server: it died")

    monkeypatch.setattr(cluster, "_reached", lambda place: place)
    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(ClusterError, match="it died"), cluster.connected("ray://head:1"):
        pass
    assert calls == ["ray://head:1"] * 2


def test_another_version_of_python_or_ray_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")

    def init(*_: object, **__: object) -> None:
        raise RuntimeError(
            "Version mismatch: The cluster was started with:\n    Ray: 2.1.0\n    Python: 3.9.1\n"
        )

    monkeypatch.setattr(cluster, "_reached", lambda place: place)
    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(ClusterError) as error, cluster.connected("ray://head:1"):
        pass
    assert str(error.value) == (
        "no Ray cluster can be used at ray://head:1 (Version mismatch: The cluster was started with: Ray: 2.1.0"
        " Python: 3.9.1): install the same versions of Python and Ray on both sides"
    )
