from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources.open import Mapping, open_source
from dupfind.sources.reading_counts import described
from tests.support.corpus import database


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


TITLES = [f"The lamp number {n} flickers at night" for n in range(40)]


def refusal(location: str) -> str:
    with pytest.raises(SourceError) as raised:
        list(open_source(location))
    assert "or pass --accept" in str(raised.value)
    assert list(open_source(location, Mapping(accept=True)))
    return str(raised.value)


def test_what_the_records_lack_is_counted(tmp_path: Path) -> None:
    rows = "".join(f"{n},{title},\n" for n, title in enumerate(TITLES))
    source = open_source(written(tmp_path / "a.csv", f"id,title,body\n{rows}40,,Only a body is here\n"))
    assert len(list(source)) == 41
    assert described(source.counts) == (
        "41 records: 1 without a title, 40 without a body, 41 without a date, 41 without a state"
    )


@pytest.mark.parametrize(
    "text",
    [
        "title\n" + "\n".join(TITLES),
        "title,body\nIt hangs,When I type\nIt crashes,At night\n",
        "title,body\n" + "".join(f"{title},A longer text about it\n" for title in TITLES),
        "text\n" + "\n".join(TITLES),
        "id,title,body\n1,,x\n2,b,y\n",
    ],
)
def test_small_honest_files_are_read_without_a_word(tmp_path: Path, text: str) -> None:
    assert list(open_source(written(tmp_path / "a.csv", text)))


def test_a_file_with_many_empty_titles_is_refused_with_the_option_that_helps(tmp_path: Path) -> None:
    rows = "".join(f"{n},{title if n % 10 else ''},x\n" for n, title in enumerate(TITLES))
    message = refusal(written(tmp_path / "a.csv", f"id,title,body\n{rows}"))
    assert "4 of 40 records have no title: name their column with --title-column" in message


def test_ids_by_line_number_are_refused_where_another_column_may_be_the_id(tmp_path: Path) -> None:
    rows = "".join(f"{title},ab{n}cd\n" for n, title in enumerate(TITLES))
    message = refusal(written(tmp_path / "a.csv", f"title,handle\n{rows}"))
    assert "ids are line numbers: name their column with --id-column, such as 'handle'" in message


def test_ids_most_of_which_repeat_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"{n // 4},{title}\n" for n, title in enumerate(TITLES))
    message = refusal(written(tmp_path / "a.csv", f"issue_id,body\n{rows}"))
    assert "most ids in the column 'issue_id' repeat, as those of comments or events do" in message


def test_a_column_without_a_name_is_no_column_of_dates(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title,\n1,one,x\n2,two,y\n", encoding="utf-8")
    assert [record.title for record in open_source(str(path))] == ["one", "two"]


def test_dates_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    message = refusal(written(tmp_path / "a.csv", "id,title,created\n1,a,the day before\n2,b,last week\n"))
    assert "no date in the column 'created' can be read, such as 'the day before'" in message


def test_texts_in_a_column_that_is_not_known_are_refused_where_no_body_is_read(tmp_path: Path) -> None:
    rows = "".join(
        f"{n},{title},{title} and nobody knows why it does so each evening\n"
        for n, title in enumerate(TITLES)
    )
    message = refusal(written(tmp_path / "a.csv", f"id,title,story so far\n{rows}"))
    assert "no bodies are read: name their column with --body-column, such as 'story so far'" in message


def test_one_record_of_a_large_file_is_refused(tmp_path: Path) -> None:
    cards = ", ".join(f'{{"caption": "{title}"}}' for title in TITLES * 60)
    message = refusal(written(tmp_path / "a.json", f'{{"id": 1, "name": "All we do", "lanes": [{cards}]}}'))
    assert "gives one record: name its list of issues with --table" in message


def test_texts_read_in_a_wrong_encoding_are_refused(tmp_path: Path) -> None:
    rows = "".join(
        f"{n},{title.encode().decode('latin-1')}\n" for n, title in enumerate(["Größe falsch"] * 9)
    )
    message = refusal(written(tmp_path / "a.csv", f"id,title\n{rows}"))
    assert "9 of 9 records have texts in another encoding" in message


def test_a_file_with_mostly_broken_rows_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"{n},{title}{',x' * (n % 2)}\n" for n, title in enumerate(TITLES * 2))
    assert "40 rows or files cannot be read, the first:" in refusal(
        written(tmp_path / "a.csv", f"id,title\n{rows}")
    )


def test_a_refusal_comes_before_the_first_record(tmp_path: Path) -> None:
    rows = "".join(f"{n},{'' if n < 50 else 'It is there'}\n" for n in range(5_000))
    with pytest.raises(SourceError, match="have no title"):
        next(iter(open_source(written(tmp_path / "a.csv", f"id,title\n{rows}"))))


def test_pull_requests_are_counted(tmp_path: Path) -> None:
    pulls = ", ".join(
        f'{{"number": {n}, "title": "t", "state": "OPEN", "url": "https://github.com/a/b/pull/{n}"}}'
        for n in range(3)
    )
    source = open_source(written(tmp_path / "a.json", f"[{pulls}]"))
    assert (list(source), source.counts.n_pull_requests) == ([], 3)


def test_a_source_that_has_no_encoding_to_name_says_so(tmp_path: Path) -> None:
    rows = [(n, f"gr\u00c3\u00bc\u00c3\u009fe {n}") for n in range(9)]
    path = database(tmp_path / "a.db", {"tickets (id INTEGER, title TEXT)": rows})
    message = refusal(str(path))
    assert "export them as UTF-8" in message
    assert "--encoding" not in message


def test_what_was_read_before_a_fault_is_kept_where_doubts_are_accepted(tmp_path: Path) -> None:
    text = 'id,title,body\n1,,x\n2,,y\n3,,z\n4,,"never closed\n'
    source = open_source(written(tmp_path / "a.csv", text), Mapping(accept=True))
    records = iter(source)
    assert [next(records).id for _ in range(3)] == ["1", "2", "3"]
    with pytest.raises(SourceError, match="unexpected end"):
        next(records)
