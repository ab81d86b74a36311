"""Names of modules as strings, made here only, so that a moved module changes no test."""

from collections.abc import Callable
from types import ModuleType
from typing import Any


def before(module: ModuleType, name: str) -> str:
    """Return the point just before a call, for `workers.die_at`: `before(snapshot_file, "os.fsync")`."""
    return f"before {module.__name__}:{name}"


def after(module: ModuleType, name: str) -> str:
    """Return the point just after a function has returned."""
    return f"after {module.__name__}:{name}"


def import_line(*things: Callable[..., Any]) -> str:
    """Return the statements that import these classes and functions, for a script in another process."""
    return "".join(f"from {thing.__module__} import {thing.__qualname__}\n" for thing in things)
