"""Load services of 100,000 records from a second process: `dupfind serve`, and FastAPI with FAISS.

The services run in turns, on the same cores as the load. First 16 clients wait for their answers, for the highest rate.
Then requests come at a fixed rate, whether or not earlier ones were answered, and each latency counts from the
moment when the request was due.
"""

import argparse
import asyncio
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from common import DATA, emit, issues

from dupfind.encoders.weights import find_model

BENCHMARKS = Path(__file__).parent
CLIENTS = 16
LATE_S = 10.0
"""Seconds after which a request counts as failed."""


@dataclass
class Seen:
    """The measurements of one phase of load."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    n_failed: int = 0
    cpu_s: float = 0.0

    def figures(self) -> dict[str, Any]:
        """Return answers a second, percentiles of their latencies, and CPU time a request; times in milliseconds."""
        some = np.array(self.latencies or [np.nan]) * 1000
        p50, p95, p99 = (round(float(value), 1) for value in np.percentile(some, [50, 95, 99]))
        rate = round(len(self.latencies) / self.seconds, 1)
        # Late answers cost CPU time, too.
        cpu_ms = round(self.cpu_s * 1000 / max(1, len(self.latencies) + self.n_failed), 1)
        return {
            "per_s": rate,
            "p50_ms": p50,
            "p95_ms": p95,
            "p99_ms": p99,
            "cpu_ms_each": cpu_ms,
            "failed": self.n_failed,
        }


def main() -> None:
    """Fill both, load both, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2, help="turns of each service")
    parser.add_argument("--seconds", type=float, default=20, help="seconds of each phase")
    parser.add_argument(
        "--minutes",
        type=float,
        default=1,
        help="minutes of dupfind at half its highest rate, to watch its memory",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes of dupfind serve")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--keep", type=Path, help="folder of `cold_query.py --keep`")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.keep or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "peer.faiss").exists():
            fill = [sys.executable, str(BENCHMARKS / "cold_query.py"), "--rows", str(arguments.rows)]
            subprocess.run([*fill, "--data", arguments.data, "--fill", folder], check=True)
        questions = _questions(arguments.data)
        commands = {"dupfind": _dupfind(folder, arguments.workers), "peer": _peer(folder)}
        most: dict[str, list[Seen]] = {name: [] for name in commands}
        memory: dict[str, float] = {}
        for _ in range(arguments.rounds):
            for name, command in commands.items():
                with running(command) as (port, process):
                    asyncio.run(closed(port, questions, CLIENTS, 5))  # warms up
                    before = _cpu_s(process)
                    most[name].append(asyncio.run(closed(port, questions, CLIENTS, arguments.seconds)))
                    most[name][-1].cpu_s = _cpu_s(process) - before
                    memory[name] = _memory_mb(process)
        per_s = {name: max(seen.figures()["per_s"] for seen in all_seen) for name, all_seen in most.items()}
        slow, fast = 0.75 * per_s["peer"], 3 * 0.75 * per_s["peer"]
        fixed: dict[str, Any] = {}
        for name, rate in (("peer", slow), ("dupfind", slow), ("dupfind", fast)):
            with running(commands[name]) as (port, process):
                asyncio.run(closed(port, questions, CLIENTS, 5))
                before = _cpu_s(process)
                seen = asyncio.run(opened(port, questions, rate, arguments.seconds))
                seen.cpu_s = _cpu_s(process) - before
                fixed[f"{name} at {rate:.0f}/s"] = seen.figures()
        with running(commands["dupfind"]) as (port, process):
            before = _cpu_s(process)
            soaked, sizes = asyncio.run(
                soak(port, questions, per_s["dupfind"] / 2, 60 * arguments.minutes, process)
            )
            soaked.cpu_s = _cpu_s(process) - before
        emit(
            "load",
            rows=arguments.rows,
            workers=arguments.workers,
            load_average=[round(load, 1) for load in os.getloadavg()],
            most={name: [seen.figures() for seen in all_seen] for name, all_seen in most.items()},
            times=round(per_s["dupfind"] / per_s["peer"], 2),
            fixed_rate=fixed,
            memory_mb=memory,
            soak={"minutes": arguments.minutes, **soaked.figures(), "memory_mb": sizes},
        )


