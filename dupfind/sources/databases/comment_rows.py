"""The comments in a tracker's database, streamed next to its issues: some servers allow one open stream at a time."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby, islice
from typing import IO, Any

from dupfind.records import Comment
from dupfind.sources.coerce import flag, moment, text
from dupfind.sources.comment_bounds import N_READ_CHARACTERS, N_READ_COMMENTS, first_comments
from dupfind.sources.databases.connection import Database

CommentsOf = Callable[[object], tuple[Comment, ...]]
"""Returns the comments on the issue with an id; ids come in the order of the statement."""

_MAX_ROWS = 10 * N_READ_COMMENTS  # of an issue


def cut(column: str) -> str:
    """Return SQL for the beginning of a text."""
    return f"substr({column}, 1, {N_READ_CHARACTERS})"


@contextmanager
def comments_by_issue(
    database: Database,
    sql: str | None,
    *,
    markup: Callable[[str], str] = str,
    dates: Callable[[Any], datetime | None] = moment,
) -> Iterator[CommentsOf]:
    """Read the comments of all issues into a temporary file, and return the function that reads them from it.

    Args:
        database: In a transaction, so that issues read later are of the same moment.
        sql: A SELECT of an issue's id, the text, its time, and whether it is for some people only;
            a fifth column may say whether a program wrote it. Its rows are in the
            order in which the issues are read, and of no other issues. None reads nothing.
        markup: Converts a text to Markdown.
        dates: Reads the times.
    """
    if sql is None or database.no_comments:
        yield lambda _: ()
        return
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        _write(database, sql, file, markup, dates)
        file.seek(0)
        lines = _lines(file)
        ahead = next(lines, None)

        def comments_of(id: object) -> tuple[Comment, ...]:
            nonlocal ahead
            if ahead is None or ahead[0] != text(id):
                return ()
            comments, ahead = ahead[1], next(lines, None)
            return comments

        yield comments_of


def _write(
    database: Database,
    sql: str,
    file: IO[str],
    markup: Callable[[str], str],
    dates: Callable[[Any], datetime | None],
) -> None:
    for id, rows in groupby(database.rows(sql), key=lambda row: row[0]):
        comments = first_comments(
            (
                Comment(text(body), dates(at), any(map(flag, program)), flag(is_restricted))
                for _, body, at, is_restricted, *program in islice(rows, _MAX_ROWS)
            ),
            markup=markup,
        )
        if comments:
            values = [
                (body, None if at is None else at.isoformat(), is_by_program, is_restricted)
                for body, at, is_by_program, is_restricted in comments
            ]
            file.write(json.dumps([text(id), values]) + "\n")


def _lines(file: IO[str]) -> Iterator[tuple[str, tuple[Comment, ...]]]:
    for line in file:
        id, values = json.loads(line)
        yield (
            id,
            tuple(
                Comment(body, moment(at), is_by_program, is_restricted)
                for body, at, is_by_program, is_restricted in values
            ),
        )
