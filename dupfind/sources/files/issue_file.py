"""Parse a file that holds one issue: Markdown with YAML front matter, as in Backlog.md, or YAML alone."""

import re
import tomllib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import dropwhile, pairwise
from pathlib import PurePath
from typing import Any

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources import state_flags
from dupfind.sources.coerce import text
from dupfind.sources.dates import Dates
from dupfind.sources.files import plain_yaml
from dupfind.sources.files.filenames import is_yaml
from dupfind.sources.generic_row import record
from dupfind.sources.mapping import FIELDS, UNMAPPED, choose

MAX_FILE = 16 * 1024 * 1024
"""Bytes of the largest issue file."""
MAX_MATTER = 64 * 1024
"""Characters of the longest front matter, and of the longest file of YAML."""

_LONG_NUMBER = re.compile(r"0[xob][0-9A-Fa-f_]{3000}")
_MOST_DOTS = 200  # in a line of TOML
_DATE = r"(?:19|20)\d\d(?:-\d\d-\d\d|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)"
# 0006-boom, but neither 3f2b8c1e-9a7d nor 2024-01-05-boom: what many files begin with is no id.
_NUMBER = re.compile(rf"(?!{_DATE})(?:0(?=\d))*+(\d++)(?![^\W\d_]{{1,40}}\d)")
_KEYED = re.compile(r"([a-z][\w.]*-\d+(?:\.\d+)*) - ", re.IGNORECASE)  # task-12 - Boom
_WORD_BREAK = re.compile(r"[\s_-]+")
_HEADING = re.compile(r"#[ \t]++(.*\w.*)")
_SECTION = re.compile(r"##[ \t]+description[ \t]*$", re.IGNORECASE)
_MARKER = re.compile(r"<!--\s*SECTION:[A-Z_]+:(?:BEGIN|END)\s*-->\n?")
_MATTER_KEY = re.compile(r"(?:id|title)[ \t]*:", re.IGNORECASE)
_NUMBERED = re.compile(r"^([\w-]+[ \t]*:[ \t]+)(#\d{1,18})[ \t]*$", re.MULTILINE)  # to YAML a comment
# Backlog.md reads names such as @ann without quotes, which YAML keeps for the future.
_AT_NAME = re.compile(r"^([\w-]+[ \t]*:[ \t]+|[ \t]*-[ \t]+)(@[^\n]{0,300}?)[ \t]*$", re.MULTILINE)
_AT_LIST = re.compile(r"^([\w-]+[ \t]*:[ \t]*\[)([^\n\]]{0,3000})\]", re.MULTILINE)
_AT_ITEM = re.compile(r"(?<![\w'\"@])@[\w./-]{1,100}")
_DONE = frozenset(("completed", "archive", "closed", "done"))  # folders


def parse(
    data: bytes, path: PurePath, *, source: str, inner: PurePath | None = None
) -> tuple[Record, dict[str, Any]]:
    """Parse the issue in a file, and all its fields: each a text, a list or a mapping of them, or None.

    The id comes from the front matter, else from the number or key at the start of the file's name, else it is
    the path. The title comes from the front matter, else from the first heading, which is then removed from the
    body. The body of a Backlog.md task is its section "Description". A YAML file has its body in a field.

    Args:
        data: The bytes of the file.
        path: Names the file in errors; its suffix gives the format.
        source: The name of the record's source.
        inner: The file's path in its folder, for the id; None for `path`.

    Raises:
        SourceError: The file is not UTF-8 text, its front matter is broken, or it holds two issues.
    """
    inner = path if inner is None else inner
    values, body = _parts(data, path)
    chosen = _chosen(tuple(values))
    if is_yaml(path) and not {"title", "body"} & chosen.keys():
        raise SourceError(f"{path} has no field like title or body: add one")
    cells = [values.get(chosen.get(field, "")) for field in FIELDS]
    id, title, body_field = (text(cell).strip() for cell in cells[:3])
    if not title:
        title, body = _headed(body)
    title = title or _title_of_name(inner)
    described = "\n".join(_described(body) if "created_date" in values else body).strip("\n")
    cells[:3] = [_plain_number(id) or id_from_name(inner), title, described or body_field]
    if "state" not in chosen:
        cells[3] = state_flags.of_fields(values, chosen.get("closed"))
    if cells[3] is None and _DONE & set(inner.parts[:-1]):
        cells[3] = "closed"
    if cells[-1] is not None:
        cells[-1] = plain_numbers(cells[-1])
    return record(source, cells, lambda: f"{path}", _moment), values


