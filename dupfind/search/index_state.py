"""The state of an index in one read transaction, as a search needs it."""

from dataclasses import dataclass, replace
from typing import Self

from dupfind.search.judging import Judge
from dupfind.search.lexicon import Lexicon
from dupfind.search.ranker_choice import RankerChoice
from dupfind.search.record_facts import RecordFacts
from dupfind.storage.database_url import IndexPlace
from dupfind.storage.encoding import Encoding
from dupfind.storage.model_copy import check_text_version
from dupfind.storage.store import Store
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.language import knows_only_english


@dataclass(frozen=True, slots=True)
class IndexState:
    """The state of an index in one read transaction."""

    store: Store
    facts: RecordFacts
    encoding: Encoding
    boilerplate: Boilerplate
    choice: RankerChoice
    lexicon: Lexicon
    judge: Judge

    @classmethod
    def of(cls, store: Store, folder: IndexPlace, facts: RecordFacts, boilerplate: Boilerplate) -> Self:
        """Read the state of an index.

        Args:
            store: In a read transaction.
            folder: The index, for messages.
            facts: Of that transaction.
            boilerplate: Of all sources.

        Raises:
            StoreError: The index was made by another version of dupfind.
        """
        encoding = store.encoding()
        check_text_version(encoding, folder)
        choice = RankerChoice.of(store, encoding)
        judge = Judge(store, boilerplate, choice.verdicts, knows_only_english(encoding.model))
        return cls(store, facts, encoding, boilerplate, choice, Lexicon(store.connection), judge)

    def in_mode(self, mode: str) -> Self:
        """Return the state with the verdict's model of a mode, one of `verdict.bands.MODES`."""
        choice = self.choice.in_mode(mode)
        return replace(self, choice=choice, judge=replace(self.judge, model=choice.verdicts))
