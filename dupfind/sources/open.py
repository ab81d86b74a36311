"""Open any supported location as a source of records, which are read lazily."""

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.apis.registry import is_service, open_service
from dupfind.sources.comment_bounds import with_comments
from dupfind.sources.entries import Entry
from dupfind.sources.files.filenames import MARKDOWN
from dupfind.sources.held_duplicates import with_named_originals
from dupfind.sources.mapping import FIELDS, UNMAPPED, Mapping
from dupfind.sources.nearest_path import as_project, misspelt
from dupfind.sources.reading_counts import Expectations, judged
from dupfind.sources.source import Source
from dupfind.sources.temporary_folder import remove_abandoned
from dupfind.sources.url_template import with_address

if TYPE_CHECKING:
    from dupfind.sources.databases.connection import Database

__all__ = ["Mapping", "Source", "open_source"]

STDIN = "stdin"
"""The source name of records from standard input."""

# A name in brackets opens a section; in JSON only a word of its own may stand there.
_SETTINGS = re.compile(r"\[{1,2}(?!(?:true|false|null|NaN|Infinity)\b)[A-Za-z_]")

_JSON_OR_XML = re.compile(r'\{\s*"|\[\s*[{"]|<\?xml')
"""How JSON and XML begin, and no Markdown: that may begin with a link, a word in brackets or a comment in HTML."""

Read = Callable[["Database"], Iterator[Entry]]


def open_source(
    location: str, mapping: Mapping = UNMAPPED, *, name: str | None = None, stdin: BinaryIO | None = None
) -> Source:
    """Detect the format of a source by its content, never by its name.

    Args:
        location: Path of a SQLite database, CSV, TSV, JSON or JSON Lines file; an SQLAlchemy URL; a
            service's project, such as "github:owner/repo"; or "-" for a file of any kind on standard input.
        mapping: The user's choices; any choice turns the detection of trackers off.
        name: A name to use in place of that of the file or database.
        stdin: Standard input; the process's own by default.

    Returns:
        A source whose reading is counted, and refused where it looks wrong: then it raises SourceError before the
        first record, unless `mapping.accept`.

    Raises:
        SourceError: The location does not exist or cannot be read; files are never created.
    """
    remove_abandoned()
    if is_service(location):
        if mapping.is_given:
            raise SourceError(f"{location} is read by its own fields: leave the options for tables out")
        if mapping.url_template is not None:
            raise SourceError(f"{location} has addresses of its own: leave --url-template out")
        return open_service(
            location,
            name=name,
            include_restricted=mapping.include_restricted,
            no_comments=mapping.no_comments,
        )
    if location == "-":
        source = _from_stream(stdin or sys.stdin.buffer, mapping, name or STDIN)
    elif "://" in location:
        source = _from_url(location, mapping, name)
    else:
        source = _from_path(Path(location), mapping, name)
    return _judged(source, mapping)


def _judged(source: Source, mapping: Mapping) -> Source:
    """Return the source with only the records that are for the index, counted, judged and with addresses."""
    addressed = None if mapping.url_template is None else with_address(mapping.url_template)

    def read() -> Iterator[Entry]:
        records = judged(
            source.read(),
            source.counts,
            source.expected,
            where=source.location if source.location != "-" else source.name,
            accept=mapping.accept,
            strict=mapping.strict,
            include_restricted=mapping.include_restricted,
        )
        return map(chosen, with_named_originals(records))

    def chosen(record: Record) -> Record:
        record = with_comments(
            record, no_comments=mapping.no_comments, include_restricted=mapping.include_restricted
        )
        return record if addressed is None else addressed(record)

    return replace(source, read=read, includes_restricted=mapping.include_restricted)


def _from_stream(stream: BinaryIO, mapping: Mapping, name: str) -> Source:
    """Open standard input: JSON is read as it comes, other formats from a copy, since they are detected first."""
    from dupfind.sources.files import compression, extract, json_file

    file = compression.decompress(stream, name)
    if json_file.begins(file):
        _refuse_table_options(mapping, name, also_table=False)
        return json_file.stream_source(file, mapping, name=name)
    return extract.from_stream(file, STDIN, partial(_from_path, mapping=mapping, name=name))


