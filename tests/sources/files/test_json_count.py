"""The objects of a large array are counted in one pass."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, strategies

from dupfind.sources.files import json_count, json_file
from dupfind.sources.files.json_count import count_objects
from dupfind.sources.open import open_source
from tests.support.timing import growth

JSON = strategies.recursive(
    strategies.none() | strategies.text('a"\\[]{},é', max_size=6),
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(strategies.text('"{', max_size=2), inner)
    ),
    max_leaves=8,
)


@given(strategies.lists(JSON, max_size=6), strategies.sampled_from([None, 2]), strategies.booleans())
def test_the_count_is_that_of_a_parser(
    tmp_path_factory: pytest.TempPathFactory, values: list[object], indent: int | None, is_ascii: bool
) -> None:
    path = tmp_path_factory.mktemp("count") / "a.json"
    path.write_text(json.dumps(values, indent=indent, ensure_ascii=is_ascii), encoding="utf-8")
    assert (count_objects(path) or 0) == sum(isinstance(value, dict) for value in values)


@pytest.mark.parametrize("text", ["", "   ", '{"a": [{}]}', '"text"', "3", '["a", [{}]]', "]", '"['])
def test_what_is_no_array_of_objects_has_no_count(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    assert count_objects(tmp_path / "a.json") is None


def test_a_compressed_file_has_no_count(tmp_path: Path) -> None:
    name = "[{}, {}]"  # which stands in the head of the compressed file
    with (tmp_path / "a.json").open("wb") as raw, gzip.GzipFile(name, "wb", fileobj=raw) as file:
        file.write(b"[{}]")
    assert count_objects(tmp_path / "a.json") is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_of_two_bytes_a_character_has_no_count(tmp_path: Path, encoding: str) -> None:
    # The bullet has the byte of a quotation mark.
    (tmp_path / "a.json").write_text('[{"a": "\u2022"}, {"a": 1}, {"b": 2}]', encoding=encoding)
    assert count_objects(tmp_path / "a.json") is None


def test_a_count_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text("[" + "{}," * 50, encoding="utf-8")
    assert count_objects(tmp_path / "a.json") == 50
    monkeypatch.setattr(json_count, "MAX_TOKENS", 20)
    assert count_objects(tmp_path / "a.json") is None


@pytest.mark.parametrize("piece", ['\\"', '"', "{", "[", "\\", "a"])
def test_a_broken_file_is_read_once(tmp_path: Path, piece: str) -> None:
    def count(n: int) -> None:
        (tmp_path / "a.json").write_text('["' + piece * n, encoding="utf-8")
        count_objects(tmp_path / "a.json")

    assert growth(count, 50_000) < 24


def test_a_large_array_of_issues_has_a_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "PARSED", 100)
    issues = [
        {"number": n, "title": f"crash {n}", "body": '[{"', "url": f"https://github.com/o/r/issues/{n}"}
        for n in range(150)
    ]
    (tmp_path / "issues.json").write_text(json.dumps(issues), encoding="utf-8")
    assert open_source(str(tmp_path / "issues.json")).total == 150
