"""A repository may set thresholds and paths inside itself, and nothing that reaches out of it."""

import os
from pathlib import Path

import pytest

from dupfind.errors import DupfindError
from dupfind.workspace import settings
from dupfind.workspace.settings import Settings

ALL = """
index = "tools/.dupfind"
decisions = "tools/decisions.jsonl"
fail-on = "possible"
min-score = 0.8
missing-index = "pass"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


def put(root: Path, text: str) -> None:
    (root / ".dupfind.toml").write_text(text, encoding="utf-8")


def test_settings_stand_in_a_file_of_their_own_or_in_pyproject(root: Path) -> None:
    inner = root / "a" / "b"
    inner.mkdir(parents=True)
    assert settings.read(inner) == Settings(root)
    put(root, ALL)
    expected = Settings(
        root, root / "tools" / ".dupfind", root / "tools" / "decisions.jsonl", "possible", 0.8, "pass"
    )
    assert settings.read(inner) == expected
    (root / ".dupfind.toml").rename(root / "pyproject.toml")
    assert settings.read(inner) == Settings(root)
    (root / "pyproject.toml").write_text(f"[tool.dupfind]\n{ALL}", encoding="utf-8")
    assert settings.read(inner) == expected
    put(root, ALL)
    with pytest.raises(DupfindError, match="keep one of them"):
        settings.read(inner)


def test_a_broken_pyproject_without_our_table_is_ignored(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.x]\na = \n", encoding="utf-8")
    assert settings.read(root) == Settings(root)


def test_an_editor_s_byte_order_mark_and_line_ends_are_no_error(root: Path) -> None:
    (root / ".dupfind.toml").write_bytes(b"\xef\xbb\xbfmin-score = 0.5\r\n")
    assert settings.read(root).min_score == 0.5


def test_outside_of_a_repository_the_working_folder_has_them(tmp_path: Path) -> None:
    put(tmp_path, "min-score = 1")
    assert settings.read(tmp_path) == Settings(tmp_path, min_score=1.0)


@pytest.mark.parametrize("key", ["model", "url", "token", "sql", "source", "fail_on", "k"])
def test_a_key_that_is_unknown_or_forbidden_is_named(root: Path, key: str) -> None:
    put(root, f'{key} = "x"')
    with pytest.raises(
        DupfindError, match=f"no setting '{key}'.*nothing that names a model, a URL"
    ) as raised:
        settings.read(root)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "line",
    [
        'index = "/etc"',
        'index = "../other/.dupfind"',
        'index = "a/../../b"',
        'index = "leads-out/x"',
        'decisions = "leads-out"',
        "index = 1",
        'index = ""',
        'index = "a\\u0000b"',
        'fail-on = "never"',
        "min-score = true",
        "min-score = 2",
        "min-score = nan",
        'min-score = "0.5"',
        'missing-index = "ask"',
        "min-score = 0x" + "f" * 5_000,
        "verdicts = [0x" + "f" * 5_000 + "]",
        "index = " + "[" * 200 + "]" * 200,
        'fail-on = "' + "x" * 100_000 + '"',
        'decisions = {"\\u001b[31m\\n" = "\\u202e"}',
        "min-score = 1e400",
        "verdicts = 0001-01-01T00:00:00+23:59",
        "index." + ".".join("a" * 60) + " = 1",
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_its_key(root: Path, line: str) -> None:
    (root / "leads-out").symlink_to(root.parent)
    put(root, line)
    with pytest.raises(
        DupfindError, match=rf"^\.dupfind\.toml: {line.partition(' ')[0].partition('.')[0]} is "
    ) as raised:
        settings.read(root)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 500


def test_a_repository_names_no_pipe_and_no_folder_as_its_decisions(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    for name in ("pipe", "folder"):
        put(root, f'decisions = "{name}"')
        with pytest.raises(DupfindError, match=rf"decisions is '{name}', but must be a file inside"):
            settings.read(root)


def test_a_link_to_itself_is_a_path_like_any_other(root: Path) -> None:
    (root / "loop").symlink_to("loop")
    put(root, 'decisions = "loop"')
    assert settings.read(root).decisions == root / "loop"


@pytest.mark.parametrize(
    "data",
    [
        b"index = ",
        b"\xff",
        b"[tool]\n[tool]",
        b"k = " + b"[" * 99_999,
        b"k = " + b"9" * 5_000,
        b"k = " + b"{k = " * 99_999,
        b"index." * 20_000 + b"a = 1",
        b"min-score = 1\n[" + b'\'a\' . "b\\"".' * 20_000 + b"a]",
        b"a = 1\n" + b"b . " * 100 + b"a = 1",
        b'a = {b = """\n"x" """, ' + b"c." * 20_000 + b"d = 1}",
        b'a = {b = """x\\""""", ' + b"c." * 20_000 + b"d = 1}",
        b"a = {b = '''\n\" ''', " + b'c.\'"""\'.' * 20_000 + b"d = 1}",
        b'# it\'s """\n' + b"c." * 20_000 + b"d = 1",
    ],
)
def test_a_broken_file_is_one_line(root: Path, data: bytes) -> None:
    (root / ".dupfind.toml").write_bytes(data)
    with pytest.raises(DupfindError, match=r"^\.dupfind\.toml cannot be read: "):
        settings.read(root)


@pytest.mark.parametrize("name", [".dupfind.toml", "pyproject.toml"])
def test_a_file_of_a_gigabyte_is_not_read(root: Path, name: str) -> None:
    with (root / name).open("wb") as file:
        file.write(b"[tool.dupfind]\n")
        file.truncate(1 << 30)  # a hole: it needs no place on the disk
    with pytest.raises(DupfindError, match=" has more than 1,048,576 bytes"):
        settings.read(root)


def test_a_file_that_is_a_link_out_of_the_repository_is_not_read(root: Path) -> None:
    outside = root.parent / "secret"
    outside.write_text("[tool.dupfind]\nkey-of-mine = 1\n", encoding="utf-8")
    for name in (".dupfind.toml", "pyproject.toml"):
        (root / name).symlink_to(outside)
        with pytest.raises(DupfindError, match=rf"{name} is a link that leads out of ") as raised:
            settings.read(root)
        assert "key-of-mine" not in str(raised.value)
        (root / name).unlink()
    (root / "inside.toml").write_text("min-score = 0.5", encoding="utf-8")
    (root / ".dupfind.toml").symlink_to("inside.toml")
    assert settings.read(root).min_score == 0.5


def test_versions_and_addresses_in_other_tables_are_no_long_keys(root: Path) -> None:
    versions = ", ".join(f'"a.b==1.{n}.3"' for n in range(200))
    inner = ".".join("a" * 100)
    strings = f'w = """\n{inner}\n"{inner}\n"""\ny = \'\'\'{inner}\'\'\'  # {inner}\nz = ["{inner}"]\n'
    text = f"[tool.x]\nv = [{versions}]\n{strings}[tool.dupfind]\nmin-score = 0.5\n"
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    assert settings.read(root).min_score == 0.5
