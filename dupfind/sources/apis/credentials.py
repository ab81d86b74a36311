"""Find access tokens in the environment or the keyring; each is sent to its own host only."""

import base64
import os
from collections.abc import Callable
from typing import NamedTuple

from dupfind.errors import SourceError
from dupfind.sources.apis.project_url import ProjectUrl, is_loopback
from dupfind.sources.apis.service_forms import FORMS

KEYRING = "dupfind"
"""The keyring's service name for tokens; the user name of a token is its host."""


class Token(NamedTuple):
    """An access token, if one is set, and hints for the user.

    Attributes:
        secret: The token itself, which is never shown; None if no token is set.
        hint: How to set a token for this host.
        note: Why a token that is set is not sent, or "".
    """

    secret: str | None
    hint: str
    note: str = ""

    def header(self, name: str, form: str = "{}") -> dict[str, str]:
        """Return the header that carries the token, in the given form; empty without a token."""
        return {name: form.format(self.secret)} if self.secret else {}

    def __repr__(self) -> str:
        """Leave out the secret."""
        return f"Token(hint={self.hint!r})"


def token(url: ProjectUrl) -> Token:
    """Find the token for a project's host.

    An index may come from a stranger, and `dupfind sync` reads the locations in it. So a token of the environment
    is sent only to the service's own host, to the host in SERVICE_HOST, or to this machine.

    Raises:
        SourceError: The token cannot be sent.
    """
    bound = f"{url.service.upper()}_HOST"
    form = FORMS[url.service]
    names = form.variables
    if not names:
        return Token(None, "name something that everybody may read")
    home = "" if "{}" in form.home else form.home
    own_host = os.environ.get(bound, home).lower()
    hint = f"set {names[-1]}" + ("" if url.host == own_host else f", and {bound}={url.host}")
    hint += f", and {form.further}" if form.further else ""
    name = next((name for name in names if os.environ.get(name, "").strip()), None)
    if name is not None and (url.host == own_host or is_loopback(url.host)):
        return Token(_checked(os.environ[name], name), hint)
    secret = _from_keyring(url.host)
    if secret is not None:
        return Token(_checked(secret, f"the keyring's token for {url.host}"), hint)
    note = (
        "" if name is None else f"{name} is not sent to {url.host}: set {bound}={url.host} to send it there"
    )
    return Token(None, hint, note)


def _from_keyring(host: str) -> str | None:
    """Return the keyring's token for a host, where `dupfind[keyring]` is installed."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password(KEYRING, host)
    except KeyringError:
        return None


def _checked(secret: str, name: str) -> str:
    secret = secret.strip()
    # It becomes a header, where a line end would begin another one.
    if not secret.isascii() or not secret.isprintable():
        raise SourceError(f"{name} holds characters that no token has: set it anew")
    return secret


def companion(name: str) -> str:
    """Return the variable that goes into a header next to a token; "" if it is not set.

    Raises:
        SourceError: It cannot be sent.
    """
    return _checked(os.environ.get(name, ""), name)


Credentials = Callable[[Token], dict[str, str]]
"""Returns the headers that carry a token; none without one."""


def no_credentials(token: Token) -> dict[str, str]:
    """Return no headers."""
    return {}


def header(name: str, form: str = "{}") -> Credentials:
    """Return the credentials of a service that takes the token in a header of its own form."""
    return lambda token: token.header(name, form)


def bearer_or_user(variable: str, form: str = "{user}:{secret}") -> Credentials:
    """Return the credentials of a service that takes a token alone, or together with the user in a variable."""

    def credentials(token: Token) -> dict[str, str]:
        user = os.environ.get(variable, "").strip()
        if not user:
            return token.header("Authorization", "Bearer {}")
        return basic(token, form.format(user=user, secret=token.secret))

    return credentials


def basic(token: Token, pair: str) -> dict[str, str]:
    """Return the header of a name and a password, joined by a colon; empty without a token."""
    if token.secret is None:
        return {}
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
