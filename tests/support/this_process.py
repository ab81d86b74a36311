"""A cluster that is this process."""

import random
from collections.abc import Iterable, Iterator
from typing import Any

from dupfind.distributed.cluster import Key, RayCluster, Task
from dupfind.errors import ClusterError


class ThisProcess(RayCluster):
    """Runs all tasks here, some before others that came first."""

    def __init__(self, seed: int = 0, fails_after: int | None = None) -> None:
        self.machines = {"here"}
        self.n_run = 0
        self._random = random.Random(seed)
        self._fails_after = fails_after

    def put(self, value: Any) -> Any:
        return value

    def run(self, tasks: Iterable[tuple[Key, Task]]) -> Iterator[tuple[Key, Any]]:
        waiting: list[tuple[Key, Task]] = []
        for task in tasks:
            waiting.append(task)
            if len(waiting) == 4:
                yield self._done(waiting)
        while waiting:
            yield self._done(waiting)

    def _done(self, waiting: list[tuple[Key, Task]]) -> tuple[Key, Any]:
        key, (function, arguments) = waiting.pop(self._random.randrange(len(waiting)))
        if self.n_run == self._fails_after:
            raise ClusterError("the cluster is lost")
        self.n_run += 1
        return key, self.result(function(*arguments))

    def result(self, value: Any) -> Any:
        return value
