"""The decisions of people on pairs of records, and the file in which a team keeps them.

`docs/decisions.md` describes the file.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from dupfind.errors import DupfindError, SourceError
from dupfind.records import Record, RecordName, storable
from dupfind.text import composition

SAME, DIFFERENT, UNSURE = "same", "different", "unsure"
ANSWERS = (SAME, DIFFERENT, UNSURE)

SCHEMA_VERSION = 1

MAX_BYTES = 64 << 20
"""Size of the largest file that is read: some hundred thousand decisions."""

MAX_WORDS = 2_000
"""Characters that a decision keeps of its author and of its reason."""


class Side(NamedTuple):
    """One record of a decision: its name, and the fingerprint of its text at that time."""

    name: RecordName
    fingerprint: str

    @classmethod
    def of(cls, record: Record) -> Self:
        """Take a record as it is now; only its title and body go into the fingerprint."""
        fingerprint = composition.fingerprint(storable(f"{record.title}\n{record.body}"))
        return cls(_stored_name(record), fingerprint)


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's answer about two records.

    Attributes:
        first: The record with the smaller name.
        second: The other record.
        answer: One of `ANSWERS`.
        decided: Time of the decision, UTC.
        who: The person's own name for themselves.
        why: The reason; may be empty.
    """

    first: Side
    second: Side
    answer: str
    decided: datetime
    who: str
    why: str = ""

    @classmethod
    def of(
        cls, first: Record, second: Record, answer: str, *, decided: datetime, who: str, why: str = ""
    ) -> Self:
        """Decide on two records as they are now, in any order.

        Raises:
            ValueError: Both are the same record, or the answer is not one of `ANSWERS`.
        """
        return cls.on(Side.of(first), Side.of(second), answer, decided=decided, who=who, why=why)

    @classmethod
    def on(cls, one: Side, other: Side, answer: str, *, decided: datetime, who: str, why: str = "") -> Self:
        """Decide on two sides, in any order.

        Raises:
            ValueError: Both are the same record, or the answer is not one of `ANSWERS`.
        """
        if one.name == other.name:
            raise ValueError("a decision needs two records, and both are the same")
        if answer not in ANSWERS:
            raise ValueError(f"the answer {_short(answer)} is not one of {', '.join(ANSWERS)}")
        first, second = sorted((one, other))
        return cls(
            first,
            second,
            answer,
            decided.astimezone(UTC),
            *(storable(text)[:MAX_WORDS] for text in (who, why)),
        )

    @property
    def names(self) -> tuple[RecordName, RecordName]:
        """The names of both records, the smaller first."""
        return self.first.name, self.second.name

    def holds(self, one: Side, other: Side) -> bool:
        """Return whether it was made on exactly these two texts."""
        return (self.first, self.second) == tuple(sorted((one, other)))

    def is_of_the_texts_of(self, other: "Decision") -> bool:
        """Return whether both decisions were made on the same two texts."""
        return (self.first, self.second) == (other.first, other.second)

    def __str__(self) -> str:
        """Return it as a sentence."""
        one, other = (f"{project}#{id}" if project else id for _, project, id in self.names)
        return f"{self.who or 'somebody'} called {one} and {other} {self.answer} on {self.decided:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Decisions:
    """A set of decisions, at most one for each pair."""

    _by_names: Mapping[tuple[RecordName, RecordName], Decision] = field(default_factory=dict)

    @classmethod
    def of(cls, decisions: Iterable[Decision]) -> Self:
        """Collect decisions, in any order.

        Raises:
            DupfindError: Two decisions contradict each other.
        """
        return cls().merged(decisions)

    def __len__(self) -> int:
        """Return the number of decisions."""
        return len(self._by_names)

    def __iter__(self) -> Iterator[Decision]:
        """Iterate in the order of the records' names."""
        return (self._by_names[names] for names in sorted(self._by_names))

    def on(self, first: Record, second: Record) -> Decision | None:
        """Return the decision on two records; None if there is no decision or a text has changed since."""
        if not self._by_names:
            return None
        low, high = sorted((_stored_name(first), _stored_name(second)))
        decision = self._by_names.get((low, high))
        # Only a pair with a decision pays for the fingerprints of its texts.
        return decision if decision is not None and decision.holds(Side.of(first), Side.of(second)) else None

    def rejects(self, first: Record, second: Record) -> bool:
        """Return whether two records were called different, and neither text has changed since."""
        decision = self.on(first, second)
        return decision is not None and decision.answer == DIFFERENT

    def merged(self, others: Iterable[Decision], *, newer: bool = False) -> Self:
        """Return these decisions and others. `standing` chooses between two on the same pair.

        Args:
            others: In any order.
            newer: On conflict, keep the newer decision.

        Raises:
            DupfindError: Two decisions contradict each other.
        """
        by_names = dict(self._by_names)
        for other in others:
            mine = by_names.get(other.names)
            stands = other if mine is None else standing(mine, other, newer=newer)
            if stands is None:
                raise DupfindError(f"{mine}, but {other}: pass --newer to keep the newer decision")
            by_names[other.names] = stands
        return type(self)(by_names)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of decisions.

        Raises:
            SourceError: It cannot be read, a line is invalid, or two lines contradict each other; the message has the
                line number.
        """
        by_names: dict[tuple[RecordName, RecordName], Decision] = {}
        lines: dict[tuple[RecordName, RecordName], int] = {}
        for line, decision in numbered(path):
            mine = by_names.get(decision.names)
            stands = decision if mine is None else standing(mine, decision)
            if stands is None:
                raise SourceError(
                    f"{path}, line {line}: {decision}, but {mine} in line {lines[decision.names]}: delete one"
                    " of the two lines"
                )
            if stands is decision:
                by_names[decision.names], lines[decision.names] = decision, line
        return cls(by_names)

    def text(self) -> str:
        """Return the content of a file: one decision per line, ordered by names, so that git merges branches well."""
        return "".join(json.dumps(_to_json(decision), sort_keys=True) + "\n" for decision in self)


def _stored_name(record: Record) -> RecordName:
    """Return source, project and id of a record, as the database stores them."""
    return storable(record.source), storable(record.project or ""), storable(record.id)


def standing(one: Decision, other: Decision, *, newer: bool = False) -> Decision | None:
    """Return which of two decisions on one pair stands, in any order; None if they contradict each other.

    "same" and "different" win over "unsure"; otherwise the newer decision stands. "same" and "different" on the same
    texts contradict each other, unless `newer` is set.
    """
    answers = {one.answer, other.answer}
    if not newer and answers == {SAME, DIFFERENT} and one.is_of_the_texts_of(other):
        return None
    return max(one, other, key=_weight)


def _weight(decision: Decision) -> tuple[Any, ...]:
    return (decision.answer != UNSURE, decision.decided, *astuple(decision))


def numbered(path: Path) -> Iterator[tuple[int, Decision]]:
    """Yield each decision of a file, with its line number.

    Raises:
        SourceError: The file cannot be read or is too large, or a line is invalid.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # a pipe or a device has no size
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror})") from error
    if len(data) > MAX_BYTES:
        raise SourceError(
            f"{path} is larger than {MAX_BYTES >> 20} MiB, the limit for a file of decisions: split it"
        )
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield number, _from_json(json.loads(line))
        except (ValueError, RecursionError) as error:
            is_json = not isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError)
            problem = str(error) if is_json else "this is not valid JSON"
            raise SourceError(f"{path}, line {number}: {problem}: see docs/decisions.md") from error


