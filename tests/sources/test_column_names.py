"""How the columns of files of no known tracker are found: affixes, languages, values, and where the header stands."""

from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.mapping import UNMAPPED, choose
from dupfind.sources.open import Mapping, open_source


def read(tmp_path: Path, text: str, name: str = "a.csv") -> list[Record]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(open_source(str(path)))


@pytest.mark.parametrize(
    ("columns", "chosen"),
    [
        (
            ("Incident ID", "Incident Summary", "Incident Details"),
            ("Incident ID", "Incident Summary", "Incident Details"),
        ),
        (("bug_no", "bug_headline", "bug_contents"), ("bug_no", "bug_headline", "bug_contents")),
        (("Nr.", "Betreff", "Inhalt"), ("Nr.", "Betreff", "Inhalt")),
        (("Número", "Asunto", "Contenido"), ("Número", "Asunto", "Contenido")),
        (("Номер", "Заголовок", "Описание"), ("Номер", "Заголовок", "Описание")),
        (("编号", "标题", "描述"), ("编号", "标题", "描述")),
        (("番号", "件名", "内容"), ("番号", "件名", "内容")),
        (("번호", "제목", "내용"), ("번호", "제목", "내용")),
        (("Numer", "Tytuł", "Opis"), ("Numer", "Tytuł", "Opis")),
        (("Identificador", "Título", "Descrição"), ("Identificador", "Título", "Descrição")),
        (("Numero", "Titolo", "Descrizione"), ("Numero", "Titolo", "Descrizione")),
    ],
)
def test_names_with_the_thing_before_them_and_names_in_other_languages_are_known(
    columns: tuple[str, ...], chosen: tuple[str, ...]
) -> None:
    assert choose(columns, UNMAPPED, where="t", is_file=True) == dict(
        zip(("id", "title", "body"), chosen, strict=True)
    )


def test_a_person_is_no_title(tmp_path: Path) -> None:
    text = "no,name,phone,description\n1,Eva Lind,12,The tap drips all night\n2,Olaf Berg,13,No hot water\n"
    first, _ = read(tmp_path, text)
    assert (first.title, first.body) == ("", "The tap drips all night")


def test_a_name_that_reads_like_a_title_is_one_next_to_a_person_too(tmp_path: Path) -> None:
    rows = "1,The tap drips all night long,e@example.org,x y\n2,There is no hot water,o@example.org,z\n"
    text = f"no,name,email,notes\n{rows}"
    assert [record.title for record in read(tmp_path, text)] == [
        "The tap drips all night long",
        "There is no hot water",
    ]


def test_a_column_called_after_the_thing_is_an_id_or_a_title_by_its_values(tmp_path: Path) -> None:
    [first, _] = read(tmp_path, "issue,text\nKX-1,The tap drips\nKX-2,No water\n")
    assert (first.id, first.body) == ("KX-1", "The tap drips")
    [first, _] = read(tmp_path, "no,issue\n7,The tap drips at night\n8,There is no hot water\n")
    assert (first.id, first.title) == ("7", "The tap drips at night")


def test_ids_are_found_by_their_form_where_the_name_says_little(tmp_path: Path) -> None:
    first, _ = read(tmp_path, "row_key_v2,title\nKX-1,The tap drips\nKX-2,No water\n")
    assert first.id == "KX-1"


def test_the_end_of_the_address_is_the_id_where_no_column_is(tmp_path: Path) -> None:
    text = "title,url\nThe tap drips,https://example.org/t/71\nNo water,https://example.org/t/72\n"
    assert [record.id for record in read(tmp_path, text)] == ["71", "72"]


def test_a_column_of_ids_that_repeat_gives_way_to_one_without_repetitions(tmp_path: Path) -> None:
    rows = "".join(f"{n % 3},KX-{n},Tap {n} drips all night\n" for n in range(12))
    assert read(tmp_path, f"number,ticket_id,title\n{rows}")[5].id == "KX-5"


def test_the_time_of_the_issue_wins_over_that_of_the_copy(tmp_path: Path) -> None:
    [record] = read(tmp_path, "id,title,createdAt,ticketCreatedAt\n1,a,2026-05-05,2024-01-31\n")
    assert record.created is not None
    assert record.created.year == 2024


