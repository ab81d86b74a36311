import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources.databases import server
from dupfind.sources.open import Mapping, open_source
from tests.support import servers
from tests.support.corpus import database

pytestmark = pytest.mark.slow

SECRET = "p:a/s@s w%rd"
QUOTED = "p%3Aa%2Fs%40s%20w%25rd"


def test_a_url_is_shown_without_password_and_options() -> None:
    url = server.parse_url(
        f"postgresql+psycopg2://me:{QUOTED}@db.example:5433/tracker?sslmode=require&password=x"
    )
    assert url.password == SECRET
    assert server.display_url(url) == "postgresql+psycopg2://me@db.example:5433/tracker"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        (
            f"mysql+pymysql://me:{QUOTED}@h/db",
            r"^mysql\+pymysql://me@h/db needs a driver that is not installed: pip",
        ),
        (
            f"gopher://me:{QUOTED}@h/db",
            r"^gopher://me@h/db: no database is known by gopher://; postgresql:// and",
        ),
        (
            f"https://me:{QUOTED}@h/db",
            r"^https://me@h/db is an address of the web: download the file and name that, or .* discourse:h or",
        ),
        (
            f"https://me:{QUOTED}@github.com/ada/loom",
            r"^https://me@github.com/ada/loom is an address of the web: write github:ada/loom$",
        ),
        ("https://github.com/ada/loom.git", ": write github:ada/loom$"),
        ("https://www.github.com/ada/loom/issues?q=is%3Aopen", ": write github:ada/loom$"),
        ("https://gitlab.com/ada/loom/-/issues", ": write gitlab:ada/loom$"),
        ("https://codeberg.org/ada/loom", ": write codeberg:ada/loom$"),
        ("https://bitbucket.org/ada/loom/", ": write bitbucket:ada/loom$"),
        ("https://github.com/ada", "write a project like github:owner/repo$"),
        (
            "https://example.org/ada/loom",
            "download the file .* discourse:example.org or jira:example.org/PROJECT$",
        ),
        (f"postgresql://me:{SECRET}@h:port/db", r"^postgresql://\.\.\. is not a database URL: write it like"),
        (f"://me:{QUOTED}@h/db", r"^://\.\.\. is not a database URL"),
    ],
)
def test_a_url_that_cannot_be_opened_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, location: str, message: str
) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(SourceError, match=message) as raised:
        open_source(location)
    assert "w%rd" not in str(raised.value)
    assert "w%25rd" not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("module", "scheme", "package"),
    [("psycopg2", "postgresql+psycopg2", r"psycopg2-binary"), ("MySQLdb", "mysql+mysqldb", "mysqlclient")],
)
def test_a_missing_driver_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, module: str, scheme: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    backend = scheme.partition("+")[0]
    with pytest.raises(
        SourceError, match=rf"pip install '{package}', or name another one as in {backend}\+DRIVER://$"
    ):
        open_source(f"{scheme}://h/db")


def test_any_database_is_read_through_its_driver_s_own_schema(tmp_path: Path) -> None:
    declared = "posts (nr INTEGER PRIMARY KEY, subject TEXT, content TEXT)"
    path = database(tmp_path / "a.db", {declared: [(1, "a", "x")]}, script="CREATE VIEW v AS SELECT 1")
    url = server.parse_url(f"sqlite:///{path}")
    with server.open_database(url, "mine") as opened:
        assert (opened.tables, opened.unreadable) == ({"posts": ("nr", "subject", "content")}, {"v": "view"})
        assert opened.source == "mine"
        assert opened.key("posts") == ("nr",)


def test_what_a_database_says_is_told_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    monkeypatch.setattr(server, "_engine", lambda url: create_engine("sqlite://", poolclass=NullPool))
    url = server.parse_url("postgresql://me:hunter2@h/db")
    with (
        pytest.raises(SourceError, match=r"^postgresql://me@h/db cannot be read: no such table: \*\*\*$"),
        server.open_database(url, "mine") as opened,
    ):
        opened.number("SELECT count(*) FROM hunter2")


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with servers.postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def mariadb() -> Iterator[str]:
    with servers.mariadb() as url:
        yield url


