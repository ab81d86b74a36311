"""The settings of a repository for `dupfind check`, limited to what an untrusted clone may choose."""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from dupfind.errors import DupfindError
from dupfind.tables.short_repr import shown
from dupfind.verdict.bands import MODES, VERDICTS

OWN, SHARED = ".dupfind.toml", "pyproject.toml"
"""Files of settings in the repository's topmost folder; in the second one the table `[tool.dupfind]`."""

MISSING_INDEX = ("fail", "pass")

MAX_BYTES = 1 << 20
"""Bytes of a file of settings that are read; one of more is refused."""

MAX_PARTS = 64
"""Parts of a key such as `a.b.c`. The time of `tomllib` grows with their square: 40 kB of them take it 10 s."""

# Comments, texts of several lines, names and texts of one line, and all other characters one by one. What is not closed
# ends with its line, or with the file.
_TOKEN = re.compile(
    r"""
    \#[^\n]*
    | \"{3} (?: [^"\\] | \\. | "(?!"") )*+ (?: \"{3,5} )?
    | '{3} (?: [^'] | '(?!'') )*+ (?: '{3,5} )?
    | (?P<part> [\w-]+ | " (?: [^"\\\n] | \\. )*+ "? | '[^'\n]*'? )
    | [^\w\s-]
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a repository; None where it sets nothing.

    Attributes:
        root: The repository's topmost folder; outside of a repository the working folder.
        index: The folder of its index.
        decisions: Its file of decisions.
        fail_on: The weakest verdict that fails a check: "likely" or "possible".
        min_score: A score, -1 to 1, at or above which a check fails with any verdict.
        missing_index: "pass" or "fail": the result of a check without an index.
        verdicts: How readily a verdict is given: "strict", "balanced" or "eager".
    """

    root: Path
    index: Path | None = None
    decisions: Path | None = None
    fail_on: str | None = None
    min_score: float | None = None
    missing_index: str | None = None
    verdicts: str | None = None


def read(here: Path) -> Settings:
    """Read the settings of the repository that a folder is in.

    A repository may set thresholds and paths inside it. No setting names a model, a URL, a token or SQL, so a clone
    need not be trusted.

    Raises:
        DupfindError: A file is broken, a key is unknown, or a value is not allowed.
    """
    root = next((place for place in (here, *here.parents) if (place / ".git").exists()), here)
    own, shared = _table(root, OWN), _table(root, SHARED)
    if own and shared:
        raise DupfindError(f"{OWN} and [tool.dupfind] in {SHARED} both have settings: keep one of them")
    file = OWN if own else f"[tool.dupfind] in {SHARED}"
    values = {}
    for key, value in (own or shared).items():
        if key not in _CHECKS:
            raise DupfindError(
                f"{file}: no setting {shown(key)}; a repository may set {', '.join(_CHECKS)}, and nothing that"
                " names a model, a URL, a token or SQL"
            )
        try:
            values[key.replace("-", "_")] = _CHECKS[key](root, value)
        except ValueError as error:
            raise DupfindError(f"{file}: {key} is {shown(value)}, but must be {error}") from error
    return Settings(root, **values)


def is_inside(root: Path, path: PurePath) -> bool:
    """Whether a path stays in a folder after its links are followed."""
    # `Path.resolve` fails at a link to itself; `realpath` does not.
    return Path(os.path.realpath(root / path)).is_relative_to(os.path.realpath(root))


def _table(root: Path, name: str) -> Mapping[str, Any]:
    path = root / name
    try:
        if not path.is_file():
            return {}
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if name == SHARED and b"dupfind" not in data:
            return {}  # its other tables, broken or not, belong to other programs
        if not is_inside(root, path):
            raise DupfindError(f"{name} is a link that leads out of {root}: put a copy in its place")
        if len(data) > MAX_BYTES:
            raise DupfindError(f"{name} has more than {MAX_BYTES:,} bytes: settings are a few lines")
        text = data.decode("utf-8-sig")  # tomllib refuses a byte order mark
        if _has_long_key(text):
            raise DupfindError(f"{name} cannot be read: a key in it has more than {MAX_PARTS} parts")
        table = tomllib.loads(text)
        for key in ("tool", "dupfind") if name == SHARED else ():
            table = table.get(key, {})
    except RecursionError:
        raise DupfindError(f"{name} cannot be read: it is nested too deep") from None
    except (OSError, ValueError, AttributeError) as error:
        raise DupfindError(f"{name} cannot be read: {error}") from error
    if not isinstance(table, dict):
        raise DupfindError(f"{name}: tool.dupfind must be a table")
    return table


def _has_long_key(text: str) -> bool:
    """Return whether TOML has a key of more than `MAX_PARTS` parts, bare or in quotes."""
    if text.count(".") < MAX_PARTS:
        return False
    n_dots, is_after_part = 0, False
    for token in _TOKEN.finditer(text):
        is_part = token["part"] is not None
        if token[0] == "." and is_after_part:
            n_dots += 1
            if n_dots == MAX_PARTS:
                return True
        elif not is_part or is_after_part:
            n_dots = 0
        is_after_part = is_part
    return False


def _path(root: Path, value: object) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("a path")
    path = PurePath(value)
    if path.is_absolute() or ".." in path.parts or not is_inside(root, path):
        raise ValueError("a path inside the repository")
    return root / path


def _file(root: Path, value: object) -> Path:
    path = _path(root, value)
    if path.exists() and not path.is_file():  # reading a pipe would wait for its writer
        raise ValueError("a file inside the repository")
    return path


def _choice(choices: tuple[str, ...], _: Path, value: object) -> str:
    if value not in choices:
        raise ValueError(f"one of {', '.join(choices)}")
    return str(value)


def _score(_: Path, value: object) -> float:
    # To Python, TOML's true is an int.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise ValueError("a number from -1 to 1")
    return float(value)


_CHECKS: Mapping[str, Callable[[Path, object], Any]] = {
    "index": _path,
    "decisions": _file,
    "fail-on": partial(_choice, VERDICTS),
    "min-score": _score,
    "missing-index": partial(_choice, MISSING_INDEX),
    "verdicts": partial(_choice, MODES),
}
