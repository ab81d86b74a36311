"""A Ray cluster: how it is reached, and tasks that it repeats on another machine when one is lost."""

import logging
import os
import re
import signal
import socket
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any, NoReturn, TypeVar

from dupfind import interruption
from dupfind.errors import ClusterError
from dupfind.version import __version__

Key = TypeVar("Key")
Ref = Any
"""An object in the memory of the cluster."""
Task = tuple[Callable[..., Any], tuple[Any, ...]]
"""A public function of dupfind and its arguments; a `Ref` among them becomes its object."""

PORT = 10001
"""Where a cluster listens for programs such as this one."""

_ADDRESS = re.compile(r"ray(://[^\s:/?#@]+(:[0-9]{1,5})?/?)?")
_REACHED_S = 10.0  # until a machine answers at all
_DIED = (
    "Initialization failure"  # of the process that serves this program on the cluster; the next one may live
)
_MISMATCH = "Version mismatch"  # in the message of Ray
_RETRIES = 10  # of a task whose machine or process was lost
_WAIT_S = 1.0  # between two looks at Ctrl-C
_AHEAD = 2  # tasks for each core or GPU that are in the cluster; the others are not made yet


class RayCluster:
    """A connection to a cluster.

    Attributes:
        machines: The machines that finished tasks, by Ray's ids.
    """

    def __init__(self, ray: Any) -> None:
        """Hold Ray's module, which is connected; use `connected`."""
        self.machines: set[str] = set()
        self._ray = ray
        has_gpu = self._n("GPU") > 0
        # A process stays, and keeps its model; Ray would end one that used a GPU.
        more = {"num_gpus": 1, "max_calls": 0} if has_gpu else {}
        self._unit = "GPU" if has_gpu else "CPU"
        # "SPREAD", because Ray fills one machine first otherwise, and all of them are here for this work.
        options = {"num_cpus": 1, "max_retries": _RETRIES, "scheduling_strategy": "SPREAD", **more}
        self._call = ray.remote(_call()).options(**options)

    def put(self, value: Any) -> Ref:
        """Put a value into the memory of the cluster.

        Raises:
            ClusterError: The cluster is lost.
        """
        with self._errors():
            return self._ray.put(value)

    def run(self, tasks: Iterable[tuple[Key, Task]]) -> Iterator[tuple[Key, Any]]:
        """Run tasks, and yield their results in the order in which they end.

        Args:
            tasks: With a key that comes back; made when the cluster has room for them.

        Raises:
            ClusterError: The cluster is lost, or a task was lost too often.
            DupfindError: A task raised it.
        """
        coming, running = iter(tasks), dict[Ref, Key]()
        is_over = False
        try:
            while True:
                if interruption.was_interrupted():
                    raise KeyboardInterrupt
                with self._errors(), _ctrl_c_waits():
                    while not is_over and len(running) < _AHEAD * max(1, self._n(self._unit)):
                        if (following := next(coming, None)) is None:
                            is_over = True
                        else:
                            key, (function, arguments) = following
                            name = function.__module__, function.__qualname__
                            running[self._call.remote(__version__, *name, *arguments)] = key
                    if not running:
                        return
                    done, _ = self._ray.wait(list(running), num_returns=1, timeout=_WAIT_S)
                    results = [(running.pop(ref), self._ray.get(ref)) for ref in done]
                for key, (machine, error, value) in results:
                    if error is not None:
                        raise ClusterError(error)
                    self.machines.add(machine)
                    yield key, value
        finally:
            for ref in running:
                with suppress(Exception):  # of a cluster that is lost
                    self._ray.cancel(ref, force=True)

    def _n(self, resource: str) -> int:
        return int(self._ray.cluster_resources().get(resource, 0))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn Ray's errors in this block into one line."""
        import grpc
        from ray.exceptions import RayError

        try:
            yield
        except (RayError, ConnectionError, grpc.RpcError) as error:
            _fail("the Ray cluster failed", error)


