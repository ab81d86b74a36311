"""The corpus in every format that dupfind reads, written as its tracker stores or exports it."""

import bz2
import gzip
import lzma
import shutil
import tarfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from backports import zstd

from tests.support import (
    board_containers,
    csv_containers,
    file_containers,
    json_containers,
    spreadsheets,
    tracker_databases,
    xml_containers,
)

Build = Callable[[Path], Path]


class Container(NamedTuple):
    """A format of the corpus.

    Attributes:
        kind: The kind of source that dupfind detects.
        build: Writes the corpus into an empty folder and returns the file or folder to open.
    """

    kind: str
    build: Build


def compressed(build: Build, compress: Callable[[bytes], bytes]) -> Build:
    def write(folder: Path) -> Path:
        original = build(folder)
        path = original.with_name(f"{original.name}.packed")
        path.write_bytes(compress(original.read_bytes()))
        original.unlink()
        return path

    return write


def packed(build: Build) -> Build:
    """Put a folder into a compressed tar archive."""

    def write(folder: Path) -> Path:
        (folder / "unpacked").mkdir()
        build(folder / "unpacked")
        path = folder / "export.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            archive.add(folder / "unpacked", arcname="")
        shutil.rmtree(folder / "unpacked")
        return path

    return write


def compressed_github(folder: Path) -> Path:
    """Write issues and comments apart, both compressed."""
    json_containers.github_rest(folder)
    for kind in ("issues", "comments"):
        original = folder / f"github-rest-{kind}.json"
        (folder / f"{kind}.json.gz").write_bytes(gzip.compress(original.read_bytes()))
        original.unlink()
    return folder / "issues.json.gz"


CALAMINE = find_spec("python_calamine") is not None
"""Whether spreadsheets can be read; `make setup` installs the library."""

CONTAINERS = {
    "github.db": Container("github-to-sqlite", tracker_databases.github_to_sqlite),
    "trac.db": Container("trac", tracker_databases.trac),
    "kiln.fossil": Container("fossil", tracker_databases.fossil),
    "redmine.db": Container("redmine", tracker_databases.redmine),
    "roundup/db/db": Container("roundup", tracker_databases.roundup_database),
    "bugzilla.db": Container("bugzilla", tracker_databases.bugzilla),
    "plain.csv": Container("csv", csv_containers.plain_csv),
    "plain.jsonl": Container("jsonl", json_containers.plain_jsonl),
    "github-rest-issues.json": Container("github-rest", json_containers.github_rest),
    "gh-issue-list.json": Container("gh", json_containers.gh),
    "gitlab-rest-issues.json": Container("gitlab-rest", json_containers.gitlab_rest),
    "gitlab-export.csv": Container("gitlab-csv", csv_containers.gitlab_csv),
    "jira-rest.json": Container("jira-rest", json_containers.jira_rest),
    "files-frontmatter": Container("markdown", file_containers.front_matter),
    "roundup": Container("roundup", tracker_databases.roundup),
    "Jira as CSV": Container("jira-csv", csv_containers.jira_csv),
    "Redmine as CSV": Container("redmine-csv", csv_containers.redmine_csv),
    "MantisBT as CSV": Container("mantisbt-csv", csv_containers.mantisbt_csv),
    "MantisBT as XML": Container("mantisbt-xml", file_containers.mantisbt_xml),
    "Linear as CSV": Container("linear-csv", csv_containers.linear_csv),
    "a spreadsheet": Container("tsv", csv_containers.spreadsheet),
    "Redmine's REST": Container("redmine-rest", json_containers.redmine_rest),
    "Bugzilla's REST": Container("bugzilla-rest", json_containers.bugzilla_rest),
    "MantisBT's REST": Container("mantisbt-rest", json_containers.mantisbt_rest),
    "Jira's documents": Container("jira-rest", json_containers.jira_adf),
    "Linear's GraphQL": Container("linear", json_containers.linear_graphql),
    "Bitbucket": Container("bitbucket", json_containers.bitbucket),
    "beads": Container("beads-jsonl", file_containers.beads),
    "Backlog.md": Container("markdown", file_containers.backlog),
    "Stack Exchange": Container("stack-exchange", file_containers.stack_exchange),
    "Trello": Container("trello", board_containers.trello),
    "Wekan": Container("wekan", board_containers.wekan),
    "YouTrack's REST": Container("youtrack", board_containers.youtrack),
    "Azure's REST": Container("azure-rest", board_containers.azure_rest),
    "SourceForge": Container("sourceforge", board_containers.sourceforge),
    "GitHub's archive": Container("github-archive", board_containers.github_archive),
    "GH Archive": Container("gh-archive", board_containers.gh_archive),
    "issues with events": Container("github-rest", board_containers.metadata_backup),
    "Perceval": Container("github-rest", board_containers.perceval),
    "GitLab's export": Container("gitlab-export", board_containers.gitlab_export),
    "GitLab's export, packed": Container("gitlab-export", packed(board_containers.gitlab_export)),
    "Launchpad": Container("launchpad", board_containers.launchpad),
    "Shortcut": Container("shortcut", board_containers.shortcut),
    "Jira as XML": Container("jira-xml", xml_containers.jira_xml),
    "Jira as a page": Container("jira-xml", xml_containers.jira_page),
    "Bugzilla as XML": Container("bugzilla-xml", xml_containers.bugzilla_xml),
    "Redmine as XML": Container("redmine-xml", xml_containers.redmine_xml),
    "FogBugz as XML": Container("fogbugz-xml", xml_containers.fogbugz_xml),
    "Excel": Container("csv", spreadsheets.excel),
    "OpenDocument": Container("csv", spreadsheets.open_document),
    "Parquet": Container("parquet", file_containers.parquet),
    "GitHub compressed": Container("github-rest", compressed_github),
    "gzip": Container("jsonl", compressed(json_containers.plain_jsonl, gzip.compress)),
    "zstd": Container("gh", compressed(json_containers.gh, zstd.compress)),
    "bzip2": Container("gitlab-csv", compressed(csv_containers.gitlab_csv, bz2.compress)),
    "xz": Container("csv", compressed(csv_containers.plain_csv, lzma.compress)),
}
"""Every container by its name."""

if not CALAMINE:
    del CONTAINERS["Excel"], CONTAINERS["OpenDocument"]
