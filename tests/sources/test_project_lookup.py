import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.entries import records_of
from dupfind.sources.open import open_source
from dupfind.sources.project_lookup import with_projects


def bug(id: int, product: str, dupe_of: int | None = None) -> dict[str, object]:
    resolution = "DUPLICATE" if dupe_of else ""
    return {
        "id": id,
        "summary": f"bug {id}",
        "product": product,
        "status": "NEW",
        "resolution": resolution,
        "dupe_of": dupe_of,
    }


def test_an_original_is_found_in_the_project_that_it_is_in(tmp_path: Path) -> None:
    bugs = [bug(1, "a", dupe_of=2), bug(2, "b", dupe_of=3), bug(3, "a"), bug(4, "b", dupe_of=9)]
    (tmp_path / "bugs.json").write_text(json.dumps({"bugs": bugs}))
    records = list(open_source(str(tmp_path / "bugs.json")))
    assert [record.duplicate_of for record in records] == [
        (Ref("b", "2"),),
        (Ref("a", "3"),),
        (),
        (Ref("a", "9"),),
    ]


def test_links_of_redmine_cross_projects_in_csv_too(tmp_path: Path) -> None:
    text = "#,Project,Status,Subject,Related issues\n1,a,New,x,Is duplicate of #2\n2,b,New,y,\n"
    (tmp_path / "a.csv").write_text(text)
    first, _ = open_source(str(tmp_path / "a.csv"))
    assert first.duplicate_of == (Ref("b", "2"),)


def test_a_broken_source_breaks_where_it_is_read_for_good() -> None:
    def read() -> Iterator[Record]:
        yield Record(id="1", title="a", project="p", duplicate_of=(Ref("p", "2"),))
        raise SourceError("broken")

    records = records_of(with_projects(read))
    assert next(records).duplicate_of == (Ref("p", "2"),)
    with pytest.raises(SourceError, match="broken"):
        next(records)
