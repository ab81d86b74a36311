"""Mailboxes: the first messages of threads, their headers and texts in any encoding, and damage."""

import gzip
import random
import time
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.open import open_source

FIRST = """From signe@example.org Mon Feb  3 09:15:00 2025
From: Signe <signe@example.org>
Subject: [kiln] =?utf-8?q?Ofen_wird_hei=C3=9F?=
 and stays so
Message-ID: <one@example.org>
Date: Mon, 3 Feb 2025 10:15:00 +0100
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/html; charset=utf-8

<p>not this</p>
--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

It gl=FChs.
>From the start.
--b--

"""
ANSWER = """From ravi@example.org Mon Feb  3 10:00:00 2025
Subject: Re: [kiln] Ofen
Message-ID: <two@example.org>
In-Reply-To: <one@example.org>

Me too.

"""
SECOND = """From ravi@example.org Mon Feb  3 11:00:00 2025
Subject: Quiet start
Message-ID: <three@example.org>
Content-Type: text/html

<p>Less <b>noise</b></p>
"""
BOX = FIRST + ANSWER + SECOND


def read(folder: Path, data: bytes) -> list[Record]:
    (folder / "list.mbox").write_bytes(data)
    return list(open_source(str(folder / "list.mbox")))


def test_the_first_message_of_a_thread_is_a_record(tmp_path: Path) -> None:
    for data in (BOX.encode(), gzip.compress(BOX.encode()), BOX.replace("\n", "\r\n").encode()):
        first, second = read(tmp_path, data)
        assert (first.id, first.title) == ("one@example.org", "[kiln] Ofen wird heiß and stays so")
        assert first.body == "It glühs.\n>From the start."
        assert first.created is not None
        assert first.created.isoformat() == "2025-02-03T09:15:00+00:00"
        assert (second.id, second.body, second.created) == ("three@example.org", "Less noise", None)


def test_a_sentence_that_begins_with_from_begins_no_message(tmp_path: Path) -> None:
    first, _ = read(tmp_path, BOX.replace("It gl=FChs.", "Words\nFrom here on").encode())
    assert "From here on" in first.body
    (tmp_path / "a.csv").write_text("From which,title\n1,x\n", encoding="utf-8")
    assert open_source(str(tmp_path / "a.csv")).kind == "csv"


def test_a_message_without_an_id_is_named(tmp_path: Path) -> None:
    line = BOX[: BOX.index("From ravi@example.org Mon Feb  3 11")].count("\n") + 1
    (tmp_path / "list.mbox").write_text(
        BOX.replace("Message-ID: <three@example.org>\n", ""), encoding="utf-8"
    )
    source = open_source(str(tmp_path / "list.mbox"))
    assert "three@example.org" not in [record.id for record in source]
    assert source.counts.broken == [f"{tmp_path / 'list.mbox'}, line {line}: a message without a Message-ID"]


def test_damage_is_an_error_in_one_line_or_read(tmp_path: Path) -> None:
    rng = random.Random(1)
    data = BOX.encode()
    n_read = 0
    errors = []
    for _ in range(200):
        at, size = rng.randrange(80, len(data)), rng.choice((1, 5, 60))
        noise = bytes(rng.choices(b"=?:;<>\n\xff b\0", k=rng.choice((0, 3, 20))))
        try:
            n_read += len(read(tmp_path, data[:at] + noise + data[at + size :]))
        except SourceError as error:
            errors.append(str(error))
    assert n_read > 200
    assert not [error for error in errors if "\n" in error]


@pytest.mark.parametrize(
    "hostile",
    [
        "Subject: " + "=?utf-8?q?" * 20_000,
        "Subject: " + "=?a?b?c?= " * 20_000,
        "Content-Type: " + "a;" * 50_000,
        "Content-Type: text/plain; charset=" + "x" * 100_000,
        "Content-Type: text/plain; " + "".join(f"c*{n}*=a;" for n in range(5_000)),
        "\n".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}" for n in range(2_000)),
    ],
)
def test_a_hostile_message_takes_little_time(hostile: str, tmp_path: Path) -> None:
    text = f"From a\nMessage-ID: <a>\n{hostile}\n\nwords\n"
    started = time.process_time()
    [record] = read(tmp_path, text.encode())
    assert record.id == "a"
    assert time.process_time() - started < 3


def message(number: int, subject: str, text: str = "It hangs.") -> str:
    return (
        f"From ann@example.org Mon Feb  3 09:1{number}:00 2025\n"
        f"Subject: {subject}\nMessage-ID: <{number}@example.org>\n\n{text}\n\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "From here on nothing works:",
        "From 10:15 to 11:30 it was down.",
        "From January 2024 on: no answer.",
        "From Mon Feb  3 10:00:00 2025 on the page stays white.",
    ],
)
def test_a_sentence_after_an_empty_line_begins_no_message(tmp_path: Path, line: str) -> None:
    follow = "Nothing else helps" if "10:00:00" in line else "Subject: of another kind"
    text = f"Before.\n\n{line}\n{follow}\nAfter."
    box = message(1, "White page", text) + message(2, "Quiet start")
    first, second = read(tmp_path, box.encode())
    assert (first.title, second.title) == ("White page", "Quiet start")
    assert line in first.body
    assert first.body.endswith("After.")


def test_a_dated_line_without_an_empty_line_before_it_begins_no_message(tmp_path: Path) -> None:
    line = "From ann@example.org Mon Feb  3 09:15:00 2025"
    [record] = read(tmp_path, message(1, "White page", f"quoted:\n{line}\nSubject: x").encode())
    assert line in record.body


def test_a_mailbox_whose_separators_have_no_date_is_read(tmp_path: Path) -> None:
    box = (message(1, "White page") + message(2, "Quiet start")).replace(
        "ann@example.org Mon Feb  3 ", "nobody "
    )
    box = box.replace("09:11:00 2025", "").replace("09:12:00 2025", "")
    assert [record.title for record in read(tmp_path, box.encode())] == ["White page", "Quiet start"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_raw_subject_keeps_its_letters(tmp_path: Path, encoding: str) -> None:
    subjects = ["Größe übersehen", "Größe =?utf-8?q?=C3=BCbersehen?= am Tür"]
    box = message(1, subjects[0]) + message(2, subjects[1])
    first, second = read(tmp_path, box.encode(encoding))
    assert (first.title, second.title) == ("Größe übersehen", "Größe übersehen am Tür")


@pytest.mark.parametrize(
    "line",
    [
        "From bo@example.org Mon Feb 3 10:00:00",
        "From bo@example.org 2025-02-03T10:00:00Z",
        "From bo@example.org 03/02/2025 10:00",
        "From MAILER-DAEMON Mon Feb  3 10:00:00",
    ],
)
def test_a_separator_in_another_form_than_the_first_begins_a_message(tmp_path: Path, line: str) -> None:
    second = message(2, "Quiet start").partition("\n")[2]
    first, other = read(tmp_path, (message(1, "White page") + f"{line}\n{second}").encode())
    assert (first.body, other.title) == ("It hangs.", "Quiet start")


@pytest.mark.parametrize("line", ["From bo@example.org I got this:", "From bo@example.org at 10:00 on"])
def test_a_sentence_with_an_address_begins_no_message(tmp_path: Path, line: str) -> None:
    [record] = read(tmp_path, message(1, "White page", f"Before.\n\n{line}\nNothing: at all").encode())
    assert line in record.body
