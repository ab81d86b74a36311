"""Learns the boilerplate of a source: during a run from what is read, and at its end from all live records."""

from collections.abc import Collection

from dupfind.storage.line_rows import SourceLines
from dupfind.storage.writer import Writer
from dupfind.text.boilerplate import Boilerplate, LineCounter, least_count
from dupfind.text.composition import record_keys
from dupfind.text.line_keys import key_hash


class RunBoilerplate:
    """The boilerplate with which a run composes its records, as long as it has not read all of them.

    The stored boilerplate serves until the run has read more new texts than the source had records before. One that
    is known beforehand serves for the whole run.
    """

    def __init__(self, writer: Writer, source_id: int, known: Boilerplate | None = None) -> None:
        """Start with the source's stored boilerplate, or replace it by the one that is known."""
        self._writer = writer
        self._source_id = source_id
        self._n_before = len(writer.rows_of(source_id))
        self._counter = LineCounter()
        self._is_known = known is not None
        if known is not None:
            writer.replace_boilerplate(source_id, known)
        self._present = writer.boilerplate(source_id)

    def add(self, keys: Collection[str]) -> None:
        """Count a new text of the run, by its `record_keys`."""
        if not self._is_known:
            self._counter.add(keys)

    def present(self) -> Boilerplate:
        """Return the best guess so far, and store it where it is another, so that queries are composed alike."""
        if self._counter.n_records > self._n_before:
            guess = self._counter.boilerplate()
            if guess.n_records.keys() != self._present.n_records.keys():
                self._writer.replace_boilerplate(self._source_id, guess)
                self._present = guess
        return self._present


def learn(writer: Writer, source_id: int, lines: SourceLines) -> Boilerplate:
    """Learn a source's boilerplate from all of its live records, store it and return it.

    It follows from the set of these records alone: not from their order, nor from earlier runs.

    Args:
        writer: The index's only writer.
        source_id: The source.
        lines: The lines of its records; those of unknown rows are read from the records.
    """
    n_unknown = len(lines.unknown)
    enough = least_count(len(lines.row_ids) + n_unknown)
    counts = lines.counts(enough - n_unknown)  # a rarer line cannot become boilerplate
    keys = {key_hash(key): key for key in writer.boilerplate(source_id).n_records}
    for row_id in lines.unknown.tolist():
        for record in writer.records([row_id]).values():
            for key in record_keys(record):
                number = key_hash(key)
                keys[number] = key
                counts[number] = counts.get(number, 0) + 1
    frequent = {number: count for number, count in counts.items() if count >= enough}
    for number in frequent:
        if number not in keys:
            for record in writer.records([lines.with_line(number)]).values():
                keys.update((key_hash(key), key) for key in record_keys(record))
    boilerplate = Boilerplate(dict(sorted((keys[number], count) for number, count in frequent.items())))
    writer.replace_boilerplate(source_id, boilerplate)
    return boilerplate
