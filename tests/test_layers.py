"""Imports go down the layers, each heavy library has one home, and a quick command stays quick."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "dupfind").rglob("*.py"))

LAYERS = [
    {"errors", "records", "results", "joint", "links", "metrics", "boilerplate", "margins", "arrays"},
    {"answers", "texts", "clusters", "encoders", "sources", "index", "schema", "evaluation", "fitting"},
    {"terms", "drawing", "reasons", "decisions", "settings", "staged", "resident"},
    {"overlaps"},
    {"features", "reports", "agenda", "incoming", "borders"},
    {"locking", "store", "upgrade", "words", "ranking", "evidence"},
    {"marked", "postings", "roster", "writer", "snapshots", "carried", "labels", "timeline"},
    {"proposals", "runs", "ledger", "models", "halves"},
    {"findings"},
    {"publishing", "indexing", "search", "returned"},
    {"reencoding"},
    {"collection"},
    {"warm", "writable", "replay", "pairs"},
    {"calibration", "backlog", "gate", "chances"},
    {"review"},
    {"splitting"},
    {"agents", "service", "suggestions", "training"},
    {"cli"},
    {"__init__", "__main__"},
]
"""Rooms, lowest first; a room is a module or a folder of them."""

UPWARD = {("collection", "writable"), ("collection", "writer")}
"""`Collection.create` gives a WritableCollection, which it imports when it is called."""

HOMES = {
    "torch": {"encoders", "halves.py", "pairs.py", "training"},
    "sentence_transformers": {"encoders", "training"},
    "transformers": {"encoders", "training"},
    "datasets": {"training"},
    "accelerate": {"training"},
    "safetensors": {"encoders", "training"},
    "tokenizers": {"encoders"},
    "huggingface_hub": {"encoders"},
    "faiss": {"index", "cli/doctor.py"},  # which says its version
    "sqlalchemy": {"sources", "upgrade.py"},
    "alembic": {"upgrade.py"},
    "yaml": {"sources"},
    "pyarrow": {"sources"},
    "backports": {"sources"},
    "httpx2": {"encoders/hub.py", "sources"},
    "tenacity": {"sources"},
    "keyring": {"sources"},
    "click": {"cli"},
    "rich": {"cli"},
    "jinja2": {"reports"},
    "starlette": {"service"},
    "uvicorn": {"service"},
    "mcp": {"agents.py"},
    "mcp_types": {"agents.py"},
    "pydantic": {"agents.py"},
}


def room(path: Path) -> str:
    return path.relative_to(ROOT / "dupfind").parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The full name of every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            assert node.module is not None
            for alias in node.names:
                inner = ROOT.joinpath(*node.module.split("."), alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").is_file()
                yield f"{node.module}.{alias.name}" if is_module else node.module


def rooms_imported(path: Path) -> set[str]:
    """The rooms that a file imports from, less its own."""
    names = [f"{name}.__init__".split(".") for name in imported(path)]
    return {name[1] for name in names if name[0] == "dupfind"} - {room(path)}


def layer(name: str) -> int:
    [place] = [number for number, rooms in enumerate(LAYERS) if name in rooms]
    return place


def test_every_room_has_a_layer_and_every_layer_its_rooms() -> None:
    assert {room(path) for path in MODULES} == set().union(*LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_go_down_the_layers_and_never_sideways(path: Path) -> None:
    for other in rooms_imported(path):
        if (room(path), other) not in UPWARD and not (
            room(path) in {"agents", "cli", "resident", "service", "training"} and other == "__init__"
        ):
            assert layer(other) < layer(room(path)), f"{room(path)} imports {other}"


@pytest.mark.parametrize("library", HOMES)
def test_a_heavy_library_has_one_home(library: str) -> None:
    users = {
        path.relative_to(ROOT / "dupfind")
        for path in MODULES
        if any(name.split(".")[0] == library for name in imported(path))
    }
    homes = HOMES[library]
    assert {path for path in users if path.as_posix() not in homes and path.parts[0] not in homes} == set()


def test_a_revision_imports_nothing_that_can_change_under_it() -> None:
    for path in (ROOT / "migrations").rglob("*.py"):
        assert {name.split(".")[0] for name in imported(path)} <= {"alembic", "sqlalchemy"}


def loaded_by(statements: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after some statements."""
    done = subprocess.run(
        [sys.executable, "-c", f"{statements}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


SLOW = {
    "torch",
    "transformers",
    "sentence_transformers",
    "faiss",
    "sqlalchemy",
    "alembic",
    "numpy",
    "rich",
    "httpx2",
    "tenacity",
}


def test_help_imports_nothing_slow() -> None:
    assert loaded_by("from dupfind.cli import run\nrun(['--help'])") & SLOW == set()
    assert loaded_by("import dupfind") & SLOW == set()


def test_a_query_imports_numpy_and_nothing_slower(tmp_path: Path) -> None:
    make = (
        f"import sys\nsys.path.insert(0, {str(ROOT / 'tests')!r})\n"
        "from samples import WordEncoder, corpus\nfrom dupfind.collection import Collection\n"
        f"collection = Collection.create({str(tmp_path)!r}, encoder=WordEncoder())\n"
        "collection.index(corpus(20))\ncollection.close()\n"
    )
    ask = (
        f"import sys\nsys.path.insert(0, {str(ROOT / 'tests')!r})\n"
        "import dupfind.cli.query\nfrom samples import WordEncoder\n"
        "from dupfind.collection import Collection\n"
        f"collection = Collection.open({str(tmp_path)!r}, encoder=WordEncoder())\n"
        "assert len(collection.search('worker crash')) == 10\n"
    )
    assert {"sqlalchemy", "alembic"} <= loaded_by(make)
    assert loaded_by(ask) & SLOW == {"numpy"}
