"""The model with which a writer encodes the texts of records."""

from collections.abc import Callable, Sequence

from dupfind.collection.model_files import ModelFiles
from dupfind.encoders.encoder import encode_in_company
from dupfind.encoders.load import Encoder, load_encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.weights import INDEX_MODEL, find_model, is_folder
from dupfind.search.query_model import QueryModel
from dupfind.storage.database_url import IndexPlace
from dupfind.storage.encoding import Encoding
from dupfind.storage.model_copy import (
    SHARED,
    check_model,
    check_text_version,
    encoding_of,
    verify_model,
)
from dupfind.storage.writer import Writer
from dupfind.vectors.base import Vectors

_FEW = 32
"""Texts up to which the numpy engine is faster than the import of torch, a second and more."""


class WriterModel:
    """Encodes the texts of records: by the index's model, by another one for a rebuild, or by the caller's encoder."""

    def __init__(
        self,
        writer: Writer,
        place: IndexPlace,
        files: ModelFiles,
        queries: QueryModel,
        *,
        name: str | None,
        encoder: Encoder | None,
        is_portable: bool = False,
    ) -> None:
        """Hold the choice of a model; nothing is loaded yet.

        Args:
            writer: The index's database.
            place: The index, for messages.
            files: The files of its models.
            queries: Encodes a few texts, in the engine that starts fastest.
            name: Name or path of the model that the caller chose; None for the index's.
            encoder: The caller's own encoder, in place of a model.
            is_portable: Whether the model is copied into the index.
        """
        self._writer = writer
        self._place = place
        self._files = files
        self._queries = queries
        self._name = name
        self._encoder = encoder
        self._is_portable = is_portable
        self._bulk = encoder

    def encoding(self) -> Encoding:
        """Return the current encoding; in a new index, add that of the chosen model.

        Raises:
            EncoderMismatch: The index was made by another text version, or another writer has just chosen a model.
            ModelError: The model cannot be found or is damaged.
        """
        encoding = self._writer.current_encoding()
        if encoding is not None:
            check_text_version(encoding, self._place)
            if self._is_portable and encoding.model_folder == SHARED:
                model = self._files.find(encoding)
                verify_model(encoding, model)
                self._writer.place_model(encoding.id, self._files.put(model, is_copied=True))
                encoding = self._writer.encoding()
            return encoding
        if self._encoder is not None:
            target = encoding_of(self._encoder.name, self._encoder.fingerprint, self._encoder.dim, None)
        else:
            model = find_model(self._name or INDEX_MODEL)
            dim = load_encoder(model, engine="quick").dim
            target = encoding_of(model.name, model.fingerprint, dim, self._put(model))
        encoding = self._writer.add_encoding(target, is_current=True)
        check_model(encoding, target.model, target.model_fingerprint, self._place)
        return encoding

    def target(self, old: Encoding) -> Encoding:
        """Return the encoding of a rebuild, with id 0, and load its model.

        Args:
            old: The current one, whose model serves where the caller chose none.

        Raises:
            ModelError: The model cannot be found or is damaged.
        """
        if self._encoder is not None:
            return encoding_of(self._encoder.name, self._encoder.fingerprint, self._encoder.dim, None)
        model = self._files.find(old) if self._name is None else find_model(self._name)
        self._bulk = load_encoder(model)
        is_copy = self._name is None and old.model_folder != SHARED  # a copy stays a copy
        return encoding_of(model.name, model.fingerprint, self._bulk.dim, self._put(model, is_copied=is_copy))

    def encode(self, encoding: Encoding, texts: Sequence[str], progress: Callable[[int], None]) -> Vectors:
        """Return the vectors of texts, (n, dim) float32, rows of unit length.

        Args:
            encoding: The current one, or that of a rebuild.
            texts: At least one.
            progress: Called with the number of texts that each step finished.

        Raises:
            ModelError: The model is gone or damaged.
        """
        if self._bulk is None:
            model = self._files.find(encoding)  # `queries` downloads none
            if len(texts) <= _FEW:
                vectors = encode_in_company(self._queries.encoder(encoding), texts)
                self._queries.verify(encoding)
                progress(len(texts))
                return vectors
            verify_model(encoding, model)
            self._bulk = load_encoder(model)
        return encode_in_company(self._bulk, texts, progress)

    def verified(self) -> ModelFolder:
        """As `WritableCollection.verified_model`."""
        encoding = self.encoding()
        model = self._files.find(encoding)
        verify_model(encoding, model)
        return model

    def drop_others(self, keep: Encoding) -> None:
        """Delete the files of models that the index no longer uses."""
        self._files.drop(keep)

    def _put(self, model: ModelFolder, *, is_copied: bool = False) -> str:
        """Store a model; one that is named by its folder is copied, since other machines do not find it by its name."""
        is_named_folder = self._name is not None and is_folder(self._name)
        return self._files.put(model, is_copied=self._is_portable or is_copied or is_named_folder)


def check_choice(writer: Writer, place: IndexPlace, model: str | None, encoder: Encoder | None) -> None:
    """Refuse a model or an encoder other than the one that built an index; a new index takes any.

    Raises:
        EncoderMismatch: It is another one.
        ModelError: The model cannot be found or is damaged.
    """
    with writer.watching():
        encoding = writer.current_encoding()
        if encoding is not None and encoder is not None:
            check_model(encoding, encoder.name, encoder.fingerprint, place)
        elif encoding is not None and model is not None:
            other = find_model(model)
            check_model(encoding, other.name, other.fingerprint, place)
