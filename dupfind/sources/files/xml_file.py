"""Stream XML files; entity declarations are refused and nothing is fetched."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from dupfind.errors import SourceError
from dupfind.sources.files import compression

_PIECE = 256 * 1024
MAX_TEXT = 64 * 1024 * 1024
"""Bytes without the end of an element; longer attributes are refused."""

MAX_DEPTH = 50
"""Depth of nested elements."""

LineAttributes = tuple[int, Mapping[str, str]]


def root(path: Path) -> tuple[str, Mapping[str, str]]:
    """Return the name and attributes of the first element; "" if no element is near the beginning."""
    starts: list[tuple[str, Mapping[str, str]]] = []
    parser = _parser(path)
    parser.StartElementHandler = lambda name, attributes: starts.append((name, attributes))
    with compression.open_binary(path) as file:
        try:
            _feed(parser, file.read(_PIECE), path, is_last=False)
        except SourceError:
            if not starts:  # errors further down are reported when that part is read
                raise
    return starts[0] if starts else ("", {})


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
        while piece := file.read(_PIECE):
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