def _from_path(path: Path, mapping: Mapping, name: str | None, *, depth: int = 0) -> Source:
    """Open a path by its first bytes: folder, database, archive or text; `depth` archives are around it."""
    from dupfind.sources.databases import sqlite_file
    from dupfind.sources.files import (
        compression,
        csv_file,
        extract,
        folder,
        json_file,
        mbox_file,
        parquet_file,
        question_list,
        shards,
        spreadsheet,
        text_file,
        xml_file,
    )

    name, location = name or path.name or path.resolve().name, os.fspath(path)
    if os.path.isdir(path):
        path = folder.find(path)
        if path.is_dir() and (parts := shards.find(path)):
            _refuse_table_options(mapping, str(path), also_table=False)
            return shards.source(parts, mapping, name=name, location=location)
        if path.is_dir():
            _refuse_options(mapping, str(path))
            return folder.source(path, name=name, location=location)
    head = _head(path)
    if head.startswith(sqlite_file.MAGIC):
        return _from_database(partial(sqlite_file.open_database, path, name), mapping, name, location)
    if head.startswith(extract.ZIP) and spreadsheet.is_spreadsheet(path):
        _refuse_table_options(mapping, str(path), also_table=False)
        return spreadsheet.source(path, mapping, name=name, location=location)
    look_inside = partial(_from_path, mapping=mapping, name=name, depth=depth + 1)
    is_packed = head.startswith(extract.ZIP) or extract.is_tar(compression.head(path))
    if is_packed and depth == extract.MAX_DEPTH:
        raise SourceError(f"{path} is an archive inside of {depth} others: unpack it first")
    if head.startswith(extract.ZIP):
        return extract.from_archive(path, look_inside)
    if head.startswith(parquet_file.MAGIC):
        _refuse_table_options(mapping, str(path), also_table=True)
        return parquet_file.source(path, mapping, name=name, location=location)
    if extract.is_tar(compression.head(path)):
        return extract.from_tar(path, look_inside)
    if compression.head(path).startswith((sqlite_file.MAGIC, parquet_file.MAGIC, extract.ZIP)):
        return extract.from_compressed(path, partial(_from_path, mapping=mapping, name=name, depth=depth))
    with text_file.open_text(path, encoding=mapping.encoding) as file:
        start = file.read(1_000).lstrip()
    is_markdown = path.name.lower().endswith(MARKDOWN) and not _JSON_OR_XML.match(start)
    if is_markdown or start.startswith("---\n"):
        _refuse_options(mapping, str(path))
        return folder.file_source(path, name=name, location=location)
    if _SETTINGS.match(start):
        raise SourceError(
            f"{path} has settings (TOML or INI) and no issues: name a tracker's export, database or folder"
        )
    if start.startswith(("{", "[")):
        _refuse_table_options(mapping, str(path), also_table=False)
        return json_file.source(path, mapping, name=name, location=location)
    if xml_file.begins(start):
        _refuse_options(mapping, str(path))
        return _from_xml(path, mapping, name, location)
    if mbox_file.begins(start):
        _refuse_options(mapping, str(path))
        return mbox_file.source(path, name=name, location=location)
    if question_list.begins(start) and not mapping.is_given:
        return question_list.source(path, mapping, name=name, location=location)
    _refuse_table_options(mapping, str(path), also_table=True)
    return csv_file.source(path, mapping, name=name, location=location)


