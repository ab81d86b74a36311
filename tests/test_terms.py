"""A text's words and names as numbers."""

from samples import record

from dupfind.terms import terms
from dupfind.texts import Text, compose
from dupfind.writable import WritableCollection


def test_a_word_has_one_number_in_whatever_case_and_words_keep_their_order() -> None:
    found = terms(Text("Disk full", "FULL disk, disk"))
    disk, full = found.title
    assert found.body.tolist() == [full, disk, disk]


def test_names_are_found_in_the_whole_record_each_once() -> None:
    text = compose(
        record(
            "1",
            "E0308 in to_string",
            "std::io, e0308 --frozen TableViewRow 3.1.4 x" + " word" * 400 + " late_name",
        )
    )
    assert text.names == ("--frozen", "3.1.4", "e0308", "late_name", "std::io", "tableviewrow", "to_string")
    assert len(terms(text).names) == 7


def test_what_is_kept_comes_back(writable: WritableCollection) -> None:
    issue = record("1", "worker crash", "the disk is full of_names")
    writable.index([issue, record("2", "login")])
    [[row, _]] = writable.store.find("1")
    [kept] = writable.store.terms([row])
    made = terms(compose(issue))
    assert [part.tolist() for part in (kept.title, kept.body, kept.names)] == [
        part.tolist() for part in (made.title, made.body, made.names)
    ]


def test_an_edit_and_a_death_leave_no_terms_behind(writable: WritableCollection) -> None:
    writable.index([record("1", "worker crash"), record("2", "login")])
    writable.index([record("1", "worker crash again")], complete=True)
    assert writable.store.connection.execute("SELECT count(*) FROM terms").fetchone() == (1,)
