import gzip
import tracemalloc
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Ref
from dupfind.sources.files import stackexchange
from dupfind.sources.open import Mapping, open_source

ROW = '<row Id="{}" PostTypeId="1" CreationDate="2024-01-03T09:12:00.123" Title="t" Body="{}" />\n'


def posts(tmp_path: Path, rows: str, *, head: str = "") -> str:
    path = tmp_path / "Posts.xml"
    path.write_text(f'<?xml version="1.0"?>\n{head}<posts>\n{rows}</posts>', encoding="utf-8")
    return str(path)


def test_questions_are_read_and_their_html_is_text(tmp_path: Path) -> None:
    body = "&lt;p&gt;a &amp;lt; b&lt;/p&gt;&lt;pre&gt;&lt;code&gt;x&lt;/code&gt;&lt;/pre&gt;"
    answer = '<row Id="8" PostTypeId="2" ParentId="7" Body="no" />\n'
    [record] = open_source(posts(tmp_path, ROW.format(7, body) + answer))
    assert (record.id, record.body, record.state) == ("7", "a < b\n\n```\nx\n```", "open")
    assert record.created is not None
    assert record.created.isoformat() == "2024-01-03T09:12:00.123000+00:00"


def test_the_links_beside_it_tell_the_duplicates(tmp_path: Path) -> None:
    links = (
        '<postlinks><row PostId="7" RelatedPostId="3" LinkTypeId="3"/>'
        '<row PostId="7" RelatedPostId="4" LinkTypeId="1"/><row PostId="7" RelatedPostId="7" LinkTypeId="3"/>'
        "</postlinks>"
    )
    path = Path(posts(tmp_path, ROW.format(7, "")))
    assert open_source(str(path)).notes == ("without PostLinks.xml: no duplicates",)
    (tmp_path / "PostLinks.xml").write_text(links)
    [record] = open_source(str(path))
    assert (record.duplicate_of, record.resolution) == ((Ref(None, "3"),), "duplicate")
    for name in ("Posts.xml", "PostLinks.xml"):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    [record] = open_source(f"{path}.gz")
    assert record.duplicate_of == (Ref(None, "3"),)


BOMB = '<!DOCTYPE posts [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
FILE = '<!DOCTYPE posts [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n'


@pytest.mark.parametrize("head", [BOMB, FILE])
def test_a_file_that_declares_entities_is_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(
        SourceError, match=r"Posts\.xml, line 2: it declares the entity 'a'; remove the declaration"
    ):
        list(open_source(posts(tmp_path, ROW.format(7, "&b;"), head=head)))


@pytest.mark.parametrize("n", [1, 2_000])
def test_what_was_read_before_a_broken_line_is_kept(tmp_path: Path, n: int) -> None:
    rows = "".join(ROW.format(number, "x" * 500) for number in range(1, n + 1)) + '<row Id="x" <\n'
    read: list[str] = []
    source = open_source(posts(tmp_path, rows))
    with pytest.raises(SourceError, match=rf"Posts\.xml, line {n + 3}: not XML: not well-formed"):
        read.extend(record.id for record in source)
    assert len(read) == n


def test_a_file_that_is_cut_is_an_error_at_its_end(tmp_path: Path) -> None:
    path = Path(posts(tmp_path, ROW.format(7, "")))
    path.write_text(path.read_text().removesuffix("</posts>"))
    with pytest.raises(SourceError, match=r"Posts\.xml, line 4: not XML: no element found"):
        list(open_source(str(path)))


@pytest.mark.parametrize("encoding", ["tf-8", "shift_jis", "idna"])
def test_an_encoding_that_is_not_known_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.xml").write_text(f'<?xml version="1.0" encoding="{encoding}"?>\n<posts/>')
    with pytest.raises(SourceError, match=r"a\.xml, line 1: not XML: "):
        open_source(str(tmp_path / "a.xml"))


def test_other_xml_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<rss><item/></rss>")
    with pytest.raises(SourceError, match="is XML of <rss>, which is not read"):
        open_source(str(tmp_path / "a.xml"))


def test_a_dump_is_not_held_in_memory(tmp_path: Path) -> None:
    path = posts(tmp_path, "".join(ROW.format(n, "x" * 2_000) for n in range(20_000)))
    tracemalloc.start()
    assert sum(1 for _ in open_source(path)) == 20_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_the_comments_next_to_it_are_those_on_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = '<row Id="8" PostTypeId="2" ParentId="7" Body="no" />\n'
    path = posts(tmp_path, ROW.format(7, "") + answer)
    (tmp_path / "Comments.xml").write_text(
        '<comments><row PostId="8" Text="on the answer" CreationDate="2024-05-01T10:00:00"/>'
        '<row PostId="7" Text="hot &amp;amp; loud" CreationDate="2024-05-01T11:00:00"/></comments>'
    )
    source = open_source(path)
    assert "with the comments in Comments.xml, found next to it" in source.notes
    [record] = source
    assert [comment.text for comment in record.comments] == ["hot &amp; loud"]
    monkeypatch.setattr(stackexchange, "MAX_SIZE", 100)
    source = open_source(path)
    assert "without comments: Comments.xml is larger than 0 MiB" in source.notes
    assert [record.comments for record in source] == [()]


def test_a_broken_file_of_comments_costs_the_comments_after_its_fault_alone(tmp_path: Path) -> None:
    path = posts(tmp_path, ROW.format(7, "") + ROW.format(8, ""))
    (tmp_path / "Comments.xml").write_text('<comments>\n<row PostId="7" Text="hot"/>\n<row PostId="8" Te')
    source = open_source(path)
    assert [[it.text for it in record.comments] for record in source] == [["hot"], []]
    assert (source.counts.n_broken, "Comments.xml, line 3" in source.counts.broken[0]) == (1, True)
    with pytest.raises(SourceError, match=r"Comments\.xml, line 3"):
        list(open_source(path, Mapping(strict=True)))
    source = open_source(path, Mapping(no_comments=True, strict=True))
    assert [record.comments for record in source] == [(), ()]
    assert not any("Comments.xml" in note for note in source.notes)


def test_packed_comments_are_measured_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(posts(tmp_path, ROW.format(7, "") + ROW.format(8, "")))
    rows = "".join(f'<row PostId="{n}" Text="{"hot " * 500}"/>\n' for n in (7, 8))
    (tmp_path / "Posts.xml.gz").write_bytes(gzip.compress(path.read_bytes()))
    (tmp_path / "Comments.xml.gz").write_bytes(gzip.compress(f"<comments>{rows}</comments>".encode()))
    monkeypatch.setattr(stackexchange, "MAX_SIZE", 3_000)
    assert [len(record.comments) for record in open_source(f"{path}.gz")] == [1, 0]
    assert "unpacks to more than" in caplog.text
