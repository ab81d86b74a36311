"""Add the fingerprint of the whole text, the time of closing, and counts of children and responses."""

import hashlib
import re
import unicodedata

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    # Of title and body before they were cut; "" for a text without a word, and where it is not known yet.
    "ALTER TABLE record ADD COLUMN text_fingerprint TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE record ADD COLUMN closed TEXT",
    "ALTER TABLE record ADD COLUMN n_children INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE record ADD COLUMN n_responses INTEGER NOT NULL DEFAULT 0",
    # The newest run of each source is looked up with every query.
    "CREATE INDEX run_source ON run (source_id)",
)
# The longest title and body that were stored; longer ones were cut, and one of this length may have been.
MAX_TITLE = 2_000
MAX_BODY = 200_000
BATCH = 256


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    fill_text_fingerprints()
    op.execute("PRAGMA user_version = 4")


def fill_text_fingerprints() -> None:
    connection = op.get_bind()
    last = -1
    while True:
        rows = connection.exec_driver_sql(
            "SELECT row_id, title, body FROM record WHERE row_id > ? AND died IS NULL"
            " AND length(title) < ? AND length(body) < ? ORDER BY row_id LIMIT ?",
            (last, MAX_TITLE, MAX_BODY, BATCH),
        ).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        for row_id, title, body in rows:
            connection.exec_driver_sql(
                "UPDATE record SET text_fingerprint = ? WHERE row_id = ?",
                (text_fingerprint(title, body), row_id),
            )


def text_fingerprint(title: str, body: str) -> str:
    text = " ".join(f"{title}\n{body}".split())
    if not text.isascii():
        text = unicodedata.normalize("NFC", re.sub("[^\x00-\u02ff]{31,}", stream_safe, text))
    if not any(map(str.isalnum, text)):
        return ""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def stream_safe(run: re.Match[str]) -> str:
    characters = []
    n_combining = 0
    for character in run[0]:
        n_combining = n_combining + 1 if unicodedata.combining(character) else 0
        if n_combining > 30:
            characters.append("\u034f")
            n_combining = 1
        characters.append(character)
    return "".join(characters)
