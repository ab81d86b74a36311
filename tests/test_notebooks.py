"""The notebooks in examples/notebooks/ are valid, stored without output, and run from top to bottom.

Their cells run as plain Python in a fresh process, so that no Jupyter need be installed. The value at the end of a cell
is drawn as HTML, as a notebook does.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import DOCS, ROOT
from tests.support.tiny_models import needs_minilm, needs_torch

NOTEBOOKS = ROOT / "examples" / "notebooks"
NAMES = ["clean_a_backlog", "deduplicate_questions", "train_and_compare"]

RUN = """\
import ast, json, sys
names, shown = {"__name__": "__main__"}, []
for cell in json.load(sys.stdin):
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    if last is not None and value is not None:
        shown.append(value._repr_html_() if hasattr(value, "_repr_html_") else repr(value))
print("SHOWN" + json.dumps(shown))
"""


def notebook(name: str) -> Any:
    return json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))


def code(name: str) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook(name)["cells"] if cell["cell_type"] == "code"]


def shown_by(name: str, tmp_path: Path) -> list[str]:
    """Run a notebook; return what each cell with a value at its end shows."""
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN],
        input=json.dumps(code(name)),
        capture_output=True,
        text=True,
        cwd=NOTEBOOKS,
        timeout=900,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "MAX_STEPS": "1"},
    )
    assert process.returncode == 0, process.stderr
    shown: list[str] = json.loads(process.stdout.split("SHOWN")[1])
    return shown


def test_every_notebook_is_valid_and_stored_without_output() -> None:
    assert sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")) == NAMES
    for name in NAMES:
        document = notebook(name)
        assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
        ids = [cell["id"] for cell in document["cells"]]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", id) for id in ids)
        for cell in document["cells"]:
            assert cell["cell_type"] in ("code", "markdown")
            if cell["cell_type"] == "code":
                assert (cell["outputs"], cell["execution_count"]) == ([], None)


@pytest.mark.slow
@pytest.mark.model
@needs_minilm
def test_the_backlog_is_cleaned(tmp_path: Path) -> None:
    n_issues, collection, report, pairs, checked, hits = shown_by("clean_a_backlog", tmp_path)
    assert n_issues == "396"
    assert "396 records" in collection
    assert "clusters of duplicates" in report
    assert "probability" in pairs
    assert "1 issue checked" in checked
    assert "5 hits" in hits
    assert list(tmp_path.glob("dupfind-copy-*")) == []


@pytest.mark.slow
@pytest.mark.model
@needs_minilm
def test_the_questions_are_deduplicated(tmp_path: Path) -> None:
    result, selected, pairs, table, answer = shown_by("deduplicate_questions", tmp_path)
    assert "<p>11 rows, " in result
    assert selected.count("How do I reset my password?") == 1
    assert "Where can I see my invoices?" in pairs
    assert "0.65" in table
    assert "How do I reset my password?" in answer


@pytest.mark.slow
@pytest.mark.model
@needs_minilm
@needs_torch
def test_a_model_is_trained_and_compared(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    _, figures, _ = shown_by("train_and_compare", tmp_path)
    for search in ("before", "after", "BM25"):
        assert search in figures


PAGE = (DOCS / "python.md").read_text(encoding="utf-8")


@pytest.mark.model
@needs_minilm
@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_the_python_of_its_page_prints_what_its_comment_shows(
    block: str, capsys: pytest.CaptureFixture[str]
) -> None:
    [comment] = re.findall(r"print\(.*\)  # (.*)", block)
    exec(compile(block, "python.md", "exec"), {})
    assert capsys.readouterr().out == comment + "\n"
