"""What a maintainer may do with a cluster: decide on its pairs, and close its open duplicates."""

import base64
import json
import shlex

from dupfind.dedup.report import DuplicateCluster, Member
from dupfind.reports.display import open_duplicates, repository


def sides(cluster: DuplicateCluster) -> str:
    """Return names and fingerprints of the members for the page's script: JSON in Base64, so that none is markup."""
    names = json.dumps(
        [
            {
                "source": member.source,
                "project": member.project,
                "id": member.id,
                "fingerprint": member.fingerprint,
            }
            for member in cluster.members
        ]
    )
    return base64.b64encode(names.encode("ascii")).decode("ascii")


def close_command(cluster: DuplicateCluster, member: Member) -> str | None:
    """Return the command that closes a member as a duplicate of the canonical one; None where it is not on GitHub."""
    canonical = cluster.members[0]
    home = repository(canonical)
    if home is None or repository(member) != home or member not in open_duplicates(cluster):
        return None
    # Only digits, because the id becomes part of a shell command.
    if not (_is_number(member.id) and _is_number(canonical.id)):
        return None
    return f"gh issue close {member.id} --duplicate-of {canonical.id} --repo {shlex.quote(home)}"


def _is_number(id: str) -> bool:
    return id.isascii() and id.isdigit()
