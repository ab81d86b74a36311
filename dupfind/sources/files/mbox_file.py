"""Read mailboxes (mbox), as mailing lists keep them: the first message of each thread is a record."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.files import compression
from dupfind.sources.json_formats import message
from dupfind.sources.markup import hypertext
from dupfind.sources.source import Source

KIND = "mbox"
MAX_MESSAGE = 1024 * 1024
"""Bytes of a message that are read; attachments follow the text."""

_BEGIN = re.compile(r"From [^\n]{1,300}\n(?:>?[A-Za-z][A-Za-z0-9-]{0,70}:|>From )")
_HEADER_FOLLOWS = re.compile(rb">?[A-Za-z][A-Za-z0-9-]{0,70}:|>From ")
_KNOWN_HEADER = re.compile(
    rb">?(?:From |(?:Return-Path|Received|Message-ID|From|To|Cc|Subject|Date|Sender|Reply-To|Delivered-To|X-Original-To"
    rb"|In-Reply-To|References|MIME-Version|Content-Type|List-Id|X-Mozilla-Status|Status|X-Status):)",
    re.IGNORECASE,
)
_SENDER = re.compile(
    rb"From (?:[^\s@]{1,100}@\S{1,200} |\S{1,300} {1,3}(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b)[^\n]{0,60}?\d:\d\d"
)
"""A line that names a sender and a time, though in another form than `_DATE`, or without a year."""
_DATE = re.compile(
    rb"From [^\n]{0,300}?\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b[^\n]{0,40}?\b\d{1,2}:\d\d\b"
)
_YEAR = re.compile(rb"\b(?:19|20)\d\d\b")
_ENCODED_WORD = re.compile(r"(=\?[^?\s]{1,70}\?[bBqQ]\?[^?\s]{0,2000}\?=)")
_HEADERS = ("Message-ID", "Subject", "Date", "In-Reply-To", "References")
_MAX_HEADER = 2_000
_MAX_PARTS = 100


def begins(start: str) -> bool:
    """Return whether a text begins like a mailbox: a line "From ...", then headers."""
    return _BEGIN.match(start) is not None


def source(path: Path, *, name: str, location: str) -> Source:
    """Open a mailbox, compressed or not."""
    return Source(
        name=name,
        kind=KIND,
        location=location,
        notes=("one record a thread: answers are left out",),
        read=partial(_read, path, name),
    )


def _read(path: Path, name: str) -> Iterator[Entry]:
    for line, data in _messages(path):
        fields = _fields(data)
        record = message.record(fields, source=name)
        if record is not None and not record.id:
            yield LeftOut("broken", f"{path}, line {line}: a message without a Message-ID")
        elif record is not None:
            yield record


def _messages(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each message without its line "From ", cut at `MAX_MESSAGE`, and the line in which it begins.

    A message begins after an empty line, with a line "From " and a header below it. Where the first such line of the
    file has a date, all others have one, too, or a sender, a time and a header of mail below: no sentence begins one.
    """
    with compression.open_binary(path) as file:
        first = size = 0
        kept: list[bytes] = []
        is_after_gap, are_dated = True, False
        lines = chain(_lines(file), [b""])
        for number, (line, next_line) in enumerate(pairwise(lines), 1):
            is_separator = (
                is_after_gap
                and line.startswith(b"From ")
                and (not are_dated or _is_dated(line) or _has_sender(line, next_line))
            )
            if is_separator and (not first or _HEADER_FOLLOWS.match(next_line)):
                are_dated = are_dated or (not first and _is_dated(line))
                if first:
                    yield first, b"".join(kept)
                first, size, kept = number, 0, []
            elif first and size < MAX_MESSAGE:
                kept.append(line)
                size += len(line)
            is_after_gap = not line.strip()
        if first:
            yield first, b"".join(kept)


def _is_dated(line: bytes) -> bool:
    return _DATE.match(line) is not None and _YEAR.search(line) is not None


def _has_sender(line: bytes, next_line: bytes) -> bool:
    return _SENDER.match(line) is not None and _KNOWN_HEADER.match(next_line) is not None


def _lines(file: Any) -> Iterator[bytes]:
    while line := file.readline(MAX_MESSAGE):
        yield line


def _fields(data: bytes) -> dict[str, Any]:
    """Return a message in the form of Perceval: its headers, and its body as text."""
    headers = BytesHeaderParser().parsebytes(data)
    try:
        body = _text(message_from_bytes(data))
    except RecursionError:  # of parts inside of each other, without an end
        body = ""
    return {**{key: _header(headers, key) for key in _HEADERS}, "body": {"plain": body}}


def _header(parsed: Message, key: str) -> str:
    """Return a header, its encoded words decoded where they can be."""
    raw = next((value for name, value in parsed.raw_items() if name.lower() == key.lower()), "")
    # The parser keeps bytes that are no ASCII as surrogates.
    data = str(raw)[:_MAX_HEADER].encode("utf-8", "surrogateescape")
    try:
        plain = data.decode("utf-8")
    except UnicodeDecodeError:
        plain = data.decode("cp1252", "replace")
    if plain.isascii():
        return _decoded_words(plain)
    return "".join(
        _decoded_words(part) if at % 2 else part for at, part in enumerate(_ENCODED_WORD.split(plain))
    )


def _decoded_words(plain: str) -> str:
    try:
        return str(make_header(decode_header(plain)))
    except (MessageError, LookupError, ValueError):
        return plain


def _text(parsed: Message) -> str:
    """Return the first part of plain text, else the first of HTML as text."""
    parts = [
        part for part, _ in zip(parsed.walk(), range(_MAX_PARTS), strict=False) if not part.is_multipart()
    ]
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind:
                text = _decoded(part)
                return hypertext.as_text(text) if kind == "text/html" else text
    return ""


def _decoded(part: Message) -> str:
    data = part.get_payload(decode=True)
    data = data if isinstance(data, bytes) else b""
    try:
        text = data.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").strip("\n")