def _moment(value: Any) -> datetime | None:
    """Return the time in a field; None where the order of day and month is open, since each file stands alone."""
    dates = Dates([value] if isinstance(value, str) else [])
    is_open = dates.is_guessed and not dates.is_month_first and "." not in text(value)[:6]
    return None if is_open else dates(value)


@lru_cache(maxsize=64)
def _chosen(names: tuple[str, ...]) -> dict[str, str]:
    """Return the name of each field; the files of a folder have few sets of names."""
    return choose(names, UNMAPPED, where="", is_file=True)  # which fails for a user's own names only


def _parts(data: bytes, path: PurePath) -> tuple[dict[str, Any], list[str]]:
    """Return the fields of an issue, and the lines of its body."""
    text = decode(data, path).replace("\r\n", "\n")
    lines = text.split("\n")
    if is_yaml(path):
        return _fields("\n".join(lines), path, first=1), []
    values, start = _front_matter(lines, path)
    if text.count("\n---") > 2:  # one ends the front matter, two would be a second one's
        _refuse_second(lines, start, path)
    return values, lines[start:]


def decode(data: bytes, path: PurePath | str, most: int = MAX_FILE) -> str:
    """Decode the text of a file.

    Raises:
        SourceError: It is larger than `most` bytes, no text, or not UTF-8.
    """
    if len(data) > most:
        raise too_large(path, most)
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise SourceError(f"{path}, line 1: UTF-16: save the file as UTF-8")
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise SourceError(f"{path}, line {line}: a zero byte: this is no text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SourceError(f"{path}, line {line}: no UTF-8: save the file in that encoding") from error


def too_large(path: PurePath | str, most: int) -> SourceError:
    """Make the error for a file of more than `most` bytes."""
    return SourceError(f"{path} has more than {most // 1024**2} MiB, which no issue has")


def _front_matter(lines: list[str], path: PurePath) -> tuple[dict[str, Any], int]:
    """Return the fields as text, and the number of lines that they take."""
    fence = lines[0].rstrip()
    if fence not in ("---", "+++"):
        return {}, 0
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == fence), None)
    if end is None:
        raise SourceError(f"{path}, line 1: front matter begins here and does not end: close it with {fence}")
    parse = _fields if fence == "---" else _toml_fields
    return parse("\n".join(lines[1:end]), path, first=2), end + 1


def _toml_fields(matter: str, path: PurePath, *, first: int) -> dict[str, Any]:
    """Parse TOML, as Hugo writes front matter between lines of "+++"."""
    if len(matter) > MAX_MATTER:
        raise SourceError(f"{path}, line 1: front matter of more than {MAX_MATTER // 1024} Ki characters")
    if _LONG_NUMBER.search(matter) is not None:  # which Python does not write in decimal
        raise SourceError(f"{path}, line {first}: broken front matter: a number with too many digits")
    # The time of a key with dots grows with the square of their number.
    if any(line.count(".") > _MOST_DOTS for line in matter.split("\n")):
        raise SourceError(
            f"{path}, line {first}: broken front matter: a line with more than {_MOST_DOTS} points"
        )
    try:
        values = tomllib.loads(matter)
    except (ValueError, RecursionError) as error:  # ValueError of a number with too many digits, too
        reason = " ".join(str(error).split())
        raise SourceError(f"{path}, line {first}: broken front matter: {reason}") from error
    return {key: None if value == "" else value for key, value in values.items()}


