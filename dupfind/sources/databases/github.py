"""Read databases of github-to-sqlite: issues of GitHub repositories, and comments that name duplicates."""

from collections.abc import Iterator

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import flag, moment, optional, quantity, state, text, word
from dupfind.sources.databases.comment_rows import comments_by_issue, cut
from dupfind.sources.databases.connection import Database, Tables, group_rows, has
from dupfind.sources.databases.references import Repositories
from dupfind.sources.json_formats.comments import is_duplicate_label, originals_from, originals_of_open


def detect(tables: Tables) -> bool:
    """Return whether these are the tables that github-to-sqlite makes."""
    return has(tables, "issues", "id", "node_id", "number", "state", "title", "body", "repo") and has(
        tables, "repos", "id", "full_name"
    )


def count(database: Database) -> int:
    """Count the issues without pull requests."""
    return database.number(f"SELECT count(*) FROM issues i WHERE {_is_issue(database)}")  # noqa: S608


def read(database: Database) -> Iterator[Record]:
    """Read the issues; comments of an issue closed as a duplicate may name its originals.

    Such an issue has GitHub's reason "duplicate" or, from the time before that reason existed, a label. Comments of an
    open issue with a label count, too, where they name an original in so many words.
    """
    repositories = Repositories(text(name) for (name,) in database.rows("SELECT full_name FROM repos"))
    is_duplicate = _is_duplicate(database, "i")
    body_of_comment, join, order = "NULL, NULL, 0", "", ""
    if has(database.tables, "issue_comments", "id", "issue", "body", "created_at"):
        body_of_comment, order = "c.body, c.created_at, c.is_program", ", c.created_at, c.id"
        join = f"LEFT JOIN ({_comments(database)}) c ON c.on_issue = i.id"
    rows = database.rows(f"""
        SELECT i.id, i.number, i.title, i.body, i.state, {database.column_or_null("issues", "state_reason", "i")},
            CASE WHEN {is_duplicate} THEN 1 ELSE 0 END,
            {database.column_or_null("issues", "created_at", "i")},
            {database.column_or_null("issues", "updated_at", "i")},
            {database.column_or_null("issues", "closed_at", "i")},
            {database.column_or_null("issues", "comments", "i")},
            r.full_name, {database.column_or_null("repos", "html_url", "r")}, {body_of_comment}
        FROM issues i
        LEFT JOIN repos r ON r.id = i.repo
        {join}
        WHERE {_is_issue(database)}
        ORDER BY i.id{order}""")  # noqa: S608 (column names of the schema, quoted)
    with comments_by_issue(database, _written(database)) as comments_of:
        for issue, comments in group_rows(rows, n_own=13):
            id, number, title, body, status, reason, is_marked, created, updated, *more = issue
            closed, n_comments, repository, page = more
            own_ref = Ref(optional(repository), text(number))
            resolve = repositories.reader(own_ref.project)
            said = [Comment(text(written), moment(at), flag(program)) for written, at, program in comments]
            yield Record(
                id=own_ref.id,
                title=text(title),
                body=text(body),
                source=database.source,
                project=own_ref.project,
                state=state(status),
                resolution="duplicate" if is_marked else word(reason),
                created=moment(created),
                updated=moment(updated),
                url=None if optional(page) is None else f"{text(page).rstrip('/')}/issues/{own_ref.id}",
                duplicate_of=originals_from(said, own_ref, resolve, closed=moment(closed), body=text(body))
                if is_marked
                else originals_of_open(said, own_ref, resolve),
                closed=moment(closed),
                n_responses=quantity(n_comments),
                comments=comments_of(id),
            )


def _is_issue(database: Database) -> str:
    """Return SQL that excludes pull requests; the column pull_request exists only where one was stored."""
    kind = database.column_or_null("issues", "type", "i")
    pull = database.column_or_null("issues", "pull_request", "i")
    return f"({kind} IS NULL OR {kind} <> 'pull') AND ({pull} IS NULL OR {pull} = '')"


def _is_duplicate(database: Database, issue: str) -> str:
    """Return SQL for issues closed as duplicates, by GitHub's reason or by a label."""
    by = [f"{database.column_or_null('issues', 'state_reason', issue)} = 'duplicate'"]
    if has(database.tables, "issues_labels", "issues_id", "labels_id") and has(
        database.tables, "labels", "id", "name"
    ):
        labelled = (
            "SELECT b.issues_id FROM issues_labels b JOIN labels l ON l.id = b.labels_id"
            " WHERE lower(l.name) IN ('duplicate', '*duplicate')"
        )
        by.append(f"{issue}.id IN ({labelled})")
    return f"({issue}.state = 'closed' AND ({' OR '.join(by)}))"


def _is_open_duplicate(database: Database, issue: str) -> str:
    """Return SQL for open issues that have a label for duplicates."""
    if not (
        has(database.tables, "issues_labels", "issues_id", "labels_id")
        and has(database.tables, "labels", "id", "name")
    ):
        return "1 = 0"
    labels = database.rows("SELECT id, name FROM labels WHERE lower(name) LIKE '%duplicate%'")
    # Only whole numbers, because they become part of the statement.
    ids = [str(id) for id, name in labels if type(id) is int and is_duplicate_label(text(name))]
    chosen = f"labels_id IN ({', '.join(ids) or 'NULL'})"
    return f"({issue}.state = 'open' AND {issue}.id IN (SELECT issues_id FROM issues_labels WHERE {chosen}))"  # noqa: S608


def _comments(database: Database) -> str:
    """Return SQL for the comments on issues that may be duplicates, with the id of the issue."""
    is_duplicate = f"({_is_duplicate(database, 'd')} OR {_is_open_duplicate(database, 'd')})"
    is_program, users = _is_program(database, "n")
    linked = f"""
        SELECT d.id AS on_issue, n.id, n.created_at, n.body, {is_program} AS is_program
        FROM issue_comments n JOIN issues d ON d.id = n.issue {users}
        WHERE {is_duplicate}"""  # noqa: S608
    if not has(database.tables, "issue_comments", "issue_url"):
        return linked
    # A comment that was stored before its issue has only the API's address of it.
    return f"""{linked}
        UNION ALL
        SELECT d.id, n.id, n.created_at, n.body, {is_program}
        FROM issues d JOIN repos o ON o.id = d.repo CROSS JOIN issue_comments n {users}
        WHERE n.issue IS NULL AND {is_duplicate}
            AND n.issue_url = 'https://api.github.com/repos/' || o.full_name || '/issues/' || d.number"""  # noqa: S608


def _written(database: Database) -> str | None:
    """Return SQL for the comments on all issues."""
    if not has(database.tables, "issue_comments", "id", "issue", "body", "created_at"):
        return None
    is_program, users = _is_program(database, "c")
    return f"""
        SELECT i.id, {cut("c.body")}, c.created_at, 0, {is_program}
        FROM issues i JOIN issue_comments c ON c.issue = i.id {users}
        WHERE c.body <> '' AND {_is_issue(database)}
        ORDER BY i.id, c.created_at, c.id"""  # noqa: S608 (column names of the schema, quoted)


def _is_program(database: Database, comment: str) -> tuple[str, str]:
    """Return SQL for whether a program wrote a comment, and the join that it needs."""
    if has(database.tables, "users", "id", "type") and has(database.tables, "issue_comments", "user"):
        joined = f"LEFT JOIN users u ON u.id = {comment}.{database.quoted('user')}"
        return "CASE WHEN u.type = 'Bot' THEN 1 ELSE 0 END", joined
    return "0", ""
