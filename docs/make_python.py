"""Write the Python reference: the public names of the package, with their signatures and docstrings.

    python -m docs.make_python > python-api.md

docs/make_site.py makes it a page of the site. A name is public if `dupfind.__all__` has it, and a method if its name
has no underscore in front.
"""

import dataclasses
import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import dupfind
from dupfind.collection.writable import WritableCollection

RETURNED = (WritableCollection,)
"""Classes that public methods return, and whose names are not public themselves."""

HEAD = """\
# Python API

The public names of `dupfind`, from their docstrings. [stability.md](stability.md) says which stay as they are, and the
[overview](index.md#in-python) has an example. All else is internal and may change in any version.
"""

_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):$", re.MULTILINE)
_ENTRY = re.compile(r"^(\*{0,2}\w[\w.]*): ", re.MULTILINE)
_NAMES = {
    "Args": "Parameters",
    "Attributes": "Attributes",
    "Returns": "Returns",
    "Raises": "Raises",
    "Yields": "Yields",
}


def page() -> str:
    """Return the whole page as Markdown."""
    names = [name for name in dupfind.__all__ if not name.startswith("__")]
    values = {name: getattr(dupfind, name) for name in sorted(names, key=str.casefold)}
    values |= {value.__name__: value for value in RETURNED}
    return "\n".join([HEAD, *(_section(name, value) for name, value in values.items())])


def _section(name: str, value: Any) -> str:
    if not inspect.isclass(value):
        if not callable(value):
            return f"## {name}\n\n`{value!r}`\n"
        return f"## {name}\n\n{_signature(name, value)}\n{described(value)}"
    parts = [f"## {name}\n", _class_line(name, value), described(value)]
    for method, function in _methods(value):
        heading = f"### {name}.{method}\n"
        if isinstance(function, property | functools.cached_property):
            parts += [heading, "A property.\n", described(function)]
        else:
            bound = getattr(value, method)
            parts += [heading, _signature(f"{name}.{method}", bound), described(bound)]
    return "\n".join(part for part in parts if part)


def _class_line(name: str, value: type) -> str:
    """Return how to make a value of a class; "" for an error, and for a class with methods that make it."""
    is_plain = dataclasses.is_dataclass(value) or hasattr(value, "_fields")
    return _signature(name, value) if is_plain else ""


def _methods(value: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of a class in the order of its code."""
    for name, member in vars(value).items():
        is_shown = isinstance(member, property | functools.cached_property | classmethod | staticmethod)
        if not name.startswith("_") and (is_shown or inspect.isfunction(member)):
            yield name, member


def _signature(name: str, value: Callable[..., Any]) -> str:
    """Return the call as a block of code, on several lines if it is long."""
    signature = inspect.signature(value)
    parameters = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    signature = signature.replace(parameters=parameters)
    if inspect.isclass(value):
        signature = signature.replace(return_annotation=signature.empty)
    line = f"{name}{_plain(str(signature))}"
    if len(line) > 100 and parameters:
        ends = [str(one) for one in parameters]
        star = next((at for at, one in enumerate(parameters) if one.kind is one.KEYWORD_ONLY), None)
        if star is not None:
            ends.insert(star, "*")
        result = "" if signature.return_annotation is signature.empty else line[line.rindex(" -> ") :]
        line = f"{name}(\n" + "".join(f"    {_plain(end)},\n" for end in ends) + f"){result}"
    return f"```python\n{line}\n```\n"


def _plain(text: str) -> str:
    """Return annotations as their authors write them: without modules, and without quotes around a whole one."""
    text = re.sub(r"<function (\w+) at 0x[0-9a-f]+>", r"\1", text)
    text = re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z])", "", text)
    return re.sub(r"(: |-> )'([^']+)'", r"\1\2", text)


def described(value: Any) -> str:
    """Return a docstring as Markdown: its sections become lists."""
    text = inspect.getdoc(value) or ""
    pieces = _SECTION.split(text)
    parts = [pieces[0].strip() + "\n"] if pieces[0].strip() else []
    for heading, body in zip(pieces[1::2], pieces[2::2], strict=True):
        block = textwrap.dedent(body.strip("\n"))
        section, _, rest = block.partition("\n\n")
        parts.append(f"**{'Parameters' if heading == 'Args' else heading}**\n\n{_listed(section, heading)}\n")
        if rest.strip():
            parts.append(rest.strip() + "\n")
    return "\n".join(parts)


def _listed(section: str, heading: str) -> str:
    """Return a section as a list, one entry each; a result is a sentence."""
    if heading in ("Returns", "Yields"):
        return " ".join(section.split())
    entries = re.split(r"\n(?=\S)", section)
    return "\n".join("- " + _ENTRY.sub(r"`\1`: ", " ".join(entry.split()), count=1) for entry in entries)


if __name__ == "__main__":
    print(page(), end="")
