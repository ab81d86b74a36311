"""The results of a check: the issues that a new issue may duplicate, as values and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from dupfind.json_output import SCHEMA_VERSION, hit_fields
from dupfind.records import Record
from dupfind.results import Difference, Hit
from dupfind.tables.arrow_table import FLAG, NUMBER, TEXT, WHOLE
from dupfind.tables.result_list import ResultList
from dupfind.verdict.bands import VERDICTS


@dataclass(frozen=True, slots=True)
class CheckMatch:
    """An issue that a new issue may duplicate.

    Attributes:
        hit: The issue and its similarity.
        is_new: Whether it is one of the issues that were checked together.
        why: The words that both share and the facts that differ; "" where they share none.
        file: The file of an issue that is neither new nor indexed; None for other issues.
    """

    hit: Hit
    is_new: bool
    why: str
    file: str | None = None

    @property
    def is_indexed(self) -> bool:
        """Whether the index has the issue."""
        return not self.is_new and self.file is None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check for one new issue.

    Attributes:
        record: The new issue.
        is_judged: Whether its text is long enough for a verdict.
        originals: The issues that it may duplicate, likeliest first.
    """

    record: Record
    is_judged: bool
    originals: tuple[CheckMatch, ...]

    @property
    def verdict(self) -> str | None:
        """The surest verdict on any of its originals: "likely", "possible" or None."""
        verdicts = {original.hit.verdict for original in self.originals}
        return next((verdict for verdict in VERDICTS if verdict in verdicts), None)


class CheckResults(ResultList[CheckResult]):
    """The results of a check, one per new issue: a list that has `to_dicts`, `to_arrow` and a table for notebooks."""

    KINDS: ClassVar = {
        "issue": WHOLE,
        "id": TEXT,
        "title": TEXT,
        "verdict": TEXT,
        "original_id": TEXT,
        "original_title": TEXT,
        "original_source": TEXT,
        "original_project": TEXT,
        "original_state": TEXT,
        "score": NUMBER,
        "probability": NUMBER,
        "kind": TEXT,
        "why": TEXT,
        "is_new": FLAG,
        "url": TEXT,
    }

    def rows(self) -> Iterator[dict[str, Any]]:
        """As `ResultList.rows`: a row for each original; an issue without one has a row with empty cells."""
        for number, result in enumerate(self):
            record = result.record
            issue = {"issue": number, "id": record.id or None, "title": record.title}
            for original in result.originals:
                hit = original.hit
                yield {
                    **issue,
                    "verdict": hit.verdict,
                    "original_id": hit.id,
                    "original_title": hit.title,
                    "original_source": hit.source,
                    "original_project": hit.project,
                    "original_state": hit.state,
                    "score": hit.score,
                    "probability": hit.probability,
                    "kind": hit.kind,
                    "why": original.why,
                    "is_new": original.is_new,
                    "url": hit.url,
                }
            if not result.originals:
                yield {**dict.fromkeys(self.KINDS), **issue}

    def caption(self) -> str:
        """As `ResultList.caption`."""
        n_flagged = sum(result.verdict is not None for result in self)
        return f"{len(self):,} issue{'s' * (len(self) != 1)} checked, {n_flagged:,} with a verdict"


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """The results of one check, and the index that they come from.

    Attributes:
        index: `Collection.summary`.
        calibration: The origin of the verdicts: "own", "shipped", or None where no verdict is possible.
        results: One per new issue, in the order of the issues.
    """

    index: Mapping[str, Any] | None
    calibration: str | None
    results: Sequence[CheckResult]

    def document(self) -> dict[str, Any]:
        """Return the JSON of `dupfind check --json`, without the place of each issue."""
        return {
            "schema_version": SCHEMA_VERSION,
            "index": None if self.index is None else dict(self.index),
            "calibration": self.calibration,
            "findings": [fields(result) for result in self.results],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], records: Sequence[Record]) -> Self:
        """Read the JSON that `document` returned.

        Args:
            document: Parsed JSON.
            records: The new issues, in the order of the findings.
        """
        results = [
            _result(record, finding) for record, finding in zip(records, document["findings"], strict=True)
        ]
        return cls(document["index"], document["calibration"], results)


def fields(result: CheckResult) -> dict[str, Any]:
    """Return the JSON of one result."""
    record = result.record
    return {
        "id": record.id,
        "source": record.source,
        "project": record.project,
        "title": record.title,
        "judged": result.is_judged,
        "verdict": result.verdict,
        "originals": [
            hit_fields(original.hit, fold=True)
            | {
                "new": original.is_new,
                "indexed": original.is_indexed,
                "file": original.file,
                "why": original.why,
            }
            for original in result.originals
        ],
    }


def _result(record: Record, finding: Mapping[str, Any]) -> CheckResult:
    originals = tuple(
        CheckMatch(_hit(original), original["new"], original["why"], original["file"])
        for original in finding["originals"]
    )
    return CheckResult(record, finding["judged"], originals)


def _hit(original: Mapping[str, Any]) -> Hit:
    """Read a hit that `hit_fields` wrote with its folded ids."""
    return Hit(
        rank=original["rank"],
        id=original["id"],
        source=original["source"],
        project=original["project"],
        title=original["title"],
        state=original["state"],
        url=original["url"],
        created=_time(original["created_at"]),
        score=original["score"],
        lexical=original["lexical"],
        probability=original["probability"],
        verdict=original["verdict"],
        duplicate_of=original["duplicate_of"],
        folded=tuple(original["folded"]),
        resolution=original["resolution"],
        closed=_time(original["closed_at"]),
        kind=original["kind"],
        difference=_difference(original["difference"]),
    )


def _difference(shown: Mapping[str, str] | None) -> Difference | None:
    return None if shown is None else Difference(shown["kind"], shown["asked"], shown["found"])


def _time(shown: str | None) -> datetime | None:
    return None if shown is None else datetime.fromisoformat(shown)
