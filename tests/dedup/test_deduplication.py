"""`dupfind.dedupe`: rows of a table that say the same, at any threshold, with nothing left behind."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pytest

import dupfind
from dupfind.collection import shortcuts
from dupfind.dedup.deduplication import Deduplication
from dupfind.errors import DupfindError
from dupfind.sources.temporary_folder import PREFIX
from tests.support.paths import ROOT
from tests.support.samples import WordEncoder, corpus
from tests.support.tiny_models import needs_minilm

TEXTS = [
    "the kettle hums at night",
    "my lamp is dark",
    "the kettle hums at noon",
    "the kettle hums at night",
    "",
    None,
    "my lamp is dark",
]


def dedupe(data: Any, columns: Any = None, **options: Any) -> Deduplication:
    return dupfind.dedupe(data, columns, encoder=WordEncoder(), **options)


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no other process put files next to those of a test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def leftovers() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))


def test_the_first_of_the_duplicates_is_kept() -> None:
    result = dedupe(TEXTS, threshold=0.999)
    assert result.kept == [0, 1, 2, 4, 5]
    assert result.removed == [3, 6]
    assert result.selected == [TEXTS[row] for row in result.kept]
    assert result.duplicates == [TEXTS[3], TEXTS[6]]
    assert [(group.kept, group.duplicates, group.scores) for group in result.clusters] == [
        (0, (3,), (1.0,)),
        (1, (6,), (1.0,)),
    ]
    assert result.to_dicts()[3] == {
        "row": 3,
        "text": "the kettle hums at night",
        "cluster": 1,
        "duplicate_of": 0,
        "is_kept": False,
    }
    assert result.to_dicts()[4]["cluster"] is None


def test_rows_without_a_word_are_no_duplicates_of_each_other() -> None:
    assert dedupe(["", None, "  "], threshold=0).removed == []
    assert dedupe([]).selected == []


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.95, 1.0])
def test_at_a_threshold_gives_what_a_new_run_would(threshold: float) -> None:
    data = [f"{record.title} {record.body}" for record in corpus(60)]
    encoder = WordEncoder()
    wide = dupfind.dedupe(data, threshold=0.4, encoder=encoder)
    n_encoded = len(encoder.encoded)
    found, again = wide.at(threshold), dedupe(data, threshold=threshold)
    assert len(encoder.encoded) == n_encoded
    ends = [(pair.first, pair.second, pair.score) for pair in again.pairs]
    assert [(pair.first, pair.second, pair.score) for pair in found.pairs] == ends
    assert found.clusters == again.clusters
    assert found.kept == again.kept
    assert all(score >= threshold for *_, score in ends)


def test_without_a_threshold_lower_pairs_change_nothing() -> None:
    data = [f"{record.title} {record.body}" for record in corpus(60)]
    wide, again = dedupe(data, threshold=0.3).at(None), dedupe(data)
    assert again.pairs
    assert [(pair.first, pair.second) for pair in wide.pairs] == [
        (pair.first, pair.second) for pair in again.pairs
    ]
    assert wide.kept == again.kept


def test_the_pairs_are_those_of_brute_force() -> None:
    texts = [" ".join(record.title.split()[:3]) for record in corpus(40, seed=1)]
    vectors = WordEncoder().encode(texts).astype(float)
    scores = vectors @ vectors.T
    expected = {(i, j) for i in range(40) for j in range(i + 1, 40) if scores[i, j] >= 0.7}
    assert {(pair.first, pair.second) for pair in dedupe(texts, threshold=0.7).pairs} == expected


def test_every_two_rows_of_a_cluster_are_a_pair() -> None:
    data = [f"{record.title} {record.body}" for record in corpus(80, seed=2)]
    result = dedupe(data, threshold=0.75)
    pairs = {(pair.first, pair.second) for pair in result.pairs}
    assert result.clusters
    for group in result.clusters:
        rows = sorted((group.kept, *group.duplicates))
        assert all((one, other) in pairs for one in rows for other in rows if one < other)
    assert sorted(result.kept + result.removed) == list(range(80))


def test_many_copies_are_one_cluster() -> None:
    result = dedupe(["the kettle hums at night"] * 30 + ["my lamp is dark"])
    assert result.kept == [0, 30]
    assert len(result.clusters[0].duplicates) == 29
    assert {(pair.first, pair.is_exact, pair.score) for pair in result.pairs} == {(0, True, 1.0)}


def test_short_copies_are_duplicates_and_the_result_says_that_others_need_a_threshold() -> None:
    result = dedupe(["kettle", "kettle", "kettles"])
    assert result.kept == [0, 2]
    assert result.n_short == 3
    assert "3 too short for a verdict: pass a threshold" in repr(result)
    assert (
        repr(dedupe(["a b"] * 2, threshold=1))
        == "<Deduplication: 2 rows, 1 duplicate in 1 cluster; at a score of 1>"
    )


def test_repeated_ids_and_marks_do_not_hide_rows() -> None:
    rows = [{"id": 1, "title": text, "duplicate_of": 1} for text in TEXTS]
    assert dedupe(rows, "title", threshold=0.999).removed == [3, 6]


FORMS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "pandas": (
        lambda rows: pandas.DataFrame(rows, index=list("gfedcba")),
        lambda data: data["question"].tolist(),
    ),
    "polars": (polars.DataFrame, lambda data: data["question"].to_list()),
    "pyarrow": (pyarrow.Table.from_pylist, lambda data: data["question"].to_pylist()),
    "dict of lists": (
        lambda rows: {"question": [row["question"] for row in rows]},
        lambda data: data["question"],
    ),
    "list of dicts": (list, lambda data: [row["question"] for row in data]),
    "generator": (iter, lambda data: [row["question"] for row in data]),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_rows_come_back_as_the_table_that_was_given(form: str) -> None:
    make, texts = FORMS[form]
    result = dedupe(
        make([{"n": row, "question": text or ""} for row, text in enumerate(TEXTS)]),
        "question",
        threshold=0.999,
    )
    assert texts(result.selected) == [TEXTS[row] or "" for row in result.kept]
    assert texts(result.duplicates) == [TEXTS[3], TEXTS[6]]


@pytest.mark.parametrize("form", FORMS)
def test_a_table_without_duplicates_gives_an_empty_table_of_them(form: str) -> None:
    make, texts = FORMS[form]
    questions = [
        "kettle hums",
        "lamp is dark",
        "fan rattles",
        "door creaks",
        "tap drips",
        "roof leaks",
        "phone rings",
    ]
    rows = [{"n": row, "question": question} for row, question in enumerate(questions)]
    result = dedupe(make(rows), "question", threshold=0.999)
    assert texts(result.selected) == questions
    assert texts(result.duplicates) == []


def test_rows_of_a_dict_of_series_are_chosen_by_place() -> None:
    texts = pandas.Series(TEXTS[:4], index=[3, 2, 1, 0])
    result = dedupe({"question": texts}, "question", threshold=0.999)
    assert result.selected == {"question": TEXTS[:3]}
    assert result.duplicates == {"question": [TEXTS[3]]}


def test_a_single_row_stays() -> None:
    row = {"question": "How do I descale the kettle?"}
    assert dedupe(row, "question").selected == [row]


def test_a_stream_that_was_read_says_how_to_choose_rows() -> None:
    reader = pyarrow.table({"question": [text or "" for text in TEXTS]}).to_reader()
    result = dedupe(reader, "question", threshold=0.999)
    assert result.removed == [3, 6]
    with pytest.raises(
        DupfindError, match="rows of a RecordBatchReader cannot be chosen by their numbers: use `kept`"
    ):
        _ = result.selected


def test_a_result_becomes_dicts_arrow_and_escaped_html() -> None:
    result = dedupe(["<b>kettle</b> hums at night"] * 2, threshold=0.9)
    assert polars.DataFrame(result.to_arrow()).to_dicts() == result.to_dicts()
    assert polars.DataFrame(result.pairs.to_arrow()).to_dicts() == result.pairs.to_dicts()
    assert polars.DataFrame(result.clusters.to_arrow()).to_dicts() == result.clusters.to_dicts()
    for drawn in (result._repr_html_(), result.pairs._repr_html_(), result.clusters._repr_html_()):
        assert "<b>" not in drawn
        assert "&lt;b&gt;kettle" in drawn


@pytest.mark.parametrize(
    ("threshold", "message"),
    [(2, "threshold is 2, but must be a number from -1 to 1"), ("high", "threshold is 'high'")],
)
def test_a_wrong_threshold_is_refused(threshold: Any, message: str) -> None:
    with pytest.raises(DupfindError) as error:
        dedupe(TEXTS, threshold=threshold)
    assert message in str(error.value)


def test_a_threshold_below_what_was_kept_says_what_to_do() -> None:
    with pytest.raises(
        DupfindError, match=r"threshold 0.2 is not between 0.65 and 1: pass a lower one to dedupe"
    ):
        dedupe(TEXTS, threshold=0.9).at(0.2)


@pytest.mark.parametrize("threshold", ["high", [0.9], object, 10**400])
def test_a_threshold_that_is_no_number_is_refused_later_too(threshold: Any) -> None:
    with pytest.raises(DupfindError, match=r"threshold is .*, but must be a number"):
        dedupe(TEXTS, threshold=0.9).at(threshold)


@pytest.mark.parametrize("max_pairs", ["many", None, 0])
def test_a_wrong_number_of_pairs_is_refused(max_pairs: Any) -> None:
    with pytest.raises(DupfindError, match="max_pairs is "):
        dedupe(TEXTS, max_pairs=max_pairs)


def test_too_many_pairs_are_an_error() -> None:
    with pytest.raises(DupfindError, match="more than 2 pairs score"):
        dedupe([f"the kettle hums at night {number}" for number in range(6)], threshold=0.5, max_pairs=2)


def test_nothing_is_left_behind_even_by_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    before = leftovers()
    dedupe(TEXTS)
    with pytest.raises(DupfindError):
        dedupe([{"title": ["no text"]}])

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(shortcuts, "row_pairs", fail)
    with pytest.raises(RuntimeError):
        dedupe(TEXTS)
    assert leftovers() == before


def test_an_index_whose_model_is_missing_leaves_nothing_while_its_error_is_kept(tmp_path: Path) -> None:
    before = leftovers()
    with pytest.raises(DupfindError) as kept:
        dupfind.index(TEXTS, model=tmp_path / "nothing")
    assert leftovers() == before
    assert kept.value.__traceback__ is not None


SCRIPT = """\
import json, dupfind
texts = [f"{word} hums at {time}" for word in ("kettle", "lamp", "fan") for time in ("night", "noon", "dawn")] * 2
result = dupfind.dedupe(texts, threshold=0.8)
print(json.dumps([result.pairs.to_dicts(), result.clusters.to_dicts(), result.kept]))
"""


@pytest.mark.slow
@pytest.mark.model
@needs_minilm
def test_another_process_gives_the_same_result() -> None:
    def run(seed: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
            env={"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "HF_HUB_OFFLINE": "1", "PATH": ""},
        )
        return json.loads(done.stdout)

    first = run("1")
    assert first == run("2")
    assert len(first[2]) < 9


@pytest.mark.model
@needs_minilm
def test_questions_in_other_words_are_duplicates_at_a_threshold() -> None:
    questions = ["How do I reset my password?", "Where can I buy milk?", "How can I change my password?"]
    result = dupfind.dedupe(pandas.DataFrame({"question": questions}), "question", threshold=0.8)
    assert result.selected["question"].tolist() == questions[:2]
    assert result.pairs[0].probability is not None
