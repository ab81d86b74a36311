"""A Ray cluster of two nodes on loopback, in processes of its own, one of which can be killed and replaced."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT

ENVIRONMENT = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # stays on loopback; else it binds the address of this machine
    "RAY_USAGE_STATS_ENABLED": "0",
}


class Raylets:
    """Two nodes with one core each.

    Attributes:
        address: For `--on`.
    """

    def __init__(self, process: "subprocess.Popen[str]", address: str) -> None:
        self.address = address
        self._process = process

    def kill(self) -> None:
        """Kill the second node and its workers, without grace."""
        self._send("kill")

    def add(self) -> None:
        """Start another second node."""
        self._send("add")

    def _send(self, word: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(word, file=self._process.stdin, flush=True)
        assert self._process.stdout.readline() == f"{word} done\n"


@contextmanager
def two_raylets(folder: Path, **environment: str) -> Iterator[Raylets]:
    """Start a cluster, and end it.

    Args:
        folder: Where it runs, and where its log is written.
        environment: Of its workers.
    """
    port = _free_port()
    with (
        (folder / "raylets.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", __name__, str(port)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **ENVIRONMENT, **environment},
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            assert process.stdout.readline() == "add done\n", (folder / "raylets.log").read_text()
            yield Raylets(process, f"ray://127.0.0.1:{port}")
        finally:
            process.stdin.close()
            process.wait(60)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _serve(port: int) -> None:
    from ray.cluster_utils import Cluster

    node: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80 << 20}
    head = {**node, "ray_client_server_port": port, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    second = cluster.add_node(**node)
    print("add done", flush=True)
    try:
        for line in sys.stdin:
            if line == "kill\n":
                cluster.remove_node(second, allow_graceful=False)
            else:
                second = cluster.add_node(**node)
            print(line.strip(), "done", flush=True)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    _serve(json.loads(sys.argv[1]))
