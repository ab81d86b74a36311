"""Make the address of a record from a template that the user gives, such as "https://jira.example.org/browse/{id}"."""

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, urlsplit

from dupfind.errors import SourceError
from dupfind.records import Record

_PLACE = re.compile(r"\{(id|project)\}")
_EXAMPLE = "https://jira.example.org/browse/{id}"


def with_address(template: str) -> Callable[[Record], Record]:
    """Return the function that gives a record without an address one from a template.

    Args:
        template: An address with http or https, `{id}` and perhaps `{project}`, both after its host. What takes their
            place is percent-encoded; a project keeps its slashes. A record without a project gets no address from a
            template with one.

    Raises:
        SourceError: The template is no such address.
    """
    _check(template)
    needs_project = "{project}" in template

    def addressed(record: Record) -> Record:
        if record.url or (needs_project and not record.project):
            return record
        parts = {"id": quote(record.id, safe=""), "project": quote(record.project or "", safe="/")}
        return replace(record, url=_PLACE.sub(lambda match: parts[match[1]], template))

    return addressed


def _check(template: str) -> None:
    fault = None
    try:
        parts = urlsplit(template)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address or not template.isprintable() or " " in template:
        fault = "is no address with http or https"
    elif "{" in parts.netloc or "}" in parts.netloc:
        fault = "has a placeholder in its host"
    elif re.search(r"[{}]", _PLACE.sub("", template)):
        fault = "has a placeholder other than {id} and {project}"
    elif "{id}" not in template:
        fault = "has no {id}"
    if fault is not None:
        raise SourceError(f"--url-template {template!r} {fault}: write it like {_EXAMPLE}")
