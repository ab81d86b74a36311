"""A file of pairs is read as its recipe needs it, and its errors name the line."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.training.holdout import held_out
from dupfind.training.pair_file import Example, check, read
from dupfind.training.recipes import RECIPES, Recipe, recipe
from tests.support.paths import SHARED

pytestmark = pytest.mark.slow

TITLES, NLI, PAGES, OURS = (RECIPES[name] for name in ("issue-titles", "nli", "page-sections", "duplicates"))


def written(folder: Path, text: str, name: str = "pairs.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def lines(folder: Path, *objects: Any) -> Path:
    return written(folder, "".join(json.dumps(each) + "\n" for each in objects), "pairs.jsonl")


def similar(*pairs: tuple[str, str, float]) -> list[Example]:
    return [
        Example((first, second), label, line) for line, (first, second, label) in enumerate(pairs, start=2)
    ]


def test_csv_tsv_json_lines_parquet_and_packed_files_hold_the_same_pairs(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [
        {"sentence1": "crash, at start", "sentence2": "dies\nat once", "label": 1},
        {"sentence1": "a", "sentence2": "b", "label": 0},
    ]
    texts = ["sentence1,sentence2,label", '"crash, at start","dies\nat once",1', "a,b,0"]
    packed = tmp_path / "pairs.jsonl.gz"
    packed.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "pairs.parquet")
    for path in (
        written(tmp_path, "\n".join(texts)),
        written(
            tmp_path,
            "\n".join([texts[0].replace(",", "\t"), 'crash, at start\t"dies\nat once"\t1', "a\tb\t0"]),
            "x.tsv",
        ),
        lines(tmp_path, *rows),
        packed,
        tmp_path / "pairs.parquet",
    ):
        examples = read(path, TITLES)
        assert [(example.texts, example.label) for example in examples] == [
            (("crash, at start", "dies\nat once"), 1.0),
            (("a", "b"), 0.0),
        ]


@pytest.mark.parametrize(
    ("first", "second", "label"),
    [
        ("Question 1", "question_2", "is_duplicate"),
        ("premise", "hypothesis", "gold_label"),
        ("TITLE1", "title2", "score"),
    ],
)
def test_columns_are_known_by_likely_names(tmp_path: Path, first: str, second: str, label: str) -> None:
    path = lines(tmp_path, {"id": 7, first: "a", second: "b", label: 1})
    assert read(path, TITLES) == [Example(("a", "b"), 1.0, 1)]


def test_classes_are_words_or_numbers(tmp_path: Path) -> None:
    words = ["entailment", "Neutral", "contradiction", 0, "1", 2.0]
    path = lines(tmp_path, *({"premise": "a", "hypothesis": "b", "label": word} for word in words))
    assert [example.label for example in read(path, NLI)] == [0, 1, 2, 0, 1, 2]


def test_similarities_are_divided_by_their_scale(tmp_path: Path) -> None:
    path = written(tmp_path, "sentence1,sentence2,label\na,b,3.8\nc,d,5\n")
    assert [example.label for example in read(path, TITLES, scale=5)] == [0.76, 1.0]


def test_a_record_becomes_a_text_by_the_template_and_nothing_in_it_has_a_meaning(tmp_path: Path) -> None:
    record = {"page_name": "Hooks {text} {0.__class__}", "text": "runs %s first", "section_type": None}
    path = lines(tmp_path, {"sentence1": record, "sentence2": json.dumps(record), "label": 1})
    [example] = read(path, PAGES)
    assert example.texts == ("Hooks {text} {0.__class__} |  |  | runs %s first |",) * 2
    [example] = read(path, replace(PAGES, template="{text} of {page_name}"))
    assert example.texts[0] == "runs %s first of Hooks {text} {0.__class__}"


def test_positives_need_no_label_and_other_pairs_are_their_negatives(tmp_path: Path) -> None:
    path = lines(tmp_path, {"anchor": "a", "positive": "b"}, {"anchor": "c", "positive": "d"})
    assert [example.texts for example in read(path, OURS)] == [("a", "b"), ("c", "d")]
    path = lines(tmp_path, {"anchor": "a", "positive": "b", "negative": "x"})
    assert [example.texts for example in read(path, OURS)] == [("a", "b", "x")]
    path = written(tmp_path, "text1,text2,label\na,b,1\nx,a,0\nc,d,1\ne,f,1\n")
    assert [example.texts for example in read(path, OURS)] == [
        ("a", "b", "x"),
        ("c", "d", "f"),
        ("e", "f", "b"),
    ]


@pytest.mark.parametrize(
    ("text", "which", "message"),
    [
        ("sentence1,label\na,1\n", TITLES, "line 2 lacks two texts"),
        ("sentence1,sentence2\na,b\n", TITLES, "line 2 has no label, and issue-titles needs one"),
        (
            "sentence1,sentence2,label\na,b,1\nc,d,1.5\n",
            TITLES,
            "line 3: '1.5' is not a label of issue-titles",
        ),
        ("sentence1,sentence2,label\na,b,maybe\n", TITLES, "line 2: 'maybe' is not a label"),
        ("sentence1,sentence2,label\na,b,nan\n", TITLES, "line 2: 'nan' is not a label"),
        (
            "sentence1,sentence2,label\na,b,3\n",
            NLI,
            "line 2: '3' is not a label of nli: write 0 or entailment",
        ),
        ("sentence1,sentence2,label\na,b,-\n", NLI, "line 2: '-' is not a label"),
        ("sentence1,sentence2,label\na,b,.5\n", NLI, "line 2: '.5' is not a label"),
        ('sentence1,sentence2,label\na," ",1\n', TITLES, "line 2: sentence2 is empty"),
        ("sentence1,sentence2,label\na,b,1,2\n", TITLES, "line 2 has 4 cells, and the header has 3"),
        ('sentence1,sentence2,label\na,b,1\n"a,b,1\n', TITLES, "line 3: the row that starts here is broken"),
        ("sentence1,sentence2,label\na,b,.5\n", OURS, "line 2: the label 0.5 must be 1"),
        ("sentence1,sentence2,label\na,b,0\n", OURS, "contains no duplicate pairs"),
        ("sentence1,sentence2,label\n", TITLES, "holds no pairs"),
        ("", TITLES, "holds no pairs"),
        ('[{"sentence1": "a"}]', TITLES, "is one JSON array: write JSON Lines"),
        (
            '{"sentence1": "a", "sentence2": ["b"], "label": 1}',
            TITLES,
            "line 1: sentence2 must be a text, not a list",
        ),
        ('{"sentence1": "a", "sentence2": {"text": 1}, "label": 1}', TITLES, "is a record with keys"),
        ('{"sentence1": "a", "sentence2": {"x": 1}, "label": 1}', PAGES, "has none of the keys page_name"),
        (
            '{"sentence1": "a", "sentence2": "{broken", "label": 1}',
            PAGES,
            "starts like a record but is not JSON",
        ),
        ('{"sentence1": "a"\n', TITLES, "line 1 is not JSON"),
        ('{"a": "b"}\n[1]\n', TITLES, "line 1 lacks two texts"),
    ],
)
def test_an_error_names_its_line(tmp_path: Path, text: str, which: Recipe, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(written(tmp_path, text), which)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not a file"):
        read(tmp_path / "nothing.csv", TITLES)


def test_fewer_pairs_than_a_batch_are_too_few() -> None:
    train = similar(*((f"a{n}", "b", n % 2) for n in range(31)))
    with pytest.raises(SourceError, match="31 pairs to learn from, fewer than a batch of 32"):
        check(train, similar(("c", "d", 0), ("e", "f", 1)), TITLES, where="pairs.csv")


@pytest.mark.parametrize("is_test", [False, True])
def test_one_class_alone_says_nothing(is_test: bool) -> None:
    both, one = similar(("a", "b", 1), ("c", "d", 0)), similar(("e", "f", 1), ("g", "h", 1))
    train, test = (both, one) if is_test else (one, both)
    with pytest.raises(SourceError, match="have the label 1: add pairs with another"):
        check(train, test, replace(TITLES, batch_size=2), where="pairs.csv")


def test_a_pair_in_both_parts_is_named_whatever_its_order() -> None:
    train, test = similar(("a", "b", 1), ("c", "d", 0)), similar(("x", "y", 0), ("b", "a", 1))
    with pytest.raises(SourceError, match="in line 2 of the training pairs and in line 3 of the held-out"):
        check(train, test, replace(TITLES, batch_size=2), where="pairs.csv")
    check(train, test, replace(NLI, batch_size=2), where="a premise is no hypothesis")


def test_no_held_out_text_is_learned_from() -> None:
    examples = similar(*((f"t{n % 60}", f"t{n * 7 % 60 + 60}", n % 2) for n in range(100)))
    train, test = held_out(examples, 0.1, seed=1, where="pairs.csv")
    assert sorted(train + test, key=lambda example: example.line) == examples
    assert 5 <= len(test) <= 10
    assert {text for example in train for text in example.texts}.isdisjoint(
        text for example in test for text in example.texts
    )
    assert held_out(examples, 0.1, seed=1, where="") == (train, test)
    assert held_out(examples, 0.1, seed=2, where="") != (train, test)


def test_pairs_that_are_all_linked_cannot_be_split() -> None:
    chain = similar(*((f"t{n}", f"t{n + 1}", 1) for n in range(50)))
    with pytest.raises(SourceError, match=r"give a file of other pairs with --eval"):
        held_out(chain, 0.1, seed=1, where="pairs.csv")


def test_the_five_recipes_are_as_their_cards_have_them() -> None:
    assert [
        (each.loss, each.batch_size, each.epochs, each.learning_rate, each.kind) for each in RECIPES.values()
    ][:5] == [
        ("CosineSimilarityLoss", 32, 3, 5e-5, "similarity"),
        ("CosineSimilarityLoss", 16, 2, 5e-5, "similarity"),
        ("SoftmaxLoss", 32, 4, 5e-5, "classes"),
        ("CosineSimilarityLoss", 16, 5, 5e-5, "similarity"),
        ("CosineSimilarityLoss", 10, 5, 5e-5, "similarity"),
    ]
    assert [each.normalize for each in RECIPES.values()][:5] == [True, True, True, False, True]
    with pytest.raises(Exception, match="there is no recipe 'x': choose one of issue-titles"):
        recipe("x")


@pytest.mark.parametrize(
    ("data", "which", "scale"),
    [
        ("qqp", "question-pairs", 1),
        ("snli", "nli", 1),
        ("sick", "nli", 1),
        ("stsb", "issue-titles", 5),
        ("mrpc", "question-pairs", 1),
    ],
)
def test_real_pairs_are_read_as_they_are(data: str, which: str, scale: float) -> None:
    path = SHARED / "data" / data / "pairs.dev.jsonl.gz"
    if not path.exists():
        pytest.skip("the shared data are absent")
    assert len(read(path, RECIPES[which], scale=scale)) >= 470
