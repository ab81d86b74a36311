"""What is known of each service before anything is asked: how its projects are written, and where its token stands."""

from collections.abc import Mapping
from typing import NamedTuple


class ServiceForm(NamedTuple):
    """How the projects of a service are written.

    Attributes:
        shown: The forms of its locations, for messages.
        least: The number of parts of a project's name, at least: 2 for "owner/repo", 0 where a server is one project.
        most: The largest number of them; None if it is not limited.
        home: The default host; "{}.example.com" where a location names a part of it; "" if there is none.
        has_path: Whether the address of a server may have a path before the project.
        variables: The environment variables of its token; the first that is set counts.
        further: What else a token needs, for the hint.
    """

    shown: str
    least: int
    most: int | None
    home: str = ""
    has_path: bool = False
    variables: tuple[str, ...] = ()
    further: str = ""


FORMS: Mapping[str, ServiceForm] = {
    "github": ServiceForm(
        "github:owner/repo or github:https://HOST/owner/repo",
        2,
        2,
        "github.com",
        variables=("GH_TOKEN", "GITHUB_TOKEN"),
    ),
    "gitlab": ServiceForm(
        "gitlab:group/project or gitlab:https://HOST/group/project",
        2,
        None,
        "gitlab.com",
        variables=("GITLAB_TOKEN",),
    ),
    "jira": ServiceForm(
        "jira:HOST/PROJECT",
        1,
        1,
        has_path=True,
        variables=("JIRA_TOKEN",),
        further="for Jira Cloud JIRA_USER to the e-mail address that it belongs to",
    ),
    "bugzilla": ServiceForm("bugzilla:HOST/PRODUCT", 1, 1, has_path=True, variables=("BUGZILLA_TOKEN",)),
    "redmine": ServiceForm("redmine:HOST/project", 1, 1, has_path=True, variables=("REDMINE_TOKEN",)),
    "azure": ServiceForm(
        "azure:organization/project or azure:https://HOST/collection/project",
        2,
        2,
        "dev.azure.com",
        has_path=True,
        variables=("AZURE_TOKEN",),
    ),
    "gitea": ServiceForm("gitea:HOST/owner/repo", 2, 2, has_path=True, variables=("GITEA_TOKEN",)),
    "forgejo": ServiceForm("forgejo:HOST/owner/repo", 2, 2, has_path=True, variables=("FORGEJO_TOKEN",)),
    "codeberg": ServiceForm("codeberg:owner/repo", 2, 2, "codeberg.org", variables=("CODEBERG_TOKEN",)),
    "linear": ServiceForm("linear:TEAM", 1, 1, "linear.app", variables=("LINEAR_TOKEN",)),
    "youtrack": ServiceForm("youtrack:HOST/PROJECT", 1, 1, has_path=True, variables=("YOUTRACK_TOKEN",)),
    "zendesk": ServiceForm(
        "zendesk:SUBDOMAIN",
        0,
        0,
        "{}.zendesk.com",
        variables=("ZENDESK_TOKEN",),
        further="for an API token ZENDESK_USER to the e-mail address that it belongs to",
    ),
    "mantisbt": ServiceForm("mantisbt:HOST/PROJECT", 1, 1, has_path=True, variables=("MANTISBT_TOKEN",)),
    "sentry": ServiceForm(
        "sentry:organization/project or sentry:https://HOST/organization/project",
        2,
        2,
        "sentry.io",
        variables=("SENTRY_TOKEN",),
    ),
    "bitbucket": ServiceForm(
        "bitbucket:workspace/repo",
        2,
        2,
        "bitbucket.org",
        variables=("BITBUCKET_TOKEN",),
        further="for an API token BITBUCKET_USER to the e-mail address that it belongs to",
    ),
    "discourse": ServiceForm(
        "discourse:HOST",
        0,
        0,
        has_path=True,
        variables=("DISCOURSE_TOKEN",),
        further="for a key of all users DISCOURSE_USER to the name of one",
    ),
    "stackexchange": ServiceForm(
        "stackexchange:site or stackexchange:site/tag",
        1,
        2,
        "stackexchange.com",
        variables=("STACKEXCHANGE_KEY",),
    ),
    "trello": ServiceForm(
        "trello:BOARD",
        1,
        1,
        "trello.com",
        variables=("TRELLO_TOKEN",),
        further="TRELLO_KEY to the key of the API that it belongs to",
    ),
    "launchpad": ServiceForm("launchpad:project", 1, 3, "launchpad.net"),
}
"""The services."""
