"""Stream XML files; entity declarations are refused and nothing is fetched."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeVar
from xml.etree.ElementTree import Element, TreeBuilder, tostring
from xml.parsers import expat

from dupfind.errors import SourceError
from dupfind.sources.files import compression

_PIECE = 256 * 1024
MAX_TEXT = 64 * 1024 * 1024
"""Bytes without the end of an element; longer attributes are refused."""

MAX_DEPTH = 50
"""Depth of nested elements."""

_MAX_PREFACE = 600  # characters of the words in which a browser says that it shows XML
_ROOTS = ("rss", "bugzilla", "issues", "mantis", "posts")

LineAttributes = tuple[int, Mapping[str, str]]


def _starts(path: Path) -> list[tuple[str, Mapping[str, str]]]:
    """Return the names and attributes of the elements near the beginning."""
    starts: list[tuple[str, Mapping[str, str]]] = []
    parser = _parser(path)
    parser.StartElementHandler = lambda name, attributes: starts.append((name, attributes))
    with compression.open_binary(path) as file:
        try:
            _feed(parser, _without_preface(file.read(_PIECE)), path, is_last=False)
        except SourceError:
            if not starts:  # errors further down are reported when that part is read
                raise
    return starts


def _without_preface(piece: bytes) -> bytes:
    """Return the first bytes of a file without the words that a browser shows before XML."""
    head = piece[:_MAX_PREFACE].lstrip(b"\xef\xbb\xbf \t\r\n")
    return piece[piece.index(b"<") :] if b"<" in head and head[:1].isalpha() else piece


def root_among(path: Path, names: Collection[str]) -> tuple[str, Mapping[str, str]]:
    """Return the name and attributes of the first element of one of these names; of any name if there is none.

    A browser saves XML as a page in which the document is an inner element.
    """
    starts = _starts(path)
    known = (start for start in starts if start[0] in names)
    return next(known, starts[0] if starts else ("", {}))


def begins(start: str) -> bool:
    """Return whether a text is XML, or lines that a browser puts before it and then XML.

    Args:
        start: The first thousand characters of the text, or fewer.
    """
    words, mark, rest = start.lstrip().partition("<")
    if not words:
        return bool(mark)
    is_markup = rest.startswith(("!--", "?xml")) or any(rest.startswith(f"{name} ") for name in _ROOTS)
    return is_markup and words.endswith("\n") and len(words) < _MAX_PREFACE and words.count("\n") < 5


def child_text(element: Element, name: str) -> str:
    """Return the text of the first child of a name; "" if there is none."""
    return element.findtext(name) or ""


def content(element: Element) -> str:
    """Return the content of an element that holds HTML, escaped or not."""
    if not len(element):
        return element.text or ""
    return (element.text or "") + "".join(tostring(child, encoding="unicode") for child in element)


def elements(path: Path, name: str) -> Iterator[LineAttributes]:
    """Yield the attributes of each element of a name, with its line.

    Args:
        path: A file, compressed or not.
        name: The elements' name, at any depth.

    Raises:
        SourceError: It is not XML from some line on, or declares entities, with which a few lines can make
            gigabytes.
    """
    matches: list[LineAttributes] = []
    parser = _parser(path)

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == name:
            matches.append((parser.CurrentLineNumber, attributes))

    parser.StartElementHandler = start
    return _parsed(parser, path, name, matches)


def trees(path: Path, name: str) -> Iterator[tuple[int, Element]]:
    """Yield each outermost element of a name with its content and its line.

    Raises:
        SourceError: As of `elements`, or there are more than `MAX_DEPTH` elements inside of each other.
    """
    matches: list[tuple[int, Element]] = []
    parser = _parser(path)
    builder = TreeBuilder()
    depth = first_line = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, first_line
        if not depth and tag != name:
            return
        if not depth:
            first_line = parser.CurrentLineNumber
        depth += 1
        if depth > MAX_DEPTH:
            raise SourceError(
                f"{path}, line {parser.CurrentLineNumber}: elements are nested more than {MAX_DEPTH} deep"
            )
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth, builder
        if not depth:
            return
        builder.end(tag)
        depth -= 1
        if not depth:
            matches.append((first_line, builder.close()))
            builder = TreeBuilder()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    # Not builder.data itself, since `end` replaces the builder.
    parser.CharacterDataHandler = lambda data: builder.data(data) if depth else None
    return _parsed(parser, path, name, matches)


_Item = TypeVar("_Item")


def _parsed(parser: expat.XMLParserType, path: Path, name: str, matches: list[_Item]) -> Iterator[_Item]:
    """Feed a file to a parser and yield its matches piece by piece."""
    with compression.open_binary(path) as file:
        since = 0
        is_first = True
        while piece := file.read(_PIECE):
            piece, is_first = _without_preface(piece) if is_first else piece, False
            try:
                _feed(parser, piece, path, is_last=False)
            except SourceError:
                yield from matches  # the elements before the error
                raise
            since = 0 if matches else since + len(piece)
            if since > MAX_TEXT:
                raise SourceError(f"{path}, line {parser.CurrentLineNumber}: no <{name}> in 64 MiB")
            yield from matches
            matches.clear()
        _feed(parser, b"", path, is_last=True)


def _parser(path: Path) -> expat.XMLParserType:
    parser = expat.ParserCreate()

    def refuse(name: str | None, *_: object) -> int:
        raise SourceError(
            f"{path}, line {parser.CurrentLineNumber}: it declares the entity {name!r}; remove the declaration"
        )

    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    return parser


def _feed(parser: expat.XMLParserType, piece: bytes, path: Path, *, is_last: bool) -> None:
    try:
        parser.Parse(piece, is_last)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise SourceError(f"{path}, line {error.lineno}: not XML: {reason}") from error
    except (LookupError, ValueError) as error:  # from the declared encoding
        raise SourceError(f"{path}, line {parser.CurrentLineNumber}: not XML: {error}") from error
