"""The rows that hold the comments on a record: their words and times, and their words for lookups.

The functions run inside a transaction of the index's only writer, `Writer.changing`.
"""

from collections.abc import Sequence
from hashlib import blake2b

from dupfind.records import Comment
from dupfind.storage.store import Store
from dupfind.storage.word_index import word_index
from dupfind.text.comment_terms import CommentTerms
from dupfind.text.composition import TEXT_VERSION
from dupfind.text.language import is_english
from dupfind.text.search_tokens import search_tokens

_WITH_NAMES = 2  # of the numbers of a comment, which earlier indexes have without names


def fingerprint(comments: Sequence[Comment]) -> str:
    """Return the hash of the kept comments on a record, and of the way in which words are taken; "" without any."""
    if not comments:
        return ""
    parts = repr([TEXT_VERSION, _WITH_NAMES, *((comment.text, comment.at) for comment in comments)])
    return blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def put(store: Store, row_id: int, comments: Sequence[Comment]) -> None:
    """Replace the comments on a row by these, as `kept_comments` returns them."""
    delete(store, [row_id])
    if not comments:
        return
    store.connection.execute(
        "INSERT INTO comment_terms (row_id, times, lengths, words) VALUES (?, ?, ?, ?)",
        (row_id, *CommentTerms.of(comments).to_bytes()),
    )
    text = "\n".join(comment.text for comment in comments if comment.text)
    if text:
        words = " ".join(search_tokens(text, english=is_english(text)))
        word_index(store.connection).add_comments(row_id, words)


def move(store: Store, old_id: int, row_id: int) -> None:
    """Give the comments on a row to the row that replaces it."""
    store.connection.execute("UPDATE comment_terms SET row_id = ? WHERE row_id = ?", (row_id, old_id))
    word_index(store.connection).move_comments(old_id, row_id)


def delete(store: Store, row_ids: Sequence[int]) -> None:
    """Remove the comments on rows."""
    store.connection.executemany(
        "DELETE FROM comment_terms WHERE row_id = ?", ((row_id,) for row_id in row_ids)
    )
    word_index(store.connection).delete_comments(row_ids)
