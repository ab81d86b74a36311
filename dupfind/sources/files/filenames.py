"""Decide by a file's name whether it holds issues."""

from pathlib import PurePath

MARKDOWN = (".md", ".markdown")
"""How the names of issue files end, in lower case."""

YAML = (".yaml", ".yml")
"""How the names of files end that are fields alone."""

JSON = (".json", ".jsonl", ".ndjson")
"""How the names of files end that may hold several issues."""

_EXPORTS = (".csv", ".tsv", ".parquet", ".xlsx", ".ods", ".mbox")
_PACKED = (".gz", ".zst", ".bz2", ".xz")
_PAGES = frozenset(
    ("readme", "contributing", "changelog", "license", "code_of_conduct", "security", "index", "template")
)


def is_issue_file(path: PurePath) -> bool:
    """Return whether a file of this name may hold issues; README.md and similar pages do not."""
    return path.suffix.lower() in (*MARKDOWN, *YAML, *JSON) and not is_page(path)


def is_export(path: PurePath) -> bool:
    """Return whether the name is that of a table or mailbox, compressed or not, as trackers export them."""
    path = path.with_suffix("") if path.suffix.lower() in _PACKED else path
    return path.suffix.lower() in _EXPORTS


def is_page(path: PurePath) -> bool:
    """Return whether the name is that of a page about its folder, such as README.md."""
    return path.stem.lower() in _PAGES


def is_yaml(path: PurePath) -> bool:
    """Return whether the file holds YAML fields only."""
    return path.suffix.lower() in YAML


def holds_many(path: PurePath) -> bool:
    """Return whether a file may hold several issues, so that an edit of it can add one."""
    return path.suffix.lower() in JSON
