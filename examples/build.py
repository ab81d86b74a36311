"""Build the example tracker: read issues/*.md, write tracker.db and truth.json."""

import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ORG: Final = "wrenstow"
FULL_NAME: Final = f"{ORG}/wrenstow"
API: Final = f"https://api.github.com/repos/{FULL_NAME}"
WEB: Final = f"https://github.com/{FULL_NAME}"
REPO_ID: Final = 590417233

# Everybody else who writes has no tie to the project.
TIES: Final = {
    "hedda": "OWNER",
    "tobiasw": "MEMBER",
    "rnakagawa": "MEMBER",
    "devon-ok": "MEMBER",
    "marisol-b": "MEMBER",
    "pkowal": "COLLABORATOR",
    "linnea-h": "CONTRIBUTOR",
    "jzt": "CONTRIBUTOR",
}
LABEL_COLORS: Final = {
    "bug": "d73a4a",
    "enhancement": "a2eeef",
    "question": "d876e3",
    "documentation": "0075ca",
}
REASONS: Final = {None, "completed", "not_planned", "duplicate", "reopened"}
KEYS: Final = {
    *("title", "type", "state", "reason", "created", "closed", "author", "labels", "milestone"),
    *("truth_duplicate_of", "truth_not"),
}
# The first line of an issue or a comment; any other line is text, such as a diff's "@@ -1,2 +1,2 @@".
OPENING: Final = re.compile(r"@@ (?:issue (?P<number>\d+)|comment (?P<author>\S+) (?P<created>\S+))")
TIME: Final = re.compile(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ")

Value = str | int | None


class BadSource(Exception):
    """A source file is invalid; the message begins with its path and line."""


@dataclass
class Comment:
    """One comment, in the order of its issue."""

    author: str
    created: str
    body: str = ""


@dataclass
class Issue:
    """One issue or pull request as its source gives it."""

    number: int
    place: str
    meta: dict[str, str] = field(default_factory=dict)
    body: str = ""
    comments: list[Comment] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        """The label names, in the order given."""
        return [label.strip() for label in self.meta.get("labels", "").split(",") if label.strip()]

    @property
    def duplicate_of(self) -> int | None:
        """The number of the issue this one repeats, whether anybody marked it or not."""
        target = self.meta.get("truth_duplicate_of")
        return int(target) if target else None

    @property
    def hard_negatives(self) -> list[int]:
        """The numbers of issues that look like this one and have another fault."""
        return [int(number) for number in self.meta.get("truth_not", "").split(",") if number.strip()]

    @property
    def updated(self) -> str:
        """The time of its last event."""
        times = [
            self.meta["created"],
            self.meta.get("closed", ""),
            *(comment.created for comment in self.comments),
        ]
        return max(times)


def read_file(path: Path) -> Iterator[Issue]:
    """Yield the issues of one source file, in the order of the file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [at for at, line in enumerate(lines) if OPENING.fullmatch(line)]
    if not starts or "".join(lines[: starts[0]]).strip():
        raise BadSource(f"{path.name}:1: the first line must be '@@ issue NUMBER'")
    issue: Issue | None = None
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        place = f"{path.name}:{start + 1}"
        opening = OPENING.fullmatch(lines[start])
        assert opening is not None
        text = lines[start + 1 : end]
        if opening["number"]:
            if issue is not None:
                yield issue
            issue = Issue(int(opening["number"]), place)
            while text and text[0]:
                key, colon, value = text.pop(0).partition(": ")
                if not colon or key not in KEYS or key in issue.meta:
                    raise BadSource(
                        f"{place}: '{key}' is unknown, repeated or has no value; known: {sorted(KEYS)}"
                    )
                issue.meta[key] = value
            issue.body = "\n".join(text).strip("\n")
        elif issue is None:
            raise BadSource(f"{place}: a comment before the first issue")
        else:
            issue.comments.append(Comment(opening["author"], opening["created"], "\n".join(text).strip("\n")))
    if issue is not None:
        yield issue


def read_folder(folder: Path) -> list[Issue]:
    """Read and check every source in the folder.

    Returns:
        The issues by number, which is also the order they were created in.

    Raises:
        BadSource: A number is taken twice, a date is out of order, or a duplicate's target does not exist.
    """
    issues: dict[int, Issue] = {}
    for path in sorted(folder.glob("*.md")):
        for issue in read_file(path):
            if issue.number in issues:
                raise BadSource(
                    f"{issue.place}: #{issue.number} stands at {issues[issue.number].place} already"
                )
            issues[issue.number] = issue
    before = ""
    for _, issue in sorted(issues.items()):
        check(issue, issues, before)
        before = issue.meta["created"]
    return [issue for _, issue in sorted(issues.items())]


def check(issue: Issue, issues: dict[int, Issue], before: str) -> None:
    """Raise BadSource unless the issue agrees with itself, with the others, and was made after `before`."""
    meta, place, target = issue.meta, issue.place, issue.duplicate_of
    if missing := {"title", "state", "created", "author"} - meta.keys():
        raise BadSource(f"{place}: #{issue.number} lacks {sorted(missing)}")
    times = [meta["created"], *(comment.created for comment in issue.comments)]
    if wrong := [time for time in [*times, meta.get("closed", times[0])] if not TIME.fullmatch(time)]:
        raise BadSource(f"{place}: {wrong[0]} is not a time like 2024-05-31T09:00:00Z")
    if times != sorted(times) or meta.get("closed", times[0]) < times[0]:
        raise BadSource(f"{place}: #{issue.number} has a comment or its closing before what it follows")
    if meta["created"] <= before:
        raise BadSource(
            f"{place}: #{issue.number} was created at {meta['created']}, not after the number before it"
        )
    if meta["state"] not in {"open", "closed"} or (meta["state"] == "closed") != ("closed" in meta):
        raise BadSource(f"{place}: state is open, or closed with a closed: time")
    if meta.get("reason") not in REASONS or meta.get("type", "issue") not in {"issue", "pull"}:
        raise BadSource(f"{place}: unknown reason or type")
    for other in [*issue.hard_negatives, *([target] if target else [])]:
        if other not in issues or other == issue.number:
            raise BadSource(f"{place}: #{other} is not another issue")
    if meta.get("reason") == "duplicate":
        said = " ".join(comment.body for comment in issue.comments)
        if target is None or not re.search(rf"(#|/issues/){target}\b", said):
            raise BadSource(f"{place}: closed as duplicate, but no comment names #{target}")


def truth(issues: list[Issue]) -> dict[str, list[list[int]]]:
    """Return the pairs that tests compare with: duplicates marked and not, and near misses, each sorted."""
    pairs: dict[str, list[list[int]]] = {"marked": [], "unmarked": [], "hard_negatives": []}
    for issue in issues:
        if issue.duplicate_of is not None:
            kind = "marked" if issue.meta.get("reason") == "duplicate" else "unmarked"
            pairs[kind].append([issue.number, issue.duplicate_of])
        pairs["hard_negatives"] += [sorted((issue.number, other)) for other in issue.hard_negatives]
    return {kind: sorted(found) for kind, found in pairs.items()}


def insert(db: sqlite3.Connection, table: str, row: dict[str, Value]) -> None:
    """Insert one row; columns that it does not name stay NULL."""
    columns, marks = ", ".join(f'"{column}"' for column in row), ", ".join("?" * len(row))
    # Names of tables and columns are this file's own; every value is passed as a parameter.
    db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row.values()))  # noqa: S608


def fill(db: sqlite3.Connection, issues: list[Issue]) -> None:
    """Insert every row, users and labels first, so that each foreign key finds its row."""
    logins = [
        ORG,
        *TIES,
        *(i.meta["author"] for i in issues),
        *(c.author for i in issues for c in i.comments),
    ]
    users = {login: 4100211 + 977 * at for at, login in enumerate(dict.fromkeys(logins))}
    labels = {
        name: 5211010 + at for at, name in enumerate(sorted({label for i in issues for label in i.labels}))
    }
    titles = sorted({i.meta["milestone"] for i in issues if "milestone" in i.meta})
    milestones = {title: 91400 + at for at, title in enumerate(titles)}
    for login, user in users.items():
        kind = "Organization" if login == ORG else "Bot" if login.endswith("[bot]") else "User"
        insert(db, "users", user_row(login, user, kind))
    insert(db, "repos", repo_row(issues, users[ORG]))
    for title, milestone in milestones.items():
        creator = users["hedda"]
        insert(db, "milestones", {"id": milestone, "title": title, "creator": creator, "repo": REPO_ID})
    for name, label in labels.items():
        color, default = LABEL_COLORS.get(name, "ededed"), int(name in LABEL_COLORS)
        url = f"{API}/labels/{name.replace(' ', '%20')}"
        node = f"LA_{label}"
        row: dict[str, Value] = {"id": label, "node_id": node, "url": url, "name": name, "color": color}
        insert(db, "labels", {**row, "default": default})
    n_comments = 0
    for issue in issues:
        row_id = 1600000000 + 1373 * issue.number
        insert(db, "issues", issue_row(issue, row_id, users, milestones))
        for label_name in issue.labels:
            insert(db, "issues_labels", {"labels_id": labels[label_name], "issues_id": row_id})
        for comment in issue.comments:
            n_comments += 1
            insert(
                db,
                "issue_comments",
                comment_row(comment, issue, row_id, 1700000000 + 611 * n_comments, users),
            )


def user_row(login: str, user: int, kind: str) -> dict[str, Value]:
    """Return the row of `users` for one login."""
    return {
        "login": login,
        "id": user,
        "node_id": f"U_{user}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{user}?v=4",
        "gravatar_id": "",
        "html_url": f"https://github.com/{login}",
        "type": kind,
        "user_view_type": "public",
        "site_admin": 0,
        "name": login,
    }


def repo_row(issues: list[Issue], owner: int) -> dict[str, Value]:
    """Return the one row of `repos`."""
    return {
        "id": REPO_ID,
        "node_id": f"R_{REPO_ID}",
        "name": FULL_NAME.split("/")[1],
        "full_name": FULL_NAME,
        "private": 0,
        "owner": owner,
        "html_url": WEB,
        "description": "Self-hosted, end-to-end encrypted file sync and backup",
        "fork": 0,
        "created_at": "2022-11-02T18:20:41Z",
        "updated_at": issues[-1].updated,
        "pushed_at": issues[-1].updated,
        "size": 48211,
        "stargazers_count": 3127,
        "watchers_count": 3127,
        "language": "Rust",
        "has_issues": 1,
        "forks_count": 188,
        "archived": 0,
        "disabled": 0,
        "open_issues_count": sum(issue.meta["state"] == "open" for issue in issues),
        "topics": '["backup", "encryption", "file-sync", "self-hosted"]',
        "visibility": "public",
        "default_branch": "main",
        "organization": owner,
    }


def issue_row(
    issue: Issue, row_id: int, users: dict[str, int], milestones: dict[str, int]
) -> dict[str, Value]:
    """Return the row of `issues` for one issue."""
    meta = issue.meta
    is_pull = meta.get("type") == "pull"
    pull = {"url": f"{API}/pulls/{issue.number}", "html_url": f"{WEB}/pull/{issue.number}"}
    pull["merged_at"] = meta.get("closed", "") if meta.get("reason") == "completed" else ""
    return {
        "id": row_id,
        "node_id": f"{'PR' if is_pull else 'I'}_{row_id}",
        "number": issue.number,
        "title": meta["title"],
        "user": users[meta["author"]],
        "state": meta["state"],
        "locked": 0,
        "milestone": milestones.get(meta.get("milestone", "")),
        "comments": len(issue.comments),
        "created_at": meta["created"],
        "updated_at": issue.updated,
        "closed_at": meta.get("closed"),
        "author_association": TIES.get(meta["author"], "NONE"),
        "type": "pull" if is_pull else "issue",
        "sub_issues_summary": '{"total": 0, "completed": 0, "percent_completed": 0}',
        "body": issue.body or None,
        "reactions": json.dumps({"url": f"{API}/issues/{issue.number}/reactions", "total_count": 0}),
        "state_reason": None if is_pull else meta.get("reason"),
        "repo": REPO_ID,
        "pull_request": json.dumps({**pull, "merged_at": pull["merged_at"] or None}) if is_pull else None,
    }


def comment_row(
    comment: Comment, issue: Issue, row_id: int, comment_id: int, users: dict[str, int]
) -> dict[str, Value]:
    """Return the row of `issue_comments` for one comment."""
    return {
        "html_url": f"{WEB}/issues/{issue.number}#issuecomment-{comment_id}",
        "issue_url": f"{API}/issues/{issue.number}",
        "id": comment_id,
        "node_id": f"IC_{comment_id}",
        "user": users[comment.author],
        "created_at": comment.created,
        "updated_at": comment.created,
        "author_association": TIES.get(comment.author, "NONE"),
        "body": comment.body,
        "reactions": '{"total_count": 0}',
        "issue": row_id,
    }


def build(output: Path, folder: Path = HERE / "issues") -> list[Issue]:
    """Write the tracker at `output`, replacing any existing file, and return its issues by number.

    The same sources give the same bytes with the same SQLite version.
    """
    issues = read_folder(folder)
    fresh = output.with_name(output.name + ".new")
    fresh.unlink(missing_ok=True)
    db = sqlite3.connect(fresh)
    try:
        db.executescript((HERE / "schema.sql").read_text(encoding="utf-8"))
        fill(db, issues)
        db.commit()
        assert not db.execute("PRAGMA foreign_key_check").fetchall()
        db.execute("VACUUM")
    finally:
        db.close()
    fresh.replace(output)
    return issues


def main(argv: list[str]) -> int:
    """Build at the path given, or next to this file; exit code 2 for an invalid source."""
    output = Path(argv[0]) if argv else HERE / "tracker.db"
    try:
        issues = build(output)
    except BadSource as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 2
    pairs = truth(issues)
    lists = [f'  "{kind}": {json.dumps(found)}' for kind, found in pairs.items()]
    output.with_name("truth.json").write_text("{\n" + ",\n".join(lists) + "\n}\n", encoding="utf-8")
    counts = ", ".join(f"{len(found)} {kind}" for kind, found in pairs.items())
    print(f"{output}: {len(issues)} issues; {counts}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