def test_a_table_on_a_server_is_read_in_one_snapshot_and_not_written(postgresql: str) -> None:
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine(postgresql, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in (
            'DROP TABLE IF EXISTS "po:sts%" CASCADE',
            'CREATE TABLE "po:sts%" (nr integer PRIMARY KEY, "sub%ject" text, content text, at timestamptz)',
            "INSERT INTO \"po:sts%\" SELECT n, 't' || n, 'x', '2024-01-03 10:12+01' FROM generate_series(1, 500) n",
            'CREATE OR REPLACE VIEW seen AS SELECT * FROM "po:sts%"',
        ):
            connection.execute(text(statement.replace(":", r"\:")))
    source = open_source(postgresql, Mapping(table="po:sts%", title_column="sub%ject"))
    assert (source.kind, source.total) == ("table", 500)
    records = iter(source)
    first = next(records)
    with engine.begin() as connection:
        connection.execute(text(r'UPDATE "po\:sts%" SET "sub%ject" = null'))
    titles = [first.title, *(record.title for record in records)]
    assert titles == [f"t{number}" for number in range(1, 501)]
    sql = "SELECT nr AS id, content AS title, 'a%b;c' AS body, at AS created FROM \"po:sts%\" WHERE content LIKE '%x%'"
    [*selected] = open_source(postgresql, Mapping(sql=sql))
    assert len(selected) == 500
    assert selected[0].body == "a%b;c"
    assert selected[0].created is not None
    assert selected[0].created.isoformat() == "2024-01-03T09:12:00+00:00"
    for mapping, message in [
        (Mapping(table="seen"), '"seen" is a view'),
        (
            Mapping(sql='WITH d AS (DELETE FROM "po:sts%" RETURNING nr) SELECT nr AS id, nr AS title FROM d'),
            "--sql",
        ),
    ]:
        with pytest.raises(SourceError, match=message):
            list(open_source(postgresql, mapping))
    engine.dispose()


def test_a_table_on_mariadb_is_read_in_one_snapshot_and_not_written(mariadb: str) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(mariadb, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE `po:sts` (nr integer PRIMARY KEY, `sub%%ject` text, content mediumblob) ENGINE=InnoDB",
            "INSERT INTO `po:sts` SELECT seq, concat('\U0001f680 ', seq), 'caf\u00e9' FROM seq_1_to_500",
            "CREATE VIEW seen AS SELECT * FROM `po:sts`",
        ):
            connection.exec_driver_sql(statement)
    source = open_source(mariadb, Mapping(table="po:sts", title_column="sub%ject"))
    assert (source.kind, source.total) == ("table", 500)
    records = iter(source)
    first = next(records)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE `po:sts` SET `sub%%ject` = null")
    titles = [first.title, *(record.title for record in records)]
    assert titles == [f"\U0001f680 {number}" for number in range(1, 501)]
    [*selected] = open_source(
        mariadb, Mapping(sql="SELECT nr AS id, content AS title FROM `po:sts` WHERE nr < 3")
    )
    assert [record.title for record in selected] == ["caf\u00e9"] * 2
    with pytest.raises(SourceError, match='"seen" is a view'):
        open_source(mariadb, Mapping(table="seen"))
    with (
        pytest.raises(SourceError, match="READ ONLY transaction"),
        server.open_database(server.parse_url(mariadb), "mine") as opened,
    ):
        opened.raw("DELETE FROM `po:sts`")
    engine.dispose()


@pytest.mark.parametrize("place", ["postgresql", "mariadb"])
def test_a_server_that_refuses_a_password_is_one_line_without_it(
    place: str, request: pytest.FixtureRequest
) -> None:
    url = server.parse_url(request.getfixturevalue(place))
    wrong = url.set(username="nobody", password=SECRET).render_as_string(hide_password=False)
    with pytest.raises(SourceError, match="cannot be read: ") as raised:
        open_source(wrong)
    assert "\n" not in str(raised.value)
    assert not any(form in str(raised.value) for form in (SECRET, QUOTED))
