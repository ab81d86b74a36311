"""Read YAML without objects: values become texts, lists and mappings, and aliases are refused."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yaml import BaseLoader

# The lines of most front matter: a key and a text, or a list. PyYAML takes a hundred times as long to read them.
_QUOTED = r"'[^'\\]*'|\"[^\"\\]*\""
_PLAIN = r"[\w(/$](?:[^:#]|:(?! |$)|(?<! )#)*"
_WORDS = r"[A-Za-z0-9_][A-Za-z0-9_./ -]*"
_BRACKETS = rf"\[ *(?:(?:{_WORDS}|(?:{_QUOTED}) *)(?:, *(?:{_WORDS}|(?:{_QUOTED}) *))*)?\]"
# They read lines without spaces at the end: two repeated spaces side by side take time that grows with their square.
_FIELD = re.compile(rf"([A-Za-z_][A-Za-z0-9_-]{{0,99}}):(?: +({_QUOTED}|{_BRACKETS}|{_PLAIN}))?")
_ITEM = re.compile(rf"( *)- +({_QUOTED}|{_PLAIN})")
_IN_BRACKETS = re.compile(rf"{_QUOTED}|{_WORDS}")
# Tabs, and breaks of lines other than a line feed.
_SPECIAL = re.compile(r"[^\n -~\u00a1-\u2027\u202a-\ud7ff\U00010000-\U0010ffff]")


def load(text: str) -> Any:
    """Return the value of a YAML document: a text, list, mapping or None; `0012` stays "0012", and `no` stays "no".

    Raises:
        YAMLError: The text is broken, holds two documents, or has an alias, with which a few lines can make gigabytes.
        RecursionError: It is nested too deep.
    """
    fields = None if _SPECIAL.search(text) else _fields(text.rstrip("\n").split("\n"))
    if fields is not None:
        return fields
    import yaml

    return yaml.load(text, Loader=_loader())  # noqa: S506


def _fields(lines: list[str]) -> dict[str, Any] | None:
    """Return the fields of lines that each hold a field on a line, or an item of a list; None for other YAML."""
    fields: dict[str, Any] = {}
    key = None  # of the field before, if it may be a list
    indent = None
    for line in (line.rstrip(" ") for line in lines):
        if field := _FIELD.fullmatch(line):
            name, value = field.groups()
            fields[name] = "" if value is None else _value(value)
            key, indent = name if value is None else None, None
            continue
        item = _ITEM.fullmatch(line)
        if item is None or key is None or indent not in (None, item[1]):
            return None
        if indent is None:
            indent, fields[key] = item[1], []
        fields[key].append(_value(item[2]))
    return fields


def _value(text: str) -> str | list[str]:
    if text[0] == "[":
        return [_text(item) for item in _IN_BRACKETS.findall(text[1:-1])]
    return _text(text)


def _text(text: str) -> str:
    return text[1:-1] if text[0] in "'\"" else text.rstrip(" ")


def _loader() -> "type[BaseLoader]":
    from yaml import AliasEvent, BaseLoader
    from yaml.composer import ComposerError

    class Plain(BaseLoader):
        """Load texts only, and refuse aliases, with which a few lines can make gigabytes."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(AliasEvent):
                mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
                raise ComposerError(None, None, "an alias, which is not read: write the value itself", mark)
            return super().compose_node(parent, index)

    return Plain
