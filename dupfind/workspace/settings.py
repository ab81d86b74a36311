"""Settings: what a repository says about its checks, as far as a stranger's repository may have a say."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from dupfind.errors import DupfindError

OWN, SHARED = ".dupfind.toml", "pyproject.toml"
"""The files that may hold them, in the repository's topmost folder; of the second the table `[tool.dupfind]`."""

FAIL_ON = ("likely", "possible")
MISSING_INDEX = ("fail", "pass")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a repository has chosen; None where it has not.

    Attributes:
        root: The repository's topmost folder, or the working folder where there is none.
        index: The folder of its index.
        decisions: Its file of decisions.
        fail_on: The weakest verdict that fails a check.
        min_score: The score from which a check fails, whatever the verdict.
        missing_index: Whether a check without an index passes or fails.
    """

    root: Path
    index: Path | None = None
    decisions: Path | None = None
    fail_on: str | None = None
    min_score: float | None = None
    missing_index: str | None = None


def read(here: Path) -> Settings:
    """The settings of the repository that a folder is in.

    Whoever clones a repository trusts it with this much: thresholds, and paths inside of it. No setting names a
    model, a URL, a token or SQL.

    Raises:
        DupfindError: A file is broken, or says something that it may not.
    """
    root = next((place for place in (here, *here.parents) if (place / ".git").exists()), here)
    own, shared = _table(root, OWN), _table(root, SHARED)
    if own and shared:
        raise DupfindError(f"{OWN} and [tool.dupfind] in {SHARED} both hold settings: keep one of them")
    where = OWN if own else f"[tool.dupfind] in {SHARED}"
    checked = {}
    for key, value in (own or shared).items():
        if key not in _CHECKS:
            raise DupfindError(
                f"{where}: no setting {key[:60]!r}; a repository may set {', '.join(_CHECKS)}, and nothing that"
                " names a model, a URL, a token or SQL"
            )
        try:
            checked[key.replace("-", "_")] = _CHECKS[key](root, value)
        except ValueError as error:
            raise DupfindError(f"{where}: {key} is {str(value)[:60]!r}, which is {error}") from error
    return Settings(root, **checked)


def inside(root: Path, path: PurePath) -> bool:
    """Whether a path stays in a folder, also where links lead."""
    # Unlike `Path.resolve`, this bears a link to itself.
    return Path(os.path.realpath(root / path)).is_relative_to(os.path.realpath(root))


def _table(root: Path, name: str) -> Mapping[str, Any]:
    path = root / name
    try:
        if not path.is_file():
            return {}
        text = path.read_text(encoding="utf-8-sig")
        if name == SHARED and "dupfind" not in text:
            return {}  # what else is wrong with it is for others to say
        table = tomllib.loads(text)
        for part in ("tool", "dupfind") if name == SHARED else ():
            table = table.get(part, {})
    except RecursionError:
        raise DupfindError(f"{name} cannot be read: it is nested too deep") from None
    except (OSError, ValueError, AttributeError) as error:
        raise DupfindError(f"{name} cannot be read: {error}") from error
    if not isinstance(table, dict):
        raise DupfindError(f"{name}: tool.dupfind is no table")
    return table


def _path(root: Path, value: object) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("no path")
    path = PurePath(value)
    if path.is_absolute() or ".." in path.parts or not inside(root, path):
        raise ValueError("no path inside of the repository")
    return root / path


def _word(words: tuple[str, ...], _: Path, value: object) -> str:
    if value not in words:
        raise ValueError(f"none of {', '.join(words)}")
    return str(value)


def _score(_: Path, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise ValueError("no number from -1 to 1")
    return float(value)


_CHECKS: Mapping[str, Callable[[Path, object], Any]] = {
    "index": _path,
    "decisions": _path,
    "fail-on": partial(_word, FAIL_ON),
    "min-score": _score,
    "missing-index": partial(_word, MISSING_INDEX),
}
