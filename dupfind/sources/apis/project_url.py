"""Parse and check the location of a service's project, such as "github:owner/repo"."""

import re
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote, unquote

from dupfind.errors import SourceError

FORMS = {
    "github": "github:owner/repo or github:https://HOST/owner/repo",
    "gitlab": "gitlab:group/project or gitlab:https://HOST/group/project",
    "jira": "jira:HOST/PROJECT",
    "bugzilla": "bugzilla:HOST/PRODUCT",
    "redmine": "redmine:HOST/project",
}
"""The services, and the forms of their locations."""

DEFAULT_HOSTS = {"github": "github.com", "gitlab": "gitlab.com"}
"""The default host of a service, if it has one."""

_HOST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,62})?(?:\.[a-z0-9-]{1,63}){0,20}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?"
)


class ProjectUrl(NamedTuple):
    """One project of one service.

    Attributes:
        service: A key of `FORMS`.
        site: The address of the server, such as "https://jira.example.org/jira", without a slash at its end.
        project: Its path there: "owner/repo", a key, or a product's name.
    """

    service: str
    site: str
    project: str

    @property
    def host(self) -> str:
        """The server's name, with a port where one is given."""
        return self.site.partition("://")[2].partition("/")[0]

    @property
    def location(self) -> str:
        """The canonical form of this location, under which its records are stored."""
        if self.service not in DEFAULT_HOSTS:
            return f"{self.service}:{self.site.removeprefix('https://')}/{quote(self.project, safe=' ')}"
        is_home = self.site == f"https://{DEFAULT_HOSTS[self.service]}"
        return f"{self.service}:{self.project if is_home else f'{self.site}/{self.project}'}"


def is_service(location: str) -> bool:
    """Return whether a location names a service; write a file of such a name "./github:x"."""
    return location.partition(":")[0] in FORMS


def parse(location: str) -> ProjectUrl:
    """Split a location into its parts.

    Raises:
        SourceError: The form is unknown, or would expose a token.
    """
    service, _, rest = location.partition(":")
    if service not in FORMS:
        raise SourceError(f"{location} names no known service: write it like {', '.join(FORMS.values())}")
    scheme, has_scheme, after = rest.partition("://")
    if has_scheme:
        rest = after
    else:
        scheme = "https"
    if has_scheme or service not in DEFAULT_HOSTS:
        host, _, path = rest.partition("/")
    else:
        host, path = DEFAULT_HOSTS[service], rest
    host = host.lower()
    if "@" in host:
        raise SourceError(
            f"{service}:{scheme}://...@{host.rpartition('@')[2]} holds a user or password: leave it out,"
            " tokens come from the environment"
        )
    segments = [unquote(segment) for segment in path.strip("/").split("/")]
    if not _HOST.fullmatch(host) or not _is_path(service, path, segments):
        raise SourceError(f"{location} is not a project of {service}: write it like {FORMS[service]}")
    if scheme != "https" and not (scheme == "http" and is_loopback(host)):
        raise SourceError(f"{location} would be read without encryption: write https://")
    n_own = len(segments) if service == "gitlab" else 2 if service == "github" else 1
    prefix = "".join(f"/{quote(segment)}" for segment in segments[:-n_own])
    return ProjectUrl(service, f"{scheme}://{host}{prefix}", "/".join(segments[-n_own:]))


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
    """Return whether each segment is a name, and there are as many as the service requires."""
    n_expected = 2 if service in DEFAULT_HOSTS else 1
    is_clean = all(
        segment.strip() not in ("", ".", "..") and segment.isprintable() and "\\" not in segment
        for segment in segments
    )
    is_plain = not re.search(r"[?#]", path) and (service not in DEFAULT_HOSTS or "%" not in path)
    return (
        is_clean and is_plain and (len(segments) == 2 if service == "github" else len(segments) >= n_expected)
    )
