"""Imports go down the layers, each heavy library has one home, and a quick command stays quick."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dupfind import sources
from dupfind.cli import query
from dupfind.cli.main import run
from dupfind.collection.collection import Collection
from tests.support.loaded import SLOW, loaded_by, loaded_modules
from tests.support.modules import import_line
from tests.support.paths import ROOT
from tests.support.samples import WordEncoder, corpus

MODULES = sorted((ROOT / "dupfind").rglob("*.py"))

LAYERS = [
    {"durability", "errors", "interruption", "json_types", "progress", "records", "results", "version"},
    {"vectors", "clustering", "sources", "json_output", "partition"},
    {"tables", "text"},
    {"ranking", "decisions", "verdict", "encoders"},
    {"storage"},
    {"postgresql"},
    {"search", "workspace"},
    {"check", "dedup"},
    {"collection"},
    {"evaluation", "distributed"},
    {"reports", "training"},
    {"review", "integrations"},
    {"service"},
    {"cli"},
    {"__init__", "__main__"},
]
"""Packages and top-level modules, lowest first."""

HOMES = {
    "torch": {"encoders", "vectors/bf16.py", "dedup/all_pairs.py", "training"},
    "sentence_transformers": {"encoders", "training"},
    "transformers": {"encoders", "training"},
    "datasets": {"training"},
    "accelerate": {"training"},
    "safetensors": {"encoders", "training"},
    "tokenizers": {"encoders"},
    "huggingface_hub": {"encoders"},
    "faiss": {"vectors", "cli/doctor.py"},  # which says its version
    "sqlalchemy": {"sources", "storage/migrate.py"},
    "alembic": {"storage/migrate.py"},
    "psycopg2": {"postgresql"},
    "ray": {"distributed"},
    "grpc": {"distributed"},
    "yaml": {"sources"},
    "nanoarrow": {"tables"},
    "pyarrow": {"sources"},
    "python_calamine": {"sources"},
    "backports": {"sources"},
    "charset_normalizer": {"sources"},
    "httpx2": {"encoders/hub.py", "sources"},
    "tenacity": {"sources"},
    "keyring": {"sources"},
    "click": {"cli"},
    "jinja2": {"reports"},
    "markdown_it": {"reports"},
    "pygments": {"reports"},
    "starlette": {"service"},
    "uvicorn": {"service"},
    "h11": {"service"},
    "mcp": {"integrations/mcp_server.py"},
    "mcp_types": {"integrations/mcp_server.py"},
    "pydantic": {"integrations/mcp_server.py", "service"},
}


def room(path: Path) -> str:
    return path.relative_to(ROOT / "dupfind").parts[0].removesuffix(".py")


@cache
def nodes(path: Path) -> list[ast.AST]:
    """The syntax tree of a file, which is read once for all tests."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imported(path: Path) -> frozenset[str]:
    """The full name of every module that a file imports, wherever in it."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in nodes(path):
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
        assert layer(other) < layer(room(path)), f"{room(path)} imports {other}"


@pytest.mark.parametrize("folder", ["dupfind", "tests", "benchmarks", "examples"])
def test_no_import_is_renamed_but_numpys(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        for node in nodes(path):
            if isinstance(node, ast.Import | ast.ImportFrom):
                renamed = {alias.name for alias in node.names if alias.asname is not None}
                assert renamed <= {"numpy"}, f"{path}:{node.lineno}"


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
        assert {name.split(".")[0] for name in imported(path)} <= {
            *("alembic", "sqlalchemy"),
            *("hashlib", "re", "unicodedata", "zlib"),  # of Python itself
        }


def test_help_imports_nothing_slow() -> None:
    assert loaded_by(f"{import_line(run)}run(['--help'])") & SLOW == set()
    assert loaded_by("import dupfind") & SLOW == set()


def test_a_query_imports_numpy_and_nothing_slower(tmp_path: Path) -> None:
    make = (
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        f"{import_line(WordEncoder, corpus, Collection)}"
        f"collection = Collection.create({str(tmp_path)!r}, encoder=WordEncoder())\n"
        "collection.index(corpus(20))\ncollection.close()\n"
    )
    ask = (
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        f"import {query.__name__}\n{import_line(WordEncoder, Collection)}"
        f"collection = Collection.open({str(tmp_path)!r}, encoder=WordEncoder())\n"
        "assert len(collection.search('worker crash')) == 10\n"
    )
    assert {"sqlalchemy", "alembic"} <= loaded_by(make)
    modules = loaded_modules(ask)
    assert f"{Collection.__module__}" in modules
    assert not {name for name in modules if name.startswith(sources.__name__)}
    assert loaded_by(ask) & SLOW == {"numpy"}


@pytest.mark.parametrize("folder", ["tests", "benchmarks", "examples"])
def test_no_test_writes_a_modules_name_into_a_string(folder: str) -> None:
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in MODULES}
    for path in (ROOT / folder).rglob("*.py"):
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names = re.findall(r"dupfind(?:\.[a-z_0-9]+)+", node.value)
                assert not {
                    name for name in names if name in modules or name.rpartition(".")[0] in modules
                }, path
