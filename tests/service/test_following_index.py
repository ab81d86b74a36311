"""The service follows its index: new generations, another model, another folder, and no request fails meanwhile."""

import asyncio
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.service.pool import SearchPool
from tests.support.clients import Client, serving
from tests.support.samples import Command
from tests.support.tiny_models import write_model

pytestmark = pytest.mark.slow

INDEX = Path(".dupfind")
QUESTION = {"text": "abc def crash", "k": 100}


@contextmanager
def asked_all_the_time(client: Client, n_clients: int = 3) -> Iterator[list[tuple[int, str]]]:
    """Clients that ask again and again, and the answers that are no 200."""
    failed: list[tuple[int, str]] = []
    is_over = threading.Event()

    def ask(fields: dict[str, object]) -> None:
        while not is_over.is_set():
            said = client.post("/query", fields)
            if said.status != 200 or not said.json["hits"]:
                failed.append((said.status, said.text))

    fields: list[dict[str, object]] = [QUESTION, {**QUESTION, "exact": True}, {**QUESTION, "state": "open"}]
    threads = [threading.Thread(target=ask, args=(fields[n % 3],)) for n in range(n_clients)]
    for thread in threads:
        thread.start()
    try:
        yield failed
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def write(issues: int, word: str) -> None:
    lines = (json.dumps({"id": n, "title": f"abc def {word} {n}", "state": "open"}) for n in range(issues))
    Path("issues.jsonl").write_text("\n".join(lines), encoding="utf-8")


def index(*arguments: object) -> None:
    """Index in a process of its own."""
    command = [sys.executable, "-m", "dupfind", "index", "-q", "issues.jsonl", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def assert_answers_as_the_library(client: Client) -> None:
    said = client.post("/query", {**QUESTION, "exact": True}).json
    with Collection.open(INDEX) as collection:
        hits = collection.search("abc def crash", 100)
        assert said["index"] == collection.summary()
    assert [(hit["id"], hit["score"], hit["lexical"]) for hit in said["hits"]] == [
        (hit.id, hit.score, hit.lexical) for hit in hits
    ]
    fast = client.post("/query", QUESTION).json
    assert fast["index"] == said["index"]
    assert {hit["id"]: hit["lexical"] for hit in fast["hits"]} == {
        hit["id"]: hit["lexical"] for hit in said["hits"]
    }
    for hit, same in zip(
        sorted(fast["hits"], key=lambda hit: hit["id"]),
        sorted(said["hits"], key=lambda hit: hit["id"]),
        strict=True,
    ):
        assert hit["score"] == pytest.approx(same["score"], abs=0.02)


def test_what_is_indexed_shows_in_the_next_answer_and_no_request_fails(indexed: Path, model: Path) -> None:
    with serving(INDEX) as client, asked_all_the_time(client) as failed:
        for issues, word in ((20, "one"), (40, "two"), (10, "three")):
            write(issues, word)
            index()
            said = client.post("/query", QUESTION).json
            assert {hit["title"].split()[2] for hit in said["hits"]} == {word}
            assert said["index"]["records"] == issues
            assert_answers_as_the_library(client)
    assert failed == []


def test_a_rebuild_with_another_model_is_followed(indexed: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "other", seed=7)
    with serving(INDEX) as client, asked_all_the_time(client) as failed:
        before = client.post("/query", QUESTION).json
        write(30, "crash")
        index("--rebuild", "--model", tmp_path / "other")
        after = client.post("/query", QUESTION).json
        assert (before["index"]["model"], after["index"]["model"]) == ("tiny", "other")
        assert_answers_as_the_library(client)
    assert failed == []


def test_another_index_in_the_folder_s_place_is_followed(
    indexed: Path, model: Path, dupfind: Command
) -> None:
    with serving(INDEX) as client, asked_all_the_time(client) as failed:
        write(25, "fresh")
        index("--index", "made", "--model", model)
        INDEX.rename("old")  # for a moment there is none, and the old one still answers
        assert client.post("/query", QUESTION).json["index"]["records"] == 4
        Path("made").rename(INDEX)
        assert client.post("/query", QUESTION).json["index"]["records"] == 25
        assert_answers_as_the_library(client)
        shutil.rmtree("old")
        assert_answers_as_the_library(client)
    assert failed == []


def test_a_damaged_snapshot_costs_no_answer(indexed: Path) -> None:
    with serving(INDEX) as client:
        right = client.post("/query", QUESTION).json["hits"]
    [snapshot] = (INDEX / "snapshots").iterdir()
    data = bytearray(snapshot.read_bytes())
    data[len(data) // 2] ^= 0xFF
    snapshot.write_bytes(data)
    with serving(INDEX) as client:
        assert client.post("/query", QUESTION).json["hits"] == right


def test_what_takes_the_place_of_an_index_that_was_found_may_not_lead_elsewhere(
    indexed: Path, model: Path
) -> None:
    with closing(SearchPool(INDEX, is_named=False)) as pool:
        write(25, "fresh")
        index("--index", "made", "--model", model)
        Path("made", "models", "link").symlink_to("/")
        INDEX.rename("old")
        Path("made").rename(INDEX)
        assert asyncio.run(pool.run(Collection.summary))["records"] == 4
        (INDEX / "models" / "link").unlink()
        assert asyncio.run(pool.run(Collection.summary))["records"] == 25
