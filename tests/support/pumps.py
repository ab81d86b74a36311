"""Texts that make a backtracking pattern slow: a prefix, one piece many times, and an end that fails."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any, NamedTuple

from tests.support.paths import ROOT

COMMON = (
    " ",
    "\n",
    "$",
    "#",
    "a",
    "1",
    "(",
    "[",
    "{",
    "<",
    "-",
    ".",
    "_",
    "/",
    '"',
    "a ",
    "a.",
    "a-",
    "\u8a9e",
    "\u0315\u0300",
)
"""Pieces for every pattern, beside those that its own characters make."""

_SOLID = r"""
0 1. a_ aA $a $$ a$ --a a:: -> ` ``` ~~~ {{{ }}} {{ }} } {code} {noformat} {code: {panel:title= {{a {F1 {T1
[[ ]] ] [a]( [a| [a](http:// ![ !a.png| !a !! "a": "a":http://a || ,, <!-- <! </ <b> <pre> <script> & &# &amp; &#9
&lt; > ' '' ''' ''''' * **a = __ ~~a //a %% ## %{a} ??a @a @ lang=a http:// ---- /* -- ; 0x1 \\ C:\a ::::
"""
_SPACED = (
    *(
        "a ",
        "1.1 ",
        "A-1 ",
        "| a ",
        "<a ",
        "<img alt=' ",
        "> ",
        "# ",
        "#1 ",
        "== ",
        "_a ",
        "p. ",
        "bc. ",
        "{key ",
    ),
    *(
        "dup ",
        "duplicate of #1 ",
        "not a dup ",
        "#1, ",
        "http://a/issues/1 ",
        "see ",
        "closing as duplicate. ",
    ),
    *(
        "at a.b( ",
        "at a.a ",
        'File "a", line 1 ',
        "1 a:: ",
        "1 0x1 ",
        "a b: ",
        "2024-01-01 ",
        "Jan 1 ",
        "? ",
        "but ",
    ),
    *("{a: ", ": ", "&a ", "*a ", "!a ", "windows ", "1.2.3 ", "error: ", "a. ", "a b c d e ", "\\\\ "),
    *(
        "\t",
        "\r",
        "\n\n",
        "a\n",
        "a.\n",
        "```\n",
        "{{{\n",
        "{{{#!a\n",
        "* a\n",
        "## a\n",
        "= a =\n",
        "a: b\n",
        "- a\n",
    ),
    *(
        "h1. a\n",
        "bc.. a\n\n",
        "  lang=a\n",
        "---\n",
        "\x01",
        "\x1b[",
        "\u0301",
        "\u00e9",
        "e\u0301",
        "\u3002",
    ),
    *("\ue000", "\ue0000\ue001", "\ud800", "\u202e", "\u91cd\u590d", "\uc911\ubcf5"),
)
UNITS = tuple(dict.fromkeys((*COMMON, *_SOLID.split(), *_SPACED)))
"""Pieces for whole functions: what the marks, names, dates and phrases that they look for begin with."""

SCANS = ("finditer", "search", "sub", "subn", "split", "findall")
"""Methods that try each position; `match` and `fullmatch` try the first one alone."""

_MAX_CHARACTERS = 12
_SAMPLES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_WORD": "!",
}


class Used(NamedTuple):
    """A pattern of a module, and how it is applied: by `match` or `fullmatch` alone, else by a scan for matches."""

    module: str
    name: str
    pattern: re.Pattern[str]
    methods: frozenset[str]


def readers(rooms: tuple[str, ...]) -> dict[str, Callable[[str], object]]:
    """Return the public functions of some rooms that need one text and nothing else, as "room.module:function"."""
    found: dict[str, Callable[[str], object]] = {}
    for module in modules():
        place = module.__name__.partition(".")[2]
        if place.partition(".")[0] in rooms:
            for name, function in inspect.getmembers(module, inspect.isroutine):
                wrapped = inspect.unwrap(function)  # of a cache
                if (
                    wrapped.__module__ == module.__name__
                    and not name.startswith("_")
                    and needs_one_text(wrapped)
                ):
                    found[f"{place}:{name}"] = wrapped
    return found


def needs_one_text(function: Callable[..., object]) -> bool:
    """Return whether a call with one text is a whole call."""
    required = [
        each.annotation
        for each in inspect.signature(function).parameters.values()
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    return required in ([str], ["str"])


def modules() -> list[ModuleType]:
    """Import every module of dupfind."""
    paths = sorted((ROOT / "dupfind").rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [
        importlib.import_module(name.removesuffix(".__init__")) for name in names if "__main__" not in name
    ]


def patterns(module: ModuleType) -> Iterator[Used]:
    """Find the compiled patterns of a module, and the constant ones that it passes to functions of `re`."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    owned = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    methods: dict[str, set[str]] = {}
    attributes: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            methods.setdefault(node.value.id, set()).add(node.attr)
            attributes.add(id(node.value))
    passed = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in attributes
    }
    for name, value in vars(module).items():
        if name in owned:
            used = frozenset(methods.get(name, ()))
            anchored = used if name not in passed and used <= {"match", "fullmatch"} else frozenset[str]()
            for place, pattern in enumerate(_inside(value)):
                yield Used(module.__name__, f"{name}[{place}]" if place else name, pattern, anchored)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in (*SCANS, "match", "fullmatch")
            and isinstance(node.args[0], ast.Constant)
        ):
            anchored = frozenset({node.func.attr} & {"match", "fullmatch"})
            yield Used(module.__name__, f"line {node.lineno}", re.compile(str(node.args[0].value)), anchored)


def _inside(value: Any) -> Iterator[re.Pattern[str]]:
    """Return the patterns in a value: itself, or those of a mapping, a sequence or a class."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _inside(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _inside(each)
    elif isinstance(value, type):
        for each in vars(value).values():
            yield from _inside(each) if isinstance(each, re.Pattern | dict | list | tuple) else ()


def texts(pattern: re.Pattern[str]) -> list[tuple[str, str, str]]:
    """Return what to pump for a pattern: a prefix, a piece and an end each.

    The pieces are single characters and pairs of those that the pattern names, and samples of what it repeats.
    The prefixes are samples of what comes before each repeat. The ends are one character that most patterns refuse.
    """
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    singles = list(dict.fromkeys([*_characters(tree), "a", " "]))[:_MAX_CHARACTERS]
    pieces = dict.fromkeys([*COMMON, *singles, *("".join(pair) for pair in product(singles, repeat=2))])
    pumps = dict.fromkeys(("", piece, "") for piece in pieces)
    sample = _sample(tree)
    if sample:
        pumps |= dict.fromkeys(
            ("", piece, "") for piece in (sample, sample[:-1], sample + "\n", sample[1:]) if piece
        )
    for prefix, piece in _repeats(tree, ""):
        for end in ("", "\x01", "!\n"):
            pumps[prefix, piece, end] = None
            pumps["", prefix + piece * 3, end] = None
    return [pump for pump in pumps if pump[1]]


def pumped(pump: tuple[str, str, str], n: int) -> str:
    """Return a text of about `n` characters."""
    prefix, piece, end = pump
    return prefix + piece * (n // len(piece)) + end


def _characters(tree: Any) -> Iterator[str]:
    """Return the literals of a pattern, and one sample of each of its sets."""
    for op, value in tree:
        if op in (_constants.LITERAL, _constants.NOT_LITERAL):
            yield chr(value) if op is _constants.LITERAL else _other(value)
        elif op is _constants.IN:
            yield from _members(value)
        else:
            for inner in _branches(op, value):
                yield from _characters(inner)


def _branches(op: Any, value: Any) -> list[Any]:
    if op is _constants.BRANCH:
        return list(value[1])
    if op is _constants.SUBPATTERN:
        return [value[3]]
    if op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
        return [value[2]]
    if op in (_constants.ASSERT, _constants.ASSERT_NOT):
        return [value[1]]
    if op is _constants.ATOMIC_GROUP:
        return [value]
    if op is _constants.GROUPREF_EXISTS:
        return [part for part in value[1:] if part is not None]
    return []


def _other(code: int) -> str:
    return "b" if chr(code) == "a" else "a"


def _members(items: Any) -> list[str]:
    """Return up to three members of a set."""
    if items[0][0] is _constants.NEGATE:
        refused = "".join(_members(items[1:]))
        return [char for char in "a 1-." if char not in refused][:2]
    found: list[str] = []
    for op, value in items:
        if op is _constants.LITERAL:
            found.append(chr(value))
        elif op is _constants.RANGE:
            found.append(chr(value[0]))
        elif op is _constants.CATEGORY:
            found.append(_SAMPLES[str(value)])
    return found[:3]


def _sample(tree: Any) -> str:
    """Return one text that a pattern probably matches: the first branch, each repeat once or as often as it must."""
    text = ""
    for op, value in tree:
        if op is _constants.LITERAL:
            text += chr(value)
        elif op is _constants.NOT_LITERAL:
            text += _other(value)
        elif op is _constants.ANY:
            text += "a"
        elif op is _constants.IN:
            text += (_members(value) or ["a"])[0]
        elif op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
            text += _sample(value[2]) * min(max(value[0], 1), 8)
        elif op not in (_constants.ASSERT, _constants.ASSERT_NOT):
            text += next((_sample(inner) for inner in _branches(op, value)), "")
    return text


def _repeats(tree: Any, before: str) -> Iterator[tuple[str, str]]:
    """Return the piece of each repeat that has no small bound, with a sample of what comes before it."""
    for place, (op, value) in enumerate(tree):
        prefix = before + _sample(tree[:place])
        if (
            op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
            and value[1] > 9
        ):
            heads = _members(value[2][0][1]) if len(value[2]) == 1 and value[2][0][0] is _constants.IN else []
            for piece in dict.fromkeys([_sample(value[2]), *heads]):
                yield prefix, piece
        for inner in _branches(op, value):
            yield from _repeats(inner, prefix)
