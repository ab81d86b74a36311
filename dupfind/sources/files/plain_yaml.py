"""Read YAML without objects: values become texts, lists and mappings, and aliases are refused."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yaml import BaseLoader

_MAX_QUICK = 2 * 1024  # characters that libyaml parses; time may grow with the square of their number
_MAX_DEPTH = 20  # lists and mappings inside of each other that libyaml may build
# Where libyaml and Python differ: tabs, byte order marks, tags, anchors, heads of blocks, "?" in a list in brackets.
_UNSURE = re.compile(
    r"[\t\ufeff]"
    r"|(?:^|[\s\[\]{},:])(?:[!&*]|[|>](?![-+]?\n))"
    r"|[\[{](?:[^\n]*\?|[^\n\]}]*$)|\?[^\n]*[\]}]",
    re.MULTILINE,
)


def load(text: str) -> Any:
    """Return the value of a YAML document: a text, list, mapping or None; `0012` stays "0012", and `no` stays "no".

    libyaml parses what is short and plain, ten times as fast as Python. Where it is missing, or fails, Python parses
    the text: its messages are the clearer ones.

    Raises:
        YAMLError: The text is broken, holds two documents, or has an alias, with which a few lines can make gigabytes.
        RecursionError: It is nested too deep.
    """
    import yaml

    if yaml.__with_libyaml__ and len(text) <= _MAX_QUICK and not _UNSURE.search(text):
        try:
            return _quick(text)
        except (yaml.YAMLError, _NotPlain):
            pass
    return yaml.load(text, Loader=_loader())  # noqa: S506


class _NotPlain(Exception):
    """The text has something that Python's parser decides on."""


def _quick(text: str) -> Any:
    """Build the value from libyaml's events.

    Raises:
        YAMLError: The text is broken.
        _NotPlain: It has an alias, a second document, a key that is no text, or is nested deep.
    """
    import yaml

    outermost: list[Any] = []
    open_values: list[list[Any]] = [outermost]  # a mapping is a list of keys and values until it ends
    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        if isinstance(event, yaml.ScalarEvent):
            open_values[-1].append(event.value)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            if len(open_values) > _MAX_DEPTH:
                raise _NotPlain
            open_values.append([])
        elif isinstance(event, yaml.SequenceEndEvent):
            value: Any = open_values.pop()
            open_values[-1].append(value)
        elif isinstance(event, yaml.MappingEndEvent):
            value = open_values.pop()
            if not all(isinstance(key, str) for key in value[::2]):
                raise _NotPlain
            open_values[-1].append(dict(zip(value[::2], value[1::2], strict=True)))
        elif isinstance(event, yaml.AliasEvent):
            raise _NotPlain
    if len(outermost) > 1:
        raise _NotPlain
    return outermost[0] if outermost else None


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
