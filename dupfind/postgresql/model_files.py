"""The files of an index's model in its database, from which readers on other machines copy them once."""

from collections.abc import Iterator
from pathlib import Path

from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import stored_model
from dupfind.encoders.received_model import received_model
from dupfind.errors import EncoderMismatch, ModelError
from dupfind.storage.encoding import Encoding
from dupfind.storage.model_copy import LARGE
from dupfind.storage.store import Store
from dupfind.storage.writer import Writer

STORED = "database"
"""The folder of a model whose files the database holds, in its encoding."""

PIECE = 1 << 20
"""Bytes of a file that are one row, and in memory at once."""


def put_model(writer: Writer, model: ModelFolder) -> str:
    """Store the files of a model unless the database has them, and return the folder for its encoding.

    Of a large model, return its own absolute path, which readers must have, too.
    """
    if model.size >= LARGE:
        return str(model.path.resolve())
    fingerprint = model.fingerprint
    query = "SELECT EXISTS (SELECT 1 FROM model_file WHERE fingerprint = ?)"
    if not writer.one(query, (fingerprint,)):
        with writer.changing():
            writer.connection.executemany(
                "INSERT OR IGNORE INTO model_file (fingerprint, file, piece, content) VALUES (?, ?, ?, ?)",
                (
                    (fingerprint, file, number, piece)
                    for file in model.files
                    for number, piece in enumerate(_pieces(model.path / file))
                ),
            )
    return STORED


def drop_models(writer: Writer, keep: Encoding) -> None:
    """Delete the files of models that the index no longer uses."""
    with writer.changing():
        writer.connection.execute("DELETE FROM model_file WHERE fingerprint <> ?", (keep.model_fingerprint,))


def shared_model(store: Store, encoding: Encoding) -> ModelFolder:
    """Return the model of an index from the user's cache, and copy it there from the database first if it is missing.

    Raises:
        ModelError: It is nowhere, cannot be written, or is not the model that made the index.
        EncoderMismatch: The index was built with a custom encoder, of which there is no copy.
    """
    if encoding.model_folder is None:
        raise EncoderMismatch(
            f"{store.path} was built with the encoder {encoding.model!r}: open it with that encoder"
        )
    if encoding.model_folder != STORED:
        return ModelFolder(Path(encoding.model_folder), encoding.model)
    return stored_model(encoding.model_fingerprint, encoding.model) or _fetched(store, encoding)


def stored_pieces(store: Store, fingerprint: str) -> Iterator[tuple[str, bytes]]:
    """Yield the pieces of a model's files, each with the file's path, one statement a piece.

    Raises:
        ModelError: A piece is missing.
    """
    files = store.connection.execute(
        "SELECT file, max(piece) FROM model_file WHERE fingerprint = ? GROUP BY file ORDER BY file",
        (fingerprint,),
    ).fetchall()
    for file, last in files:
        for piece in range(last + 1):
            row = store.connection.execute(
                "SELECT content FROM model_file WHERE fingerprint = ? AND file = ? AND piece = ?",
                (fingerprint, file, piece),
            ).fetchone()
            if row is None:
                raise ModelError(
                    f"{store.path} lacks a part of the model's file {file!r}: run the same command again, or"
                    " `dupfind index --rebuild --model NAME`"
                )
            yield file, row[0]


def _fetched(store: Store, encoding: Encoding) -> ModelFolder:
    return received_model(
        encoding.model_fingerprint,
        encoding.model,
        stored_pieces(store, encoding.model_fingerprint),
        f"the files in {store.path}",
    )


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield the content of a file in pieces; an empty file has one."""
    with path.open("rb") as file:
        yield file.read(PIECE)
        while piece := file.read(PIECE):
            yield piece
