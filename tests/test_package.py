"""What a user of the package sees: the public names, the wheel, the README's examples, the page of commands."""

import contextlib
import io
import os
import pydoc
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import dupfind
from docs import make_cli
from dupfind.cli.main import COMMANDS
from dupfind.encoders.weights import INDEX_MODEL
from dupfind.storage.migrate import migrations
from tests.support.paths import DOCS, ROOT
from tests.support.tiny_models import needs_minilm


def test_all_is_what_can_be_imported() -> None:
    for name in dupfind.__all__:
        assert getattr(dupfind, name) is not None
    assert "Collection" in dupfind.__all__


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    assert not hasattr(dupfind, "Nonsense")


def test_help_and_the_page_of_python_name_everything_that_is_public() -> None:
    shown = pydoc.render_doc(dupfind, renderer=pydoc.plaintext)  # type: ignore[attr-defined]
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    for name in set(dupfind.__all__) - {"__version__"}:
        assert re.search(rf"^    (?:class )?{name}\(", shown, re.MULTILINE), name
    methods = [name for name in vars(dupfind.Collection) if not name.startswith("_")]
    methods += [name for name in vars(dupfind.WritableCollection) if not name.startswith("_")]
    known = {
        "open",
        "create",
        "close",
        "search_together",
        "choice",
        "calibrate",
        "store",
        "model",
        "verified_model",
    }
    assert [name for name in methods if f"{name}(" not in page and name not in known] == []


def test_docs_cli_holds_the_help_of_every_command() -> None:
    written = make_cli.PAGE.read_text(encoding="utf-8")
    assert written == make_cli.page(), "run `make docs`"
    for command in COMMANDS:
        assert f"\n## dupfind {command}\n" in written


@pytest.mark.parametrize("function", [dupfind.dedupe, dupfind.index])
def test_help_names_the_model_of_a_new_index(function: Callable[..., object]) -> None:
    documented = str(function.__doc__)
    assert INDEX_MODEL in documented
    assert "all-MiniLM-L6-v2" not in documented


@pytest.mark.parametrize("command", ["index", "merge", "demo"])
def test_the_page_of_commands_names_the_model_of_a_new_index(command: str) -> None:
    [helped] = re.findall(rf"^## dupfind {command}\n(.*?)^## ", make_cli.page(), re.MULTILINE | re.DOTALL)
    assert INDEX_MODEL in helped
    assert "all-MiniLM-L6-v2" not in helped


README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.model
@needs_minilm
def test_the_python_of_the_readme_prints_what_its_comment_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    [comment] = re.findall(r"print\(hit.*\)  +# (.*)", code)
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue() == comment + "\n"


SCORE = re.compile(r"\b0\.\d{3}\b")


@pytest.mark.slow
@pytest.mark.model
@needs_minilm
def test_the_commands_of_the_readme_print_the_output_below_them(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def output(line: str) -> str:
        process = subprocess.run(
            [sys.executable, "-m", *shlex.split(line)],
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        return timeless(process.stdout)

    def timeless(text: str) -> str:
        return re.sub(r"\d+\.\d s$", "N s", text.strip(), flags=re.MULTILINE)

    (here / "examples").symlink_to(ROOT / "examples")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    [console] = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    examples = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", console, re.MULTILINE)
    assert [line.split()[:2] for line, _ in examples] == [
        ["dupfind", it] for it in ("index", "query", "report")
    ]
    for line, shown in examples:
        printed, expected = output(line), timeless(shown)
        # The last digit of a score is the processor's: bfloat16 where it has AMX, float32 elsewhere.
        assert SCORE.sub("N", printed) == SCORE.sub("N", expected)
        assert [float(score) for score in SCORE.findall(printed)] == pytest.approx(
            [float(score) for score in SCORE.findall(expected)], abs=0.004
        )
    assert (here / "duplicates.html").stat().st_size > 10_000


def test_an_installed_dupfind_finds_its_migrations() -> None:
    assert (migrations() / "versions" / "0001_first_tables.py").is_file()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hatchling = pytest.importorskip("hatchling.builders.wheel")
    folder = tmp_path_factory.mktemp("wheel")
    [built] = hatchling.WheelBuilder(str(ROOT)).build(directory=str(folder))
    return Path(built)


def test_a_wheel_carries_migrations_pages_types_and_the_example(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"dupfind/migrations/env.py", "dupfind/migrations/versions/0001_first_tables.py"} <= names
    assert "dupfind/example/tracker.db" in names  # of `dupfind demo`
    assert "dupfind/py.typed" in names
    for room in ("reports", "service"):
        assert {f"dupfind/{room}/page.{kind}" for kind in ("html", "css", "js")} <= names
    assert not any(name.startswith(("tests/", "examples/", "benchmarks/", "docs/")) for name in names)


def test_a_wheel_names_the_project_s_pages_and_every_python_that_ci_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"dupfind-{dupfind.__version__}.dist-info/METADATA").decode()
    for label in ("Homepage", "Documentation", "Changelog", "Issues", "Source"):
        assert f"Project-URL: {label}, https://" in metadata
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    versions = workflow["jobs"]["tests"]["strategy"]["matrix"]["python"]
    named = re.findall(r"^Classifier: Programming Language :: Python :: (3\.\d+)$", metadata, re.MULTILINE)
    assert named == versions == ["3.11", "3.12", "3.13", "3.14"]
    assert "Classifier: Typing :: Typed\n" in metadata


USER_SCRIPT = """\
from dupfind import Collection, Record
with Collection.open("index") as collection:
    for hit in collection.search(Record(id="1", title="Crash"), k=3):
        reveal_type(hit.score)
Record(id=1, title="Crash")
"""


@pytest.mark.slow
def test_mypy_sees_the_types_of_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    venv = tmp_path / "venv"
    python = str(venv / "bin/python")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=300)
    install = ["--python", python, "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True, timeout=300)
    (tmp_path / "script.py").write_text(USER_SCRIPT)

    def errors() -> str:
        command = [
            "-m",
            "mypy",
            "--strict",
            "--python-executable",
            python,
            "--cache-dir",
            str(tmp_path / "cache"),
        ]
        process = subprocess.run(
            [sys.executable, *command, "script.py"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=600,
            env={key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "MYPYPATH")},
        )
        return process.stdout

    typed = errors()
    assert re.search(r'script.py:4: note: Revealed type is "(builtins\.)?float"', typed), typed
    assert (
        'script.py:5: error: Argument "id" to "Record" has incompatible type "int"; expected "str"' in typed
    )
    assert "Found 1 error in 1 file" in typed
    [marker] = venv.glob("lib/python*/site-packages/dupfind/py.typed")
    marker.unlink()
    assert "missing library stubs or py.typed marker" in errors()