def test_the_first_body_with_a_text_is_read_and_its_html_becomes_text(tmp_path: Path) -> None:
    text = "id,title,description,steps to reproduce\n1,a,,<div>Open the <b>tap</b></div>\n2,b,It drips,<div>x</div>\n"
    assert [record.body for record in read(tmp_path, text)] == ["Open the tap", "It drips"]


def test_lines_above_the_header_are_left_out(tmp_path: Path) -> None:
    text = "Export of our board\n2026-01-02,by Eva\n\nNumber,Title,Status\n4,The tap drips,open\n5,No water,done\n"
    first, second = read(tmp_path, text)
    assert (first.id, first.title, second.state) == ("4", "The tap drips", "closed")


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_a_list_without_a_header_is_read_by_its_values(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["71", "OPEN", "The tap drips all night", "water", "2024-02-01T10:00:00Z"],
        ["72", "CLOSED", "There is no hot water", "heat", "2024-02-02T10:00:00Z"],
    ]
    first, second = read(tmp_path, "\n".join(map(delimiter.join, rows)) + "\n")
    assert (first.id, first.title, first.state) == ("71", "The tap drips all night", "open")
    assert (second.id, second.state) == ("72", "closed")
    assert first.updated is not None


def test_a_column_of_a_list_without_a_header_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("71,drip,The tap drips all night\n72,heat,There is no hot water\n")
    [first, _] = open_source(str(path), Mapping(title_column="2", body_column="3"))
    assert (first.id, first.title, first.body) == ("71", "drip", "The tap drips all night")


def test_a_file_without_any_such_column_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no column like title or body; its columns: colour, weight"):
        read(tmp_path, "colour,weight\nred,1\nblue,2\n")


@pytest.mark.parametrize(
    ("header", "row", "state"),
    [
        (
            "Zusammenfassung,Vorgangsschlüssel,Status,Lösung,Erstellt,Ausgehende Vorgangsverknüpfung (Duplicate)",
            "Hahn tropft,KX-2,Erledigt,Duplikat,03/Mai/24 10:00 AM,KX-1",
            "closed",
        ),
        (
            "Resumen,Clave de incidencia,Estado,Resolución,Creada,Enlace de incidencia saliente (Duplicate)",
            "El grifo gotea,KX-2,En curso,Sin resolver,03/may/24 10:00 AM,KX-1",
            "open",
        ),
        (
            "Résumé,Clé de ticket,État,Résolution,Création,Lien du ticket sortant (Duplicate)",
            "Le robinet goutte,KX-2,En cours,,03/mai/24 10:00 AM,KX-1",
            "open",
        ),
    ],
)
def test_jira_is_read_in_the_language_of_the_person_who_exports(
    tmp_path: Path, header: str, row: str, state: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n{row}\n", encoding="utf-8")
    source = open_source(str(path))
    [record] = source
    assert (source.kind, record.id, record.project, record.state) == ("jira-csv", "KX-2", "KX", state)
    assert [ref.id for ref in record.duplicate_of] == ["KX-1"]
    assert record.created is not None
    assert (record.created.month, record.created.day) == (5, 3)


def test_three_dashes_are_no_resolution(tmp_path: Path) -> None:
    [record] = read(tmp_path, 'Bug ID,Summary,Status,Resolution\n9,The tap drips,NEW," ---"\n')
    assert (record.state, record.resolution) == ("open", None)


def test_an_answer_in_prose_is_no_resolution(tmp_path: Path) -> None:
    header = "Ticket ID,Customer Name,Ticket Subject,Ticket Description,Ticket Status,Resolution\n"
    rows = (
        "7,Signe,Crash at start,Open it twice.,Pending Customer Response,\n"
        "8,Ravi,Quiet start,Less noise,Closed,{}\n"
    )
    first, second = read(tmp_path, header + rows.format("We made it less loud and wish you a good day."))
    assert [(first.id, first.title, first.body), (second.id, second.title, second.body)] == [
        ("7", "Crash at start", "Open it twice."),
        ("8", "Quiet start", "Less noise"),
    ]
    assert [first.state, second.state] == ["open", "closed"]
    assert [first.resolution, second.resolution] == [None, None]
    assert read(tmp_path, header + rows.format("Works as designed"))[1].resolution == "works as designed"