def _to_json(decision: Decision) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "first": _side_to_json(decision.first),
        "second": _side_to_json(decision.second),
        "answer": decision.answer,
        "decided_at": decision.decided.isoformat().replace("+00:00", "Z"),
        "who": decision.who,
        "why": decision.why,
    }


def _side_to_json(side: Side) -> dict[str, Any]:
    source, project, id = side.name
    return {"source": source, "project": project or None, "id": id, "fingerprint": side.fingerprint}


def _from_json(value: Any) -> Decision:
    if not isinstance(value, dict):
        raise ValueError("this is not a JSON object")
    if value.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"the schema_version is {_short(value.get('schema_version'))}, not {SCHEMA_VERSION}")
    try:
        decided = datetime.fromisoformat(_text(value, "decided_at"))
        if decided.tzinfo is None:
            raise ValueError
        decided = decided.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"decided_at is {_short(value.get('decided_at'))}, not a time in UTC such as 2025-01-31T09:30:00Z"
        ) from None
    return Decision.on(
        _side(value, "first"),
        _side(value, "second"),
        _text(value, "answer"),
        decided=decided,
        who=_text(value, "who"),
        why=_text(value, "why"),
    )


def _side(value: Mapping[str, Any], key: str) -> Side:
    side = value.get(key)
    if not isinstance(side, dict):
        raise ValueError(f"{key!r} is not a record")
    project = "" if side.get("project") is None else _text(side, "project")
    return Side((_text(side, "source"), project, _text(side, "id")), _text(side, "fingerprint"))


def _text(value: Mapping[str, Any], key: str) -> str:
    text = value.get(key)
    if not isinstance(text, str):
        raise ValueError(f"{key!r} is not a string")
    return storable(text)


def _short(value: object) -> str:
    return repr(value)[:60]