def _questions(data: Path) -> list[bytes]:
    """Return requests for both services: new issues of two real trackers, with their bodies."""
    rows = [*issues("rust", "dev", data), *issues("titanium", "dev", data)]
    order = np.random.default_rng(1).permutation(len(rows))[:4_000]
    return [
        json.dumps(
            {"title": rows[place]["title"] or "untitled", "body": rows[place]["body"] or "", "k": 10}
        ).encode()
        for place in order
    ]


def _dupfind(folder: Path, workers: int) -> list[str]:
    index = ["--index", str(folder / ".dupfind"), "--workers", str(workers)]
    return [sys.executable, "-m", "dupfind", "serve", *index, "--port"]


def _peer(folder: Path) -> list[str]:
    files = [str(folder / name) for name in ("peer.faiss", "titles.json")]
    return [sys.executable, str(BENCHMARKS / "peer_service.py"), str(find_model().path), *files]


@contextmanager
def running(command: list[str]) -> Iterator[tuple[int, psutil.Process]]:
    """Start a service on a free port and wait until it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = psutil.Popen([*command, str(port)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while asyncio.run(_is_up(port)) is False:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[:4]} does not answer")
            time.sleep(0.2)
        yield port, process
    finally:
        process.terminate()
        process.wait(60)


async def _is_up(port: int) -> bool:
    with suppress(OSError):
        await Connection(port).ask(b'{"title": "is it up"}')
        return True
    return False


class Connection:
    """A persistent HTTP/1.1 connection with little overhead, because the load shares its cores with the service."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: bytes) -> None:
        """Post a question and read the answer.

        Raises:
            OSError: There is none, or it is not a 200.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        head = f"POST /query HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        try:
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
        except (EOFError, ValueError) as error:
            raise OSError("the answer broke off") from error
        if not answer.startswith(b"HTTP/1.1 200"):
            raise OSError(answer[:80].decode())


async def closed(port: int, questions: list[bytes], n_clients: int, seconds: float) -> Seen:
    """Clients that each wait for an answer before they ask again: the most that a service answers."""
    seen = Seen()
    stream = itertools.cycle(questions)
    started = time.perf_counter()

    async def client() -> None:
        connection = Connection(port)
        while time.perf_counter() - started < seconds:
            begun = time.perf_counter()
            try:
                await asyncio.wait_for(connection.ask(next(stream)), LATE_S)
                seen.latencies.append(time.perf_counter() - begun)
            except (OSError, TimeoutError):
                seen.n_failed += 1
                connection = Connection(port)

    await asyncio.gather(*(client() for _ in range(n_clients)))
    seen.seconds = time.perf_counter() - started
    return seen


async def opened(port: int, questions: list[bytes], rate: float, seconds: float) -> Seen:
    """Requests that are due at a fixed rate, whatever has become of those before."""
    seen = Seen(seconds)
    idle: list[Connection] = []
    started = time.perf_counter()

    async def one(due: float, body: bytes) -> None:
        connection = idle.pop() if idle else Connection(port)
        try:
            await asyncio.wait_for(connection.ask(body), LATE_S)
        except (OSError, TimeoutError):
            seen.n_failed += 1
        else:
            idle.append(connection)
            seen.latencies.append(time.perf_counter() - due)

    sent = []
    for number, body in zip(range(int(rate * seconds)), itertools.cycle(questions), strict=False):
        due = started + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        sent.append(asyncio.create_task(one(due, body)))
    await asyncio.gather(*sent)
    seen.seconds = time.perf_counter() - started
    return seen


async def soak(
    port: int, questions: list[bytes], rate: float, seconds: float, process: psutil.Process
) -> tuple[Seen, list[float]]:
    """A fixed rate for long, and the memory at its start and at each tenth of it."""
    await closed(port, questions, CLIENTS, 5)
    sizes = [_memory_mb(process)]

    async def watch() -> None:
        while True:
            await asyncio.sleep(seconds / 10)
            sizes.append(_memory_mb(process))

    watching = asyncio.create_task(watch())
    seen = await opened(port, questions, rate, seconds)
    watching.cancel()
    return seen, sizes


def _cpu_s(process: psutil.Process) -> float:
    """Return the CPU seconds of a service and its workers."""
    used = [each.cpu_times() for each in (process, *process.children())]
    return float(sum(each.user + each.system for each in used))


def _memory_mb(process: psutil.Process) -> float:
    """Return the memory of a service and its workers in MB; shared pages count once."""
    used = [each.memory_full_info().pss for each in (process, *process.children())]
    return round(float(sum(used)) / 1e6, 1)


if __name__ == "__main__":
    main()