def _from_xml(path: Path, mapping: Mapping, name: str, location: str) -> Source:
    from dupfind.sources.files import mantisbt_xml, stackexchange, xml_file, xml_issues
    from dupfind.sources.xml_formats.registry import XML_FORMATS

    root, site = xml_file.root_among(path, ("mantis", "posts", *XML_FORMATS))
    if root in XML_FORMATS and xml_issues.is_export(path, root):
        return xml_issues.source(path, root, site, name=name, location=location)
    if root == "mantis":
        return mantisbt_xml.source(path, site, name=name, location=location)
    if root != "posts":
        raise SourceError(
            f"{path} is XML of <{root}>, which is not read: name an export of Jira, Bugzilla, Redmine, FogBugz or"
            " MantisBT, or of Stack Exchange the file Posts.xml"
        )
    return stackexchange.source(path, name=name, location=location, no_comments=mapping.no_comments)


def _from_url(location: str, mapping: Mapping, name: str | None) -> Source:
    from dupfind.sources.databases import server

    url = server.parse_url(location)
    shown = server.display_url(url)
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise SourceError(f"{shown} names no file: write sqlite:///path/of/tracker.db")
        return _from_path(Path(url.database), mapping, name)
    return _from_database(partial(server.open_database, url, name or shown), mapping, name or shown, shown)


def _from_database(
    opened: Callable[[], "AbstractContextManager[Database]"], mapping: Mapping, name: str, location: str
) -> Source:
    """Detect the tracker of a database, or the table to read."""
    with opened() as database:
        kind, notes, total, read, expected = _reader(database, mapping)
    return Source(
        name=name,
        kind=kind,
        location=location,
        notes=notes,
        total=total,
        read=partial(_records, opened, read, mapping.no_comments),
        expected=expected,
    )


def _reader(
    database: "Database", mapping: Mapping
) -> tuple[str, tuple[str, ...], int | None, Read, Expectations]:
    from dupfind.sources.databases import generic_table, sql_query
    from dupfind.sources.databases.registry import READERS, detect

    kind = detect(database.tables)
    if mapping.sql is not None:
        if any(map(mapping.column, FIELDS)) or mapping.table is not None:
            raise SourceError("--sql names its table and columns itself: leave the other options out")
        sql = sql_query.validate(mapping.sql)
        sql_query.try_query(database, sql)
        return "sql", (), None, partial(sql_query.read, sql=sql), Expectations(has_title=False)
    if kind is not None and not mapping.is_given:
        reader = READERS[kind]
        return kind, (), reader.count(database), reader.read, Expectations()
    chosen_table, chosen = generic_table.choose_table(database, mapping)
    has_kinds = not any(map(mapping.column, FIELDS))
    order = generic_table.order(database, chosen_table, chosen)
    notes = [generic_table.note(chosen_table, chosen), *order]
    if kind is not None:
        notes.append(f"read as a plain table because of the options given; without them it is read as {kind}")
    return (
        "table",
        tuple(notes),
        generic_table.count(database, chosen_table),
        partial(generic_table.read, table=chosen_table, chosen=chosen, has_kinds=has_kinds),
        generic_table.expected(database, chosen_table, chosen),
    )


def _records(
    opened: Callable[[], "AbstractContextManager[Database]"], read: Read, no_comments: bool
) -> Iterator[Entry]:
    with opened() as database:
        database.no_comments = no_comments
        yield from read(database)


def _head(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises:
        SourceError: The file cannot be read, or is empty.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SourceError(f"{path} is no regular file: pipe it to `-` instead")
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        raise SourceError(
            f"{path} does not exist: check the path{misspelt(path) or as_project(path)}"
        ) from None
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not head:
        raise SourceError(f"{path} is empty: there is nothing to read")
    return head


def _refuse_options(mapping: Mapping, where: str) -> None:
    """Refuse options for tables and columns where there are none."""
    if mapping.is_given:
        raise SourceError(f"{where} has no columns: leave the options that name them out")


def _refuse_table_options(mapping: Mapping, where: str, *, also_table: bool) -> None:
    """Refuse --sql for files, and --table where it names nothing; in JSON it names a list."""
    if mapping.sql is not None:
        raise SourceError(f"{where} is no database: leave --sql out")
    if also_table and mapping.table is not None:
        raise SourceError(f"{where} has no tables: leave --table out")