@contextmanager
def connected(address: str) -> Iterator[RayCluster]:
    """Connect to a cluster.

    Args:
        address: "ray://HOST:PORT"; or "ray" for the cluster that RAY_ADDRESS names, or that runs on this machine, or
            else one that is started on this machine and ends with the block.

    Raises:
        ClusterError: Ray is not installed, there is no cluster at the address, or it has another version.
    """
    if not _ADDRESS.fullmatch(address):
        raise ClusterError(f"{address!r:.80} is no cluster: pass ray://HOST:PORT, or ray")
    if find_spec("ray") is None or find_spec("grpc") is None:
        raise ClusterError("Ray is not installed: pip install 'dupfind[ray]'")
    place = os.environ.get("RAY_ADDRESS") or None if address == "ray" else address.rstrip("/")
    if place is not None:
        place = _reached(place)
    os.environ.setdefault(
        "RAY_USAGE_STATS_ENABLED", "0"
    )  # else a cluster that starts here reports to Ray's makers
    import ray

    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        try:
            _init(ray, place)
        except ConnectionError as error:
            if _DIED not in str(error):
                raise
            _init(ray, place)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        _fail(f"no Ray cluster can be used at {place or 'this machine'}", error)
    try:
        yield RayCluster(ray)
    finally:
        _shut_down(ray)


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Only note a Ctrl-C in this block: an exception inside of Ray leaves its locks held, and `cancel` waits for them.

    A second one ends the process.
    """
    before = signal.getsignal(signal.SIGINT)
    if (
        before in (signal.SIG_IGN, signal.SIG_DFL)
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def note(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        interruption.interrupt()

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is note:
            signal.signal(signal.SIGINT, before)


def _init(ray: Any, place: str | None) -> None:
    """Connect Ray's module, or leave it as it was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own: of unclosed files, and of its next version
        try:
            ray.init(place, log_to_driver=False, logging_level=logging.ERROR)
        except BaseException:
            _shut_down(ray)
            raise


def _shut_down(ray: Any) -> None:
    with warnings.catch_warnings(), suppress(Exception):  # of a cluster that is lost
        warnings.simplefilter("ignore")
        ray.shutdown()


def _reached(place: str) -> str:
    """Return an address with its port, once something answers there.

    Raises:
        ClusterError: Nothing does.
    """
    scheme, _, rest = place.rpartition("://")
    host, colon, port = rest.partition(":")
    if scheme == "ray" and not colon:
        port = str(PORT)
    if place in ("auto", "local") or not (port.isascii() and port.isdigit()):
        return place
    try:
        socket.create_connection((host, int(port)), _REACHED_S).close()
    except (OSError, OverflowError, UnicodeError) as error:  # the last of a name that no host has
        _fail(f"no Ray cluster answers at {place}", error)
    return f"{scheme}://{host}:{port}" if scheme else place


def _fail(what: str, error: BaseException) -> NoReturn:
    """Raise the error of one line for an error of Ray, whose texts have many."""
    way_out = "start it with `ray start`, and run the same command again"
    if _MISMATCH in str(error):
        way_out = "install the same versions of Python and Ray on both sides"
    why = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split())[:300] or type(error).__name__
    raise ClusterError(f"{what} ({why}): {way_out}") from error


def _call() -> Callable[..., tuple[str, str | None, Any]]:
    """Return the function that a worker runs. It travels whole, so that it can report a worker without dupfind."""

    def call(version: str, module: str, name: str, *arguments: Any) -> tuple[str, str | None, Any]:
        import importlib
        import platform

        import ray

        machine, host = ray.get_runtime_context().get_node_id(), platform.node()
        try:
            there = importlib.import_module("dupfind.version").__version__
            errors = importlib.import_module("dupfind.errors")
        except ImportError:
            return machine, f"{host} has no dupfind: install dupfind {version} on all machines of Ray", None
        if there != version:
            return machine, f"{host} has dupfind {there}, and this is {version}: install one version", None
        try:
            return machine, None, getattr(importlib.import_module(module), name)(*arguments)
        except errors.DupfindError as error:
            return machine, f"{host}: {error}", None

    return call
