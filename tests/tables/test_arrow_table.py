"""Results as Arrow data, read by the libraries themselves."""

import re
from datetime import UTC, datetime
from typing import Any

import pandas
import polars
import pyarrow
import pytest

from dupfind.tables.arrow_table import FLAG, NUMBER, TEXT, TEXTS, TIME, WHOLE, ArrowTable
from dupfind.tables.html_table import MAX_ROWS, html_table

KINDS = {"text": TEXT, "whole": WHOLE, "number": NUMBER, "flag": FLAG, "time": TIME, "texts": TEXTS}
WHEN = datetime(1969, 7, 20, 20, 17, 40, 5, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {"text": "é" * 50, "whole": -1, "number": 0.5, "flag": True, "time": WHEN, "texts": ["a", "b" * 40]},
    {"text": None, "whole": None, "number": None, "flag": None, "time": None, "texts": []},
    {"text": "", "whole": 2**62, "number": -0.0, "flag": False, "time": WHEN, "texts": [""]},
]


@pytest.mark.parametrize("times", [0, 1, 400])
def test_every_library_reads_the_same_rows(times: int) -> None:
    rows = ROWS * times
    table = ArrowTable(KINDS, rows)
    assert len(table) == len(rows)
    for _ in range(3):  # a table may be read again
        arrow = pyarrow.table(table)
        arrow.validate(full=True)
        assert arrow.to_pylist() == rows
        assert polars.DataFrame(table).to_dicts() == rows
    assert pandas.DataFrame.from_arrow(table).shape == (len(rows), len(KINDS))


def test_a_lone_surrogate_and_nul_do_not_break_the_table() -> None:
    [row] = pyarrow.table(ArrowTable({"text": TEXT}, [{"text": "a\ud800\0b"}])).to_pylist()
    assert row == {"text": "a?b"}


def test_html_escapes_every_text_and_bounds_its_size() -> None:
    hostile = '<script>alert(1)</script>"\u202e\x1b[31m'
    drawn = html_table(hostile, [{hostile: hostile}])
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn
    assert "\u202e" not in drawn.split("</p>")[1]
    assert "\x1b" not in drawn.split("</p>")[1]
    formula = html_table("many", [{"text": "$5, or $\\href{https://example.org}{$6}$"}])
    assert re.fullmatch(r'<div class="tex2jax_ignore mathjax_ignore">((?!</?div).)*</div>', formula)
    many = html_table("many", [{"text": "x" * 10**6}] * 1_000)
    assert len(many) < 20_000
    assert many.count("<tr>") == MAX_ROWS + 1
    assert "and 950 more rows" in many
