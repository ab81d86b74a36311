"""Decisions: what people have said of pairs of records, and the file in which a team keeps it (pure but for that file).

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
"""Characters that are kept of who decided, and of why."""


class Side(NamedTuple):
    """One record of a decision: its name, and the fingerprint of the text that was decided on."""

    name: RecordName
    fingerprint: str

    @classmethod
    def of(cls, record: Record) -> Self:
        """A record as it is now; only its title and body make the fingerprint."""
        fingerprint = composition.fingerprint(storable(f"{record.title}\n{record.body}"))
        name = storable(record.source), storable(record.project or ""), storable(record.id)
        return cls(name, fingerprint)


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on two records.

    Attributes:
        first: The one whose name is smaller.
        second: The other.
        answer: One of `ANSWERS`.
        decided: When, UTC.
        who: Whoever that was, in their own words.
        why: The reason they gave; may be empty.
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
        """Decide on two records as they are now, in whichever order.

        Raises:
            ValueError: They are one record, or the answer is none.
        """
        return cls.on(Side.of(first), Side.of(second), answer, decided=decided, who=who, why=why)

    @classmethod
    def on(cls, one: Side, other: Side, answer: str, *, decided: datetime, who: str, why: str = "") -> Self:
        """The same of two sides."""
        if one.name == other.name:
            raise ValueError("a decision is on two records, and these are one")
        if answer not in ANSWERS:
            raise ValueError(f"{_shown(answer)} is no answer, as {', '.join(ANSWERS)} are")
        first, second = sorted((one, other))
        return cls(
            first,
            second,
            answer,
            decided.astimezone(UTC),
            *(storable(said)[:MAX_WORDS] for said in (who, why)),
        )

    @property
    def names(self) -> tuple[RecordName, RecordName]:
        """The names of both, the smaller one first."""
        return self.first.name, self.second.name

    def holds(self, one: Side, other: Side) -> bool:
        """Whether it was made on exactly these two texts."""
        return (self.first, self.second) == tuple(sorted((one, other)))

    def is_of_the_texts_of(self, other: "Decision") -> bool:
        """Whether both were made on the same two texts."""
        return (self.first, self.second) == (other.first, other.second)

    def __str__(self) -> str:
        """As a person says it."""
        one, other = (f"{project}#{id}" if project else id for _, project, id in self.names)
        return f"{self.who or 'somebody'} called {one} and {other} {self.answer} on {self.decided:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Decisions:
    """At most one decision on each pair."""

    _by_names: Mapping[tuple[RecordName, RecordName], Decision] = field(default_factory=dict)

    @classmethod
    def of(cls, decisions: Iterable[Decision]) -> Self:
        """Gather decisions.

        Raises:
            DupfindError: Two contradict each other.
        """
        return cls().merged(decisions)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._by_names)

    def __iter__(self) -> Iterator[Decision]:
        """All of them, in the order of their records' names."""
        return (self._by_names[names] for names in sorted(self._by_names))

    def on(self, first: Record, second: Record) -> Decision | None:
        """What was decided on two records, if both texts are what they were then."""
        one, other = Side.of(first), Side.of(second)
        low, high = sorted((one.name, other.name))
        decision = self._by_names.get((low, high))
        return decision if decision is not None and decision.holds(one, other) else None

    def rejects(self, first: Record, second: Record) -> bool:
        """Whether they were called different, and neither text has changed since."""
        decision = self.on(first, second)
        return decision is not None and decision.answer == DIFFERENT

    def confirms(self, first: Record, second: Record) -> bool:
        """Whether they were called the same, and neither text has changed since."""
        decision = self.on(first, second)
        return decision is not None and decision.answer == SAME

    def merged(self, others: Iterable[Decision], *, newer: bool = False) -> Self:
        """These and others; of two on the same pair, see `standing`.

        Args:
            others: In any order.
            newer: Whether the later of two that contradict each other stands.

        Raises:
            DupfindError: Two contradict each other.
        """
        by_names = dict(self._by_names)
        for other in others:
            mine = by_names.get(other.names)
            stands = other if mine is None else standing(mine, other, newer=newer)
            if stands is None:
                raise DupfindError(f"{mine}, but {other}: let the later word stand with --newer")
            by_names[other.names] = stands
        return type(self)(by_names)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of decisions.

        Raises:
            SourceError: It cannot be read, a line is broken, or contradicts another; the text says which.
        """
        by_names: dict[tuple[RecordName, RecordName], Decision] = {}
        lines: dict[tuple[RecordName, RecordName], int] = {}
        for line, decision in numbered(path):
            mine = by_names.get(decision.names)
            stands = decision if mine is None else standing(mine, decision)
            if stands is None:
                raise SourceError(
                    f"{path}, line {line}: {decision}, but {mine} in line {lines[decision.names]}: keep one of"
                    " the two lines"
                )
            if stands is decision:
                by_names[decision.names], lines[decision.names] = decision, line
        return cls(by_names)

    def text(self) -> str:
        """As a file has them: one a line, in the order of names, so that two branches of a repository merge well."""
        return "".join(json.dumps(_to_json(decision), sort_keys=True) + "\n" for decision in self)


def standing(one: Decision, other: Decision, *, newer: bool = False) -> Decision | None:
    """Which of two decisions on one pair stands, whatever their order; None where they contradict each other.

    A plain answer stands before "unsure", else the later one. Two plain answers on the same texts that differ
    contradict each other, unless the newer is asked for.
    """
    answers = {one.answer, other.answer}
    if not newer and answers == {SAME, DIFFERENT} and one.is_of_the_texts_of(other):
        return None
    return max(one, other, key=_weight)


def _weight(decision: Decision) -> tuple[Any, ...]:
    return (decision.answer != UNSURE, decision.decided, *astuple(decision))


def numbered(path: Path) -> Iterator[tuple[int, Decision]]:
    """Each decision of a file, with the number of its line.

    Raises:
        SourceError: It cannot be read, is too large, or a line is broken.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"{path} is larger than {MAX_BYTES >> 20} MiB: that is no file of decisions")
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, _from_json(json.loads(line))
        except (ValueError, RecursionError) as error:
            is_json = not isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError)
            said = str(error) if is_json else "this is no JSON"
            raise SourceError(f"{path}, line {number}: {said}: see docs/decisions.md") from error


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
        raise ValueError("no decision")
    if value.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"the schema_version is {_shown(value.get('schema_version'))}, not {SCHEMA_VERSION}")
    try:
        decided = datetime.fromisoformat(_text(value, "decided_at"))
        if decided.tzinfo is None:
            raise ValueError
        decided = decided.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"decided_at is {_shown(value.get('decided_at'))}, which is no moment in UTC"
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
        raise ValueError(f"{key!r} is no record")
    project = "" if side.get("project") is None else _text(side, "project")
    return Side((_text(side, "source"), project, _text(side, "id")), _text(side, "fingerprint"))


def _text(value: Mapping[str, Any], key: str) -> str:
    text = value.get(key)
    if not isinstance(text, str):
        raise ValueError(f"{key!r} is no text")
    return storable(text)


def _shown(value: object) -> str:
    return repr(value)[:60]
