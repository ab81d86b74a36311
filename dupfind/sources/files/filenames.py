"""Filenames: which files hold issues, as far as their names tell."""

from pathlib import PurePath

MARKDOWN = (".md", ".markdown")
"""How the names of issue files end, in lower case."""

YAML = (".yaml", ".yml")
"""How the names of files end that are fields alone."""

JSON = (".json", ".jsonl", ".ndjson")
"""How the names of files end that may hold several issues."""

_PAGES = frozenset(
    ("readme", "contributing", "changelog", "license", "code_of_conduct", "security", "index", "template")
)


def is_issue_file(path: PurePath) -> bool:
    """Whether issues are kept in files of such a name; README.md and its like are none."""
    return path.suffix.lower() in (*MARKDOWN, *YAML, *JSON) and not is_page(path)


def is_page(path: PurePath) -> bool:
    """Whether a file has the name of a page about its folder, such as README.md."""
    return path.stem.lower() in _PAGES


def is_yaml(path: PurePath) -> bool:
    """Whether a file is fields alone."""
    return path.suffix.lower() in YAML


def holds_many(path: PurePath) -> bool:
    """Whether a file may hold several issues, so that an edit of it can add one."""
    return path.suffix.lower() in JSON
