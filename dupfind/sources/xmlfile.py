"""XML files, streamed, in which nothing is declared and nothing is fetched."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.parsers import expat

from dupfind.errors import SourceError
from dupfind.sources import packed

_PIECE = 256 * 1024
MAX_TEXT = 64 * 1024 * 1024
"""Bytes that may go by without the end of an element: a longer attribute is not held."""

Found = tuple[int, Mapping[str, str]]


def root(path: Path) -> str:
    """The name of the first element, "" where there is none near the beginning."""
    names: list[str] = []
    parser = _parser(path)
    parser.StartElementHandler = lambda name, _: names.append(name)
    with packed.opened(path) as file:
        _feed(parser, file.read(_PIECE), path, is_last=False)
    return names[0] if names else ""


def elements(path: Path, name: str) -> Iterator[Found]:
    """The attributes of each element of a name, with the line in which it begins.

    Args:
        path: A file, packed or not.
        name: Of the elements, wherever they are.

    Raises:
        SourceError: It is no XML from some line on, or declares entities, of which a few lines can make
            gigabytes.
    """
    found: list[Found] = []
    parser = _parser(path)

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == name:
            found.append((parser.CurrentLineNumber, attributes))

    parser.StartElementHandler = start
    with packed.opened(path) as file:
        since = 0
        while piece := file.read(_PIECE):
            _feed(parser, piece, path, is_last=False)
            since = 0 if found else since + len(piece)
            if since > MAX_TEXT:
                raise SourceError(f"{path}, line {parser.CurrentLineNumber}: no <{name}> in 64 MiB")
            yield from found
            found.clear()
        _feed(parser, b"", path, is_last=True)


def _parser(path: Path) -> expat.XMLParserType:
    parser = expat.ParserCreate()

    def refuse(name: str | None, *_: object) -> int:
        raise SourceError(
            f"{path}, line {parser.CurrentLineNumber}: it declares an entity, {name!r}, which is not read"
        )

    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    return parser


def _feed(parser: expat.XMLParserType, piece: bytes, path: Path, *, is_last: bool) -> None:
    try:
        parser.Parse(piece, is_last)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        raise SourceError(f"{path}, line {error.lineno}: no XML: {said}") from error
    except (LookupError, ValueError) as error:  # of the encoding that the file says it is in
        raise SourceError(f"{path}, line {parser.CurrentLineNumber}: no XML: {error}") from error
