"""Tests that commands use a running service of their index, get the same answers from it, and trust no other."""

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.decisions import DIFFERENT, Decision, Decisions
from dupfind.records import Record
from dupfind.service import discovery
from dupfind.service.middleware import Policy
from dupfind.version import __version__
from tests.support.clients import serving
from tests.support.samples import Command

pytestmark = pytest.mark.slow

INDEX = Path(".dupfind")


@pytest.fixture
def opened_indexes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Lists every index that a command opens itself; the service has opened its own before."""
    opened: list[Path] = []
    plain = Collection.open

    def listed(folder: Path, **more: object) -> Collection:
        opened.append(folder)
        return plain(folder, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Collection, "open", listed)
    return opened


@pytest.mark.parametrize(
    "arguments",
    [
        ("abc def crash", "--json"),
        ("abc def crash", "--jsonl", "-k", 2),
        ("bad cafe",),
        ("--title", "feed", "--body", "the bee", "--json", "--fold"),
        ("--id", 3, "--json"),
        ("abc", "--json", "--state", "open", "--before", "2024-02-03", "--min-score", "-0.5"),
    ],
)
def test_a_query_by_a_service_is_that_of_the_command_to_the_byte(
    indexed: Path, dupfind: Command, opened_indexes: list[Path], arguments: tuple[object, ...]
) -> None:
    alone = dupfind("query", *arguments)
    with serving(INDEX, announced=True):
        opened_indexes.clear()
        served = dupfind("query", *arguments)
        assert opened_indexes == []
    assert served == alone
    assert served.out


NEW = {
    "0004-copy.md": "---\nstatus: open\nurl: https://example.org/4\ndate: 2024-05-01\n---\n# abc def crash\n",
    "0005-again.md": "# abc def crash\n\nface cab\n",
    "many.json": '[{"id": "7", "title": "bad cafe", "state": "closed"}, {"id": "1", "title": "feed"}]',
}


@pytest.mark.parametrize(
    "arguments",
    [
        ("0004-copy.md",),
        ("0004-copy.md", "0005-again.md", "many.json", "--json", "-k", 5),
        ("--title", "abc def crash", "--body", "face", "--json", "--min-score", "0.5"),
        ("--title", "...", "--json"),
    ],
)
def test_a_check_by_a_service_is_that_of_the_command_to_the_byte(
    indexed: Path, dupfind: Command, opened_indexes: list[Path], arguments: tuple[object, ...]
) -> None:
    for name, text in NEW.items():
        (indexed / name).write_text(text, encoding="utf-8")
    alone = dupfind("check", *arguments)
    with serving(INDEX, announced=True):
        opened_indexes.clear()
        served = dupfind("check", *arguments)
        assert opened_indexes == []
        assert dupfind("check", "--no-service", *arguments) == alone
        assert len(opened_indexes) == 1
    assert served == alone
    assert served.out or not served.code


@pytest.mark.parametrize("denied", ["an issue", "a file of decisions"])
def test_decisions_in_files_are_not_left_to_a_service(indexed: Path, dupfind: Command, denied: str) -> None:
    with Collection.open(INDEX) as collection:
        [indexed_record] = collection.find("1")
    front_matter = "---\nnot_duplicate_of: 1\n---\n" if denied == "an issue" else ""
    Path("new.md").write_text(f"{front_matter}# {indexed_record.title}\n", encoding="utf-8")
    if not front_matter:
        new = Record(id="new", title=indexed_record.title)
        decision = Decision.of(
            new, indexed_record, DIFFERENT, decided=datetime(2024, 1, 1, tzinfo=UTC), who="me"
        )
        Path(".dupfind-decisions.jsonl").write_text(Decisions.of([decision]).text(), encoding="utf-8")
    alone = dupfind("check", "new.md", "--json")
    [finding] = alone.json["findings"]
    assert "1" not in {original["id"] for original in finding["originals"]}
    with serving(INDEX, announced=True):
        assert dupfind("check", "new.md", "--json") == alone


@pytest.mark.parametrize(
    "arguments", [("--id", "nowhere"), ("abc", "--project", "none"), ("...",), ("abc", "-k", 101)]
)
def test_what_a_service_cannot_answer_is_answered_without_it(
    indexed: Path, dupfind: Command, arguments: tuple[object, ...]
) -> None:
    alone = dupfind("query", "--json", *arguments)
    with serving(INDEX, announced=True):
        assert dupfind("query", "--json", *arguments) == alone


def test_the_option_no_service_opens_the_index(
    indexed: Path, dupfind: Command, opened_indexes: list[Path]
) -> None:
    with serving(INDEX, announced=True):
        opened_indexes.clear()
        assert dupfind("query", "abc", "--no-service").code == 0
        assert opened_indexes == [INDEX.absolute()]


def test_the_token_of_a_service_is_found_by_its_user_alone(
    indexed: Path, dupfind: Command, opened_indexes: list[Path]
) -> None:
    with serving(INDEX, policy=Policy("0123456789abcdef"), announced=True):
        assert (INDEX / discovery.FILES[0]).stat().st_mode & 0o777 == 0o600
        opened_indexes.clear()
        assert dupfind("query", "abc").code == 0
        assert opened_indexes == []


def test_an_index_that_was_moved_is_not_answered_for_by_what_took_its_place(
    indexed: Path, dupfind: Command, model: Path
) -> None:
    with serving(INDEX, announced=True):
        INDEX.rename("moved")
        (indexed / "other.jsonl").write_text(
            '{"id": 9, "title": "abc def crash", "body": ""}\n', encoding="utf-8"
        )
        assert dupfind("index", "other.jsonl", "--model", model).code == 0
        served = dupfind("query", "--json", "abc def", "--index", "moved")
    assert served == dupfind("query", "--json", "abc def", "--index", "moved")
    assert len(served.json["hits"]) == 4


class Trap:
    """A port that must not be contacted, and a service file with its address."""

    def __init__(self, folder: Path) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.file = folder / discovery.FILES[0]
        fields = {
            "format": discovery.FORMAT,
            "version": __version__,
            "pid": os.getpid(),
            "address": "127.0.0.1",
            "port": self.socket.getsockname()[1],
            "token": None,
        }
        self.file.write_text(json.dumps(fields), encoding="utf-8")
        self.file.chmod(0o600)

    def is_contacted(self) -> bool:
        with self.socket:
            try:
                self.socket.accept()[0].close()
            except BlockingIOError:
                return False
            return True


def test_a_file_from_a_repository_is_not_trusted(indexed: Path, dupfind: Command) -> None:
    trap = Trap(INDEX)
    ran = dupfind("query", "abc", "--json")
    assert ran.code == 0
    assert ran.err == ""
    assert not trap.is_contacted()


def test_a_file_that_others_can_write_is_not_trusted_though_it_is_locked(
    indexed: Path, dupfind: Command
) -> None:
    import fcntl

    trap = Trap(INDEX)
    with trap.file.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert discovery.find(INDEX) is not None
        trap.file.chmod(0o620)
        assert dupfind("query", "abc").code == 0
        trap.file.chmod(0o600)
        for text in (trap.file.read_text().replace("127.0.0.1", "192.0.2.1"), "{", "[]", '{"format": 2}', ""):
            trap.file.write_text(text, encoding="utf-8")
            assert dupfind("query", "abc").code == 0
        target = trap.file.rename(INDEX / "elsewhere.json")
        trap.file.symlink_to(target.name)
        assert dupfind("query", "abc").code == 0
    assert not trap.is_contacted()


def test_a_silent_service_is_not_waited_for(
    indexed: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    alone = dupfind("query", "abc", "--json")
    trap = Trap(INDEX)
    monkeypatch.setattr(discovery, "ANSWER_S", 0.1)
    with trap.file.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert dupfind("query", "abc", "--json") == alone
    assert trap.is_contacted()


def test_a_copied_index_has_no_service(indexed: Path) -> None:
    with serving(INDEX, announced=True):
        shutil.copytree(INDEX, "copy")
        assert discovery.find(INDEX) is not None
        assert discovery.find(Path("copy")) is None
    assert not (INDEX / discovery.FILES[0]).exists()


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_of_two_services_of_an_index_the_one_that_stays_is_found(indexed: Path, first_to_end: int) -> None:
    with ExitStack() as one, ExitStack() as other:
        stacks = (one, other)
        ports = [stack.enter_context(serving(INDEX, announced=True)).port for stack in stacks]
        service = discovery.find(INDEX)
        assert service is not None
        assert service.port in ports
        stacks[first_to_end].close()
        service = discovery.find(INDEX)
        assert service is not None
        assert service.port == ports[1 - first_to_end]
    assert discovery.find(INDEX) is None
    assert not any((INDEX / name).exists() for name in discovery.FILES)


def test_files_of_dead_services_do_not_hide_a_new_one(indexed: Path) -> None:
    for name in discovery.FILES:
        (INDEX / name).write_text("{}", encoding="utf-8")
    with serving(INDEX, announced=True) as client:
        service = discovery.find(INDEX)
        assert service is not None
        assert service.port == client.port


def test_the_command_serves_until_it_is_stopped_and_leaves_nothing_behind(
    indexed: Path, dupfind: Command
) -> None:
    alone = dupfind("query", "abc def crash", "--json")
    for end in ("terminate", "kill"):
        process = subprocess.Popen(
            [sys.executable, "-m", "dupfind", "serve", "--port", "0"], stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        assert f"dupfind serves {indexed / INDEX} at http://127.0.0.1:" in process.stderr.readline()
        assert discovery.find(INDEX) is not None
        assert dupfind("query", "abc def crash", "--json") == alone
        getattr(process, end)()
        process.wait(30)
        process.stderr.close()
        assert process.returncode == (0 if end == "terminate" else -9)
        assert discovery.find(INDEX) is None
        assert dupfind("query", "abc def crash", "--json") == alone


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2"])
def test_a_service_is_found_at_the_address_that_it_listens_at_or_not_at_all(indexed: Path, host: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dupfind", "serve", "--port", "0", "--host", host],
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr is not None
        assert f"at http://{host}:" in process.stderr.readline()
        service = discovery.find(INDEX)
        assert (service is None) == (host == "127.0.0.2")
        assert service is None or service.post("/query", {"text": "abc"}) is not None
        process.terminate()


def test_beyond_this_machine_a_service_needs_a_token(
    indexed: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = dupfind("serve", "--host", "0.0.0.0")
    assert (ran.code, "--token-env" in ran.err) == (2, True)
    monkeypatch.setenv("TOO_SHORT", "abc")
    ran = dupfind("serve", "--host", "0.0.0.0", "--token-env", "TOO_SHORT")
    assert (ran.code, "16 characters" in ran.err) == (2, True)
    assert "abc" not in ran.err


def test_a_secret_of_webhooks_is_no_token_and_must_be_long(
    indexed: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "0123456789abcdef")
    ran = dupfind("serve", "--host", "0.0.0.0", "--webhook-secret-env", "SECRET")
    assert (ran.code, "--token-env" in ran.err) == (2, True)
    ran = dupfind("serve", "--webhook-secret-env", "UNSET")
    assert (ran.code, "UNSET holds no secret: export at least 16 characters" in ran.err) == (2, True)


def test_a_port_that_is_taken_and_an_index_that_is_missing_are_one_line(
    indexed: Path, dupfind: Command
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = dupfind("serve", "--port", taken.getsockname()[1])
    assert (ran.code, ran.err.count("\n"), "--port" in ran.err) == (2, 1, True)
    ran = dupfind("serve", "--port", 0, "--index", "nowhere")
    assert (ran.code, ran.err.count("\n"), "no index" in ran.err) == (2, 1, True)
