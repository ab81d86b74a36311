"""Texts to token ids, the same ids that sentence-transformers would give."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import ModelError

Ids = NDArray[np.int32]

# Where every tokenizer ends a word. Not all white space: BERT's drops \v and \f, joining what they part.
_SPACES = (" ", "\t", "\n", "\r")
_CHARACTERS_A_TOKEN = 16  # real issues have some 4; a text that has more is read in growing pieces


class ModelTokenizer:
    """A model's tokenizer with the model's window, and without the padding that its file asks for."""

    def __init__(self, model: ModelFolder) -> None:
        """Load tokenizer.json.

        Raises:
            ModelError: The folder has none, or it is damaged.
        """
        try:
            self._tokenizer = Tokenizer.from_file(str(model.tokenizer))
        except Exception as error:  # the library raises bare Exception
            raise ModelError(f"{model.tokenizer} cannot be read ({error}): fetch the model again") from error
        self.max_length = model.layout.max_length
        self._prompt = model.layout.prompt
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.max_length)

    @property
    def n_known(self) -> int:
        """How many tokens there are."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def ids(self, texts: Sequence[str], parallel: bool = True) -> list[Ids]:
        """Tokenise texts; a literal "[SEP]" in one becomes the control token, as with the original.

        Args:
            texts: Any strings: empty, of any length, with NUL or lone surrogates.
            parallel: Whether all cores may be used.

        Returns:
            For each text its ids, int32, at least the model's special tokens and at most `max_length`.
        """
        whole = [self._shorten(self._prompt + well_formed(text)) for text in texts]
        if parallel and len(whole) > 1:
            found = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(whole)]
        else:
            found = [self._tokenizer.encode(text).ids for text in whole]
        return [np.array(ids, dtype=np.int32) for ids in found]

    def _shorten(self, text: str) -> str:
        """Cut what cannot reach the window, leaving the ids as they are, so that a megabyte costs no second.

        A piece that ends before a space has the tokens that the whole begins with; once they fill the window,
        the rest has no say. A longer piece is tried where they do not: a megabyte of spaces has two tokens,
        so no number of characters is enough, and it is read to its end, in a tenth of a second.
        """
        length = self.max_length * _CHARACTERS_A_TOKEN
        while length < len(text):
            end = max(text.rfind(space, 0, length) for space in _SPACES)
            if end > 0 and len(self._tokenizer.encode(text[:end])) == self.max_length:
                return text[:end]
            length *= 4
        return text


def well_formed(text: str) -> str:
    """Join surrogate pairs and put U+FFFD for lone ones, which no tokenizer and no database takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
