"""Verify that a webhook comes from a tracker that knows the secret, by the headers that trackers send."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping

SIGNATURE_HEADERS = ("x-hub-signature-256", "x-hub-signature", "x-gitea-signature", "x-gitlab-token")
"""Of GitHub; of Jira; of Gitea and Forgejo; and of GitLab, which sends the secret itself.

GitHub: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
GitLab: https://docs.gitlab.com/user/project/integrations/webhooks/
"""


def has_signature(headers: Mapping[str, str]) -> bool:
    """Return whether a request has a header for a signature.

    Args:
        headers: With names in lower case, or of any case where the mapping takes them alike.
    """
    return any(name in headers for name in SIGNATURE_HEADERS)


def is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Return whether one of the signatures of a request fits its body and a secret; compared in constant time.

    GitHub and Gitea send an older signature by SHA-1, too, which counts for nothing.

    Args:
        headers: As for `has_signature`.
        body: The bytes as they were sent.
        secret: ASCII.
    """
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    matches = [
        hmac.compare_digest(sent.encode(), expected.encode())  # fails at text that is not ASCII, not at bytes
        for sent, expected in _pairs(headers, digest, secret)
    ]
    return any(matches)


def _pairs(headers: Mapping[str, str], digest: str, secret: str) -> Iterator[tuple[str, str]]:
    """Yield each signature that was sent, and the right one."""
    github, jira, gitea, gitlab = map(headers.get, SIGNATURE_HEADERS)
    for sent, expected in (
        (github, f"sha256={digest}"),
        (jira, f"sha256={digest}"),
        (gitea, digest),
        (gitlab, secret),
    ):
        if sent is not None:
            yield sent.strip(), expected
