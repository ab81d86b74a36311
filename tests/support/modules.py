"""The one place that writes a module's name into a string, so that no test has to follow a module that moves."""

from collections.abc import Callable
from types import ModuleType
from typing import Any


def before(module: ModuleType, name: str) -> str:
    """The point just before a function is called: `before(snapshot_file, "os.fsync")`, as `workers.die_at` reads it."""
    return f"before {module.__name__}:{name}"


def after(module: ModuleType, name: str) -> str:
    """The point just after a function has returned."""
    return f"after {module.__name__}:{name}"


def import_line(*things: Callable[..., Any]) -> str:
    """The statements that import these classes and functions, for the text of another process."""
    return "".join(f"from {thing.__module__} import {thing.__qualname__}\n" for thing in things)
