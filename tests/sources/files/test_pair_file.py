"""Files of labelled pairs of questions: each question once, with its marks."""

import random
from pathlib import Path

from dupfind.errors import SourceError
from dupfind.sources.open import Mapping, Source, open_source

QUORA = """id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate
0\t1\t2\t"Where do I store clay?"\t"How is ""clay"" kept?"\t0
1\t3\t1\tHow do I keep clay soft?\tWhere do I store clay?\t1
2\t4\t1\tWhere does clay go?\tWhere do I store clay?\t1
3\t1\t3\tWhere do I store clay?\tHow do I keep clay soft?\t1
4\t5\t5\tThe same?\tThe same?\t1
"""


def written(folder: Path, text: str) -> Source:
    (folder / "pairs.tsv").write_text(text, encoding="utf-8")
    return open_source(str(folder / "pairs.tsv"))


def test_each_question_is_one_record_and_the_second_of_a_pair_is_the_duplicate(tmp_path: Path) -> None:
    source = written(tmp_path, QUORA)
    assert (source.kind, source.total) == ("question-pairs", None)
    records = {record.id: record for record in source}
    assert [record.title for record in records.values()] == [
        "Where do I store clay?",
        'How is "clay" kept?',
        "How do I keep clay soft?",
        "Where does clay go?",
        "The same?",
    ]
    marks = {record.id: [original.id for original in record.duplicate_of] for record in records.values()}
    assert marks == {"1": ["3", "4"], "2": [], "3": [], "4": [], "5": []}


def test_questions_without_ids_have_the_line_of_their_first_pair(tmp_path: Path) -> None:
    text = "sentence1,sentence2,label\na,b,1\nc,a,true\nb,d,0\n"
    records = list(written(tmp_path, text))
    assert [(record.id, record.title) for record in records] == [
        ("2a", "a"),
        ("2b", "b"),
        ("3a", "c"),
        ("4b", "d"),
    ]
    assert [[original.id for original in record.duplicate_of] for record in records] == [
        ["3a"],
        ["2a"],
        [],
        [],
    ]


def test_a_broken_row_is_named(tmp_path: Path) -> None:
    source = written(tmp_path, "question1,question2,is_duplicate\na,b,0\nc,d,1,too much\n")
    assert [record.title for record in source] == ["a", "b"]
    [message] = source.counts.broken
    assert "pairs.tsv, line 3 has 4 cells, and the header has 3" in message


def test_options_for_columns_make_it_a_table(tmp_path: Path) -> None:
    written(tmp_path, QUORA)
    source = open_source(str(tmp_path / "pairs.tsv"), Mapping(title_column="question1"))
    assert source.kind == "tsv"


def test_a_list_of_questions_is_a_table_whose_answers_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text("Question,Answer\nHow is clay kept?,In a bag.\n", encoding="utf-8")
    (tmp_path / "faq.json").write_text('{"faqs": [{"question": "How is clay kept?", "answer": "In a bag."}]}')
    for name in ("faq.csv", "faq.json"):
        [record] = open_source(str(tmp_path / name))
        assert (record.title, record.body) == ("How is clay kept?", "")


def test_a_text_with_a_question_on_each_line_is_a_list(tmp_path: Path) -> None:
    (tmp_path / "faq.txt").write_text(
        "1. How is clay kept?\n\n- Is it, then, wet?\nWo ist der Ofen?\n", encoding="utf-8"
    )
    source = open_source(str(tmp_path / "faq.txt"))
    assert source.kind == "questions"
    assert [(record.id, record.title) for record in source] == [
        ("1", "How is clay kept?"),
        ("3", "Is it, then, wet?"),
        ("4", "Wo ist der Ofen?"),
    ]


def test_a_table_of_questions_is_no_plain_list(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,question\n1,How?\n2,Why?\n", encoding="utf-8")
    assert open_source(str(tmp_path / "a.csv")).kind == "csv"


def test_damage_is_an_error_in_one_line_or_read(tmp_path: Path) -> None:
    rng = random.Random(1)
    n_read = 0
    errors = []
    for _ in range(200):
        at, size = rng.randrange(len(QUORA)), rng.choice((1, 3, 30))
        noise = "".join(rng.choices('"\t\n\0 x1', k=rng.randrange(4)))
        try:
            n_read += sum(1 for _ in written(tmp_path, QUORA[:at] + noise + QUORA[at + size :]))
        except SourceError as error:
            errors.append(str(error))
    assert n_read > 100
    assert not [error for error in errors if "\n" in error]