def _fields(matter: str, path: PurePath, *, first: int) -> dict[str, Any]:
    """Parse YAML that begins in line `first` of a file."""
    from yaml import YAMLError

    part = "YAML" if is_yaml(path) else "front matter"
    if len(matter) > MAX_MATTER:
        raise SourceError(f"{path}, line 1: {part} of more than {MAX_MATTER // 1024} Ki characters")
    matter = _NUMBERED.sub(r'\1"\2"', matter)
    try:
        try:
            parsed_fields = plain_yaml.load(matter)
        except YAMLError:
            if (quoted := _with_quoted_names(matter)) == matter:
                raise
            parsed_fields = plain_yaml.load(quoted)
    except (YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + first
        reason = " ".join(str(getattr(error, "problem", None) or "it is nested too deep").split())
        raise SourceError(f"{path}, line {line}: broken {part}: {reason}") from error
    if not isinstance(parsed_fields, dict):
        if parsed_fields:
            raise SourceError(f"{path}, line {first}: {part} must be lines such as `title: It crashes`")
        return {}
    return {key: None if value in ("", "null", "~") else value for key, value in parsed_fields.items()}


def _with_quoted_names(matter: str) -> str:
    """Return front matter with quotes around values and items of lists that begin with "@"."""
    matter = _AT_NAME.sub(lambda match: f"{match[1]}'{match[2].replace(chr(39), chr(39) * 2)}'", matter)
    return _AT_LIST.sub(lambda match: f"{match[1]}{_AT_ITEM.sub(_quoted, match[2])}]", matter)


def _quoted(name: re.Match[str]) -> str:
    return f"'{name[0]}'"


def _refuse_second(lines: list[str], start: int, path: PurePath) -> None:
    """Refuse a file with two issues, which would be read as one."""
    if start == 0:
        return
    rules = [number for number, line in _outside_code(lines, start) if line.rstrip() == "---"]
    for begin, end in pairwise(rules):
        between = lines[begin + 1 : end]
        if any(map(_MATTER_KEY.match, between)) and all(map(_is_matter, between)):
            raise SourceError(
                f"{path}, line {begin + 1}: a second issue begins here: write one file for each"
            )


def _is_matter(line: str) -> bool:
    return re.match(r"[\w-]+[ \t]*:(?:\s|$)|[ \t]+\S|- |#", line) is not None


def _outside_code(lines: list[str], start: int) -> Iterator[tuple[int, str]]:
    fence = ""
    for number, line in enumerate(lines[start:], start):
        mark = line.lstrip()[:3]
        if fence:
            fence = "" if mark == fence else fence
        elif mark in ("```", "~~~"):
            fence = mark
        else:
            yield number, line


def _headed(body: list[str]) -> tuple[str, list[str]]:
    """Return the first heading of the highest level, or "", and the body without it."""
    for number, line in _outside_code(body, 0):
        heading = _HEADING.match(line)
        if heading:
            return heading[1].rstrip("# \t"), body[:number] + body[number + 1 :]
    return "", body


def _described(body: list[str]) -> list[str]:
    """Return Backlog.md's section "Description", else the whole body."""
    begin = end = None
    for number, line in _outside_code(body, 0):
        if begin is not None and line.startswith("## "):
            end = number
            break
        if begin is None and _SECTION.match(line):
            begin = number + 1
    if begin is None:
        return body
    return _MARKER.sub("", "\n".join(body[begin:end])).split("\n")


def id_from_name(path: PurePath) -> str:
    """Return the number or key at the start of a file's name, else its path without a suffix."""
    match = _KEYED.match(path.name) or _NUMBER.match(path.name)
    return match[1] if match else path.with_suffix("").as_posix()


def _title_of_name(path: PurePath) -> str:
    """Return the words of a file's name without the number or key at its start; "" for one word."""
    key = _KEYED.match(path.name) or _NUMBER.match(path.name)
    words = _WORD_BREAK.split(path.stem[key.end() if key else 0 :].strip())
    words = list(dropwhile(str.isdecimal, filter(None, words)))  # without the date of a post
    return " ".join(words) if len(words) > 1 and any(map(str.isalpha, words)) else ""


def is_named_as_issue(path: PurePath) -> bool:
    """Return whether a file's name begins with a number or a key, as in 0012-crash.md."""
    return bool(_KEYED.match(path.name) or _NUMBER.match(path.name))


def _plain_number(id: str) -> str:
    """Return an id without leading zeros, which people write in one place and not in another."""
    id = id.removeprefix("#")
    return str(int(id)) if id.isdecimal() and len(id) < 19 else id


def plain_numbers(value: Any) -> list[str]:
    """Return the ids of one field, a list or text with commas, in the form of `parse`."""
    parts = value if isinstance(value, list) else re.split(r"[,;\s]+", text(value))
    return [_plain_number(text(part).strip()) for part in parts]
