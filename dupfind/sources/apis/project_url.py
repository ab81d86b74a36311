"""Parse and check the location of a service's project, such as "github:owner/repo"."""

import re
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote, unquote

from dupfind.errors import SourceError
from dupfind.sources.apis.service_forms import FORMS, ServiceForm

_PLAIN = ("github", "gitlab")
"""Services whose projects have no names that need percent signs."""
_HOST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,62})?(?:\.[a-z0-9-]{1,63}){0,20}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?"
)


class ProjectUrl(NamedTuple):
    """One project of one service.

    Attributes:
        service: A key of `service_forms.FORMS`.
        site: The address of the server, such as "https://jira.example.org/jira", without a slash at its end.
        project: Its path there: "owner/repo", a key, or a product's name; "" where the server is the project.
    """

    service: str
    site: str
    project: str

    @property
    def host(self) -> str:
        """The server's name, with a port where one is given."""
        return self.site.partition("://")[2].partition("/")[0]

    @property
    def is_home(self) -> bool:
        """Whether the server is the service's own."""
        return self.site == f"https://{FORMS[self.service].home}"

    @property
    def location(self) -> str:
        """The canonical form of this location, under which its records are stored."""
        form = FORMS[self.service]
        name = (
            self.project
            if self.service in _PLAIN
            else quote(self.project, safe=" /" if form.most != 1 else " ")
        )
        before, _, after = f"https://{form.home}".partition("{}")
        if after and self.site.startswith(before) and self.site.endswith(after):
            part = self.site.removeprefix(before).removesuffix(after)
            return f"{self.service}:{self.host if '.' in part else part}"  # a name with a dot is a whole host
        if self.is_home:
            return f"{self.service}:{name}"
        site = self.site if form.home else self.site.removeprefix("https://")
        return f"{self.service}:{site}/{name}".rstrip("/")


def is_service(location: str) -> bool:
    """Return whether a location names a service; write a file of such a name "./github:x"."""
    return location.partition(":")[0] in FORMS


def parse(location: str) -> ProjectUrl:
    """Split a location into its parts.

    Raises:
        SourceError: The form is unknown, or would expose a token.
    """
    service, _, rest = location.partition(":")
    form = FORMS.get(service)
    if form is None:
        forms = ", ".join(each.shown for each in FORMS.values())
        raise SourceError(f"{location} names no known service: write it like {forms}")
    scheme, has_scheme, after = rest.partition("://")
    if has_scheme:
        rest = after
    else:
        scheme = "https"
    is_at_home = bool(form.home) and not has_scheme
    host, path = _at_home(form, rest) if is_at_home else (rest.partition("/")[0], rest.partition("/")[2])
    host = host.lower()
    if "@" in host:
        raise SourceError(
            f"{service}:{scheme}://...@{host.rpartition('@')[2]} holds a user or password: leave it out,"
            " tokens come from the environment"
        )
    segments = [unquote(segment) for segment in path.strip("/").split("/")] if path.strip("/") else []
    n_own = min(len(segments), form.most) if form.most is not None else len(segments)
    has_path = form.has_path and not is_at_home
    is_project = form.least <= n_own and (has_path or n_own == len(segments))
    if not _HOST.fullmatch(host) or not is_project or not _is_path(service, path, segments):
        raise SourceError(f"{location} is not a project of {service}: write it like {form.shown}")
    if scheme != "https" and not (scheme == "http" and is_loopback(host)):
        raise SourceError(f"{location} would be read without encryption: write https://")
    prefix = "".join(f"/{quote(segment)}" for segment in segments[: len(segments) - n_own])
    return ProjectUrl(service, f"{scheme}://{host}{prefix}", "/".join(segments[len(segments) - n_own :]))


def _at_home(form: ServiceForm, rest: str) -> tuple[str, str]:
    """Return the default host of a service and the path there; a location may name a part of the host."""
    if "{}" not in form.home:
        return form.home, rest
    name, _, path = rest.partition("/")
    return (name if "." in name else form.home.format(name)), path


def is_loopback(host: str) -> bool:
    """Return whether a host, with or without a port, is this machine."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]  # brackets: IPv6
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _is_path(service: str, path: str, segments: list[str]) -> bool:
    """Return whether each segment is a name."""
    is_clean = all(
        segment.strip() not in ("", ".", "..") and segment.isprintable() and "\\" not in segment
        for segment in segments
    )
    has_slash = FORMS[service].most != 1 and any("/" in segment for segment in segments)
    return (
        is_clean
        and not has_slash
        and not re.search(r"[?#]", path)
        and not (service in _PLAIN and "%" in path)
    )
