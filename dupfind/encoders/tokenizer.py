"""Turns texts into token ids, the same ids as sentence-transformers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from dupfind.encoders.model_file import MAX_JSON, check_plain
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.tokenizer_steps import check_steps
from dupfind.errors import DupfindError, ModelError, shortage

Ids = NDArray[np.int32]

# Characters at which every tokenizer ends a word. Not all white space: BERT's drops \v and \f and joins their sides.
_SPACES = (" ", "\t", "\n", "\r")
_INSIDE = "##"  # before a piece inside a word, in WordPiece
_UNKNOWN = ("[UNK]", "<unk>")
_BEYOND_LATIN = "\u0370"
_FEWEST_LETTERS = 3_000  # of a model that knows Chinese; one for English has about 700
_CHARACTERS_A_TOKEN = 16  # real issues have about 4; a text with more is read in growing pieces


class ModelTokenizer:
    """A model's tokenizer with the model's window and without padding."""

    def __init__(self, model: ModelFolder) -> None:
        """Load tokenizer.json.

        Raises:
            ModelError: The file is missing or damaged.
        """
        self._path = model.tokenizer
        try:
            check_plain(self._path, MAX_JSON)
            with library_errors(self._path):
                self._tokenizer = Tokenizer.from_file(str(self._path))
        except OSError as error:
            raise shortage(error) or ModelError(
                f"{self._path} cannot be read ({error.strerror}): fetch the model again"
            ) from error
        check_steps(self._tokenizer.normalizer, self._tokenizer.pre_tokenizer)
        if not self.n_tokens:
            raise ModelError(f"{self._path} has no words: fetch the model again")
        n_rows = model.layout.config.get("vocab_size")
        if not isinstance(
            n_rows, int
        ):  # the model has a table of its own, and ids may have gaps between them
            n_rows = max(self._tokenizer.get_vocab(with_added_tokens=True).values()) + 1
        self._n_rows = n_rows
        self.max_length = model.layout.max_length
        self._prompt = model.layout.prompt
        self._tokenizer.no_padding()
        with library_errors(self._path):
            self._tokenizer.enable_truncation(self.max_length)

    @property
    def n_tokens(self) -> int:
        """Size of the vocabulary, added tokens included."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def ids(self, texts: Sequence[str], parallel: bool = True) -> list[Ids]:
        """Tokenise texts; a literal "[SEP]" becomes the control token, as in sentence-transformers.

        Args:
            texts: Any strings: empty, of any length, with NUL or lone surrogates.
            parallel: Whether all cores may be used.

        Returns:
            The ids of each text, (n,) int32: at least the model's special tokens, at most `max_length`.
        """
        with library_errors(self._path):
            shortened = [self._shorten(self._prompt + well_formed(text)) for text in texts]
            if parallel and len(shortened) > 1:
                # The fast call leaves out offsets, which nothing here reads.
                id_lists = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(shortened)]
            else:
                id_lists = [self._tokenizer.encode(text).ids for text in shortened]
        return [self._checked(ids) for ids in id_lists]

    def _checked(self, ids: Sequence[int]) -> Ids:
        """Return ids as an array, (n,) int32; each is that of a row of the model's table of words."""
        highest = max(ids, default=0)
        if highest >= self._n_rows:
            raise ModelError(
                f"{self._path} has the id {highest}, but the model has {self._n_rows} words: the files do not match"
            )
        return np.array(ids, dtype=np.int32)

    def unknown_shares(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the share of each text's pieces that the model does not know, (n,), 0 to 1.

        Those are the unknown piece, and single letters inside a word: the rest of a word that has no piece of its own.
        In a vocabulary with few words beyond Latin script, as of a model for English, so are its single letters there.
        """
        shares = np.zeros(len(texts))
        for place, ids in enumerate(self.ids(texts)):
            pieces = ids[1:-1]  # without the special tokens at both ends
            known = pieces[pieces < self.n_tokens]  # ids may have gaps between them
            shares[place] = self._is_unknown[known].mean() if len(known) else 0.0
        return shares

    @cached_property
    def _is_unknown(self) -> NDArray[np.bool_]:
        """(n_tokens,) whether each piece says nothing about its word."""
        unknown = np.zeros(self.n_tokens, dtype=np.bool_)
        pieces = self._tokenizer.get_vocab(with_added_tokens=True)
        letters = [
            piece for piece in pieces if len(piece) == 1 and piece >= _BEYOND_LATIN and piece.isalpha()
        ]
        for piece, number in pieces.items():
            is_letter = len(piece) == len(_INSIDE) + 1 and piece.startswith(_INSIDE) and piece[-1].isalpha()
            if number < len(unknown):
                unknown[number] = is_letter or piece in _UNKNOWN
        if len(letters) < _FEWEST_LETTERS:
            unknown[[pieces[piece] for piece in letters if pieces[piece] < len(unknown)]] = True
        return unknown

    def _shorten(self, text: str) -> str:
        """Cut a long text without changing its ids, so that a megabyte does not take a second.

        A piece that ends before a space has the first tokens of the whole text. Once they fill the window, the
        rest has no effect. Until then a longer piece is tried: a megabyte of spaces has only two tokens, so it is
        read to its end, in a tenth of a second.
        """
        length = self.max_length * _CHARACTERS_A_TOKEN
        while length < len(text):
            end = max(text.rfind(space, 0, length) for space in _SPACES)
            if end > 0 and len(self._tokenizer.encode(text[:end])) == self.max_length:
                return text[:end]
            length *= 4
        return text


@contextmanager
def library_errors(path: Path) -> Iterator[None]:
    """Turn the errors of a library into ours; `tokenizers` raises bare Exception, and where it panics no Exception.

    Args:
        path: What the library reads.

    Raises:
        ModelError: The library failed.
    """
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit, SystemExit, MemoryError, DupfindError):
        raise
    except BaseException as error:
        reason = str(error).strip().partition("\n")[0]
        raise shortage(error) or ModelError(
            f"{path} cannot be used ({reason}): fetch the model again"
        ) from error


def well_formed(text: str) -> str:
    """Join surrogate pairs, and replace lone surrogates by U+FFFD: no tokenizer and no database accepts them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
