"""What a divided run has to know of a whole source: a hash of its content, and its boilerplate."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

import numpy as np

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.storage.stored_form import stored_form
from dupfind.text.boilerplate import LEAST, Boilerplate, least_count
from dupfind.text.composition import record_keys
from dupfind.text.line_keys import hashes, key_hash


class SourceTally:
    """Counts the lines of a source's records in order of reading; of one name, the state that an index keeps counts.

    About 200 bytes a record, and 8 for each of its lines, are in memory.

    Attributes:
        n_records: Records that were read.
    """

    def __init__(self) -> None:
        """Start with no records."""
        self.n_records = 0
        self._digest = sha256()
        self._newest: dict[Ref, tuple[datetime | None, bytes]] = {}
        self._n_with: dict[int, int] = {}
        self._frequent: dict[int, str] = {}

    def add(self, line: bytes, whole: Record) -> Record:
        """Count a record.

        Args:
            line: The record, from `record_line`.
            whole: The record.

        Returns:
            Its stored form.

        Raises:
            SourceError: It has no id.
        """
        self.n_records += 1
        self._digest.update(line + b"\n")
        record = stored_form(whole)
        if not record.id.strip():
            raise SourceError(
                f"record {self.n_records} of the source has no id (title {record.title[:60]!r})"
            )
        before, keys_before = self._newest.get(record.ref, (None, b""))
        if record.updated is not None and before is not None and record.updated < before:
            return record  # an index keeps the newer state
        keys = record_keys(record)
        packed = hashes(keys)
        self._newest[record.ref] = record.updated, packed
        for number in np.frombuffer(keys_before, dtype="<u8").tolist():
            self._n_with[number] -= 1
        for number in np.frombuffer(packed, dtype="<u8").tolist():
            self._n_with[number] = self._n_with.get(number, 0) + 1
        self._keep(keys)
        return record

    def _keep(self, keys: Iterable[str]) -> None:
        """Keep the texts of lines that may become boilerplate: only here they are at hand."""
        for key in keys:
            number = key_hash(key)
            if self._n_with[number] >= LEAST:
                self._frequent[number] = key

    @property
    def content(self) -> str:
        """The SHA-256 of all records in their order, as hex."""
        return self._digest.hexdigest()

    def boilerplate(self) -> Boilerplate:
        """Return the boilerplate that an index of these records learns."""
        enough = least_count(len(self._newest))
        return Boilerplate(
            dict(
                sorted(
                    (key, self._n_with[number])
                    for number, key in self._frequent.items()
                    if self._n_with[number] >= enough
                )
            )
        )
