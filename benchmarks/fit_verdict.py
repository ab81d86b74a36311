"""Fit the verdict that dupfind comes with for a model, and write its file in dupfind/verdict.

The evidence is weighed by the marks of two parts that the model has not learned from. Pairs that the rules call copies,
siblings or series are left out. A level begins at the logit that a share of a tracker's issues reaches, as in an index.
What each level of the probability means is then read off the judged pairs
(`judged/guide.md`), each part counting the same; openoffice is left out, because its issues were chosen by their marks.
For each tracker the calibration error is that of levels from the other trackers alone.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from common import DATA, ROOT, emit, indexed
from judged_pairs import DUPLICATES, JudgedPair, judged_pairs
from numpy.typing import NDArray
from quality import TRAIN

from dupfind.collection.collection import Collection
from dupfind.dedup.tracker_edges import best_logits, edges_at, n_measured
from dupfind.encoders.low_rank import MINILM_ISSUES
from dupfind.evaluation.history import History
from dupfind.ranking.fit import fit_isotonic, fit_nonnegative
from dupfind.ranking.ranker import shipped
from dupfind.records import Record
from dupfind.storage.same_texts import times_of_texts
from dupfind.text.composition import TEXT_VERSION
from dupfind.text.fingerprint import text_fingerprint
from dupfind.verdict import evidence
from dupfind.verdict.model import SHIPPED, VerdictModel, shipped_verdicts
from dupfind.verdict.recurring import is_recurring
from dupfind.verdict.relation import relation

SHARES = (0.17, 0.09, 0.035, 0.015)
"""The shares of a tracker's issues that reach a level or a higher one; the first three begin the bands of the modes."""

FITTED_ON = {"all-MiniLM-L6-v2": TRAIN, MINILM_ISSUES.name: (("rust", "train"), ("titanium", "dev"))}
"""For each model the parts whose marks weigh the evidence."""

LEARNED = {"all-MiniLM-L6-v2": (), MINILM_ISSUES.name: (("titanium", "train"),)}
"""For each model the parts that it has learned from: their pairs say nothing about it."""

CHOSEN_BY_MARKS = "openoffice"
"""A tracker whose pairs say how precise the rules are, but not how many duplicates a level has."""

N_SHOWN = 5
N_OTHERS = 4_000
PENALTY = 1.0
MAX_WEIGHT = 5.0  # of a pair that stands for many, but at the lowest level, which holds most pairs
FIRST_OF_FIVE = 0.3
"""The mean over the first five hits, as a share of that of the first: two of three right ones among five are first."""

LOW_EDGES = np.array([-4.0, -3.5, -3.0, -2.5])
"""Logits below all that the shares reach; what is less is not looked at."""

COMPARED_FROM = 0.6  # cosine of whole texts below which no rule finds a copy or a sibling


class Part(NamedTuple):
    """The first candidates of the issues of one part of a tracker: (n, m) evidence, (n,) right ones and weights."""

    evidence: NDArray[np.float64]
    is_right: NDArray[np.bool_]
    weight: NDArray[np.float64]


def main() -> None:
    """Fit, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to use them again")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--model", choices=list(FITTED_ON), default="all-MiniLM-L6-v2")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    model, fitted_on = arguments.model, FITTED_ON[arguments.model]
    pairs = [pair for pair in judged_pairs() if (pair.tracker, pair.part) not in LEARNED[model]]
    with tempfile.TemporaryDirectory() as folder:
        keep = arguments.keep or Path(folder)
        parts = []
        for name, part in fitted_on:
            with indexed(keep, name, part, arguments.data, model) as collection:
                parts.append(candidates(collection))
                encoding = collection.store.encoding()
        weights = fitted(parts)
        readings, logits = {}, {}
        for tracker, part in sorted({(pair.tracker, pair.part) for pair in pairs}):
            with indexed(keep, tracker, part, arguments.data, model) as collection:
                chosen = [pair for pair in pairs if (pair.tracker, pair.part) == (tracker, part)]
                readings[tracker, part] = readings_of(collection, chosen)
                if tracker != CHOSEN_BY_MARKS:
                    logits[tracker, part] = logits_of(collection, weights)
    unbounded = [np.sort(each)[::-1][(np.array(SHARES) * len(each)).astype(int)] for each in logits.values()]
    edges = np.mean(unbounded, axis=0).round(2)
    typical = {key: Tracker(readings[key], edges_at(model_of(weights, edges), logits[key])) for key in logits}
    levels = levels_of(list(typical.values()), weights)
    errors = {
        tracker: left_out_error(typical, tracker, weights) for tracker in sorted({t for t, _ in typical})
    }
    rules = rule_precision(readings.values())
    about = {
        "fitted_on": [f"{name} {part}" for name, part in fitted_on],
        "levels_read_on": sorted(f"{tracker} {part}".strip() for tracker, part in typical),
        "model": encoding.model,
        "model_fingerprint": encoding.model_fingerprint,
        "recipe": TEXT_VERSION,
        "edges": {" ".join(key).strip(): part.edges.tolist() for key, part in typical.items()},
        "calibration_error_left_out": errors,
        "rules": rules,
    }
    if not arguments.dry_run:
        document = {
            "about": about,
            "weights": dict(
                zip((*evidence.NAMES, "intercept"), (float(f"{w:.6g}") for w in weights), strict=True)
            ),
            "levels": [[edge, level] for edge, level in zip([None, *edges.tolist()], levels, strict=True)],
            "shares": SHARES,
            "copy": 0.98,
            "near_copy": 0.9,
            "outstanding": levels[2],
            "likely": 0.9,
            "possible": {"strict": levels[3], "balanced": levels[2], "eager": levels[1]},
        }
        text = json.dumps(document, indent=1) + "\n"
        file = SHIPPED[list(FITTED_ON).index(model)]
        (ROOT / "dupfind" / "verdict" / file).write_text(text, encoding="utf-8")
    emit(
        "fit_verdict",
        weights=weights.round(3).tolist(),
        levels=levels,
        **about,
    )


def candidates(collection: Collection) -> Part:
    """Replay a part, and return its first candidates that no rule decides."""
    ranker = shipped()
    found, right, weights = [], [], []
    with collection.store.reading():
        history = History(collection.store)
        sample = history.sample_queries(None, N_OTHERS, 1)
        total = sum(sample.values())
        for query in history.queries(sample):
            if not (query.is_judged and query.can_judge and len(query.heads)):
                continue
            first = np.argsort(-ranker.rank_scores(query.features), kind="stable")[:N_SHOWN]
            rows = [query.heads[place].row_id for place in first.tolist()]
            records = collection.store.records([query.head.row_id, *rows])
            for place, row in zip(first.tolist(), rows, strict=True):
                is_near = query.evidence[place, 1] > COMPARED_FROM
                if not (is_near and rule(records[query.head.row_id], records[row])):
                    found.append(query.evidence[place])
                    right.append(query.is_right[place])
                    weights.append(query.weight / total)
    return Part(np.array(found), np.array(right), np.array(weights))


def fitted(parts: Sequence[Part]) -> NDArray[np.float64]:
    """Weigh the evidence by the marks of all parts, each counting the same: (m,) weights and the intercept."""
    return fit_nonnegative(
        np.concatenate([part.evidence for part in parts]),
        np.concatenate([part.is_right for part in parts]),
        penalty=PENALTY,
        weight=np.concatenate([2_000 * part.weight for part in parts]),
    )


class Reading(NamedTuple):
    """A judged pair: its evidence, whether it is a duplicate, its weight, and its rule."""

    evidence: NDArray[np.float64]
    is_duplicate: bool
    weight: float
    rule: str
    rank: int


def readings_of(collection: Collection, pairs: Sequence[JudgedPair]) -> list[Reading]:
    """Return the readings of a part's pairs that the readers could tell."""
    store = collection.store
    readings = []
    with store.reading():
        history = History(store, pairs=[])
        place = {history.heads[place].name[2]: place for place in range(len(history.heads))}
        for pair in pairs:
            if pair.reading in (None, "cannot tell"):
                continue
            new, old = place[pair.new], place[pair.old]
            found = history.evidence_between(new, old)
            records = store.records([history.heads[new].row_id, history.heads[old].row_id])
            new_record, old_record = (records[history.heads[each].row_id] for each in (new, old))
            weight = max(pair.weight, 1.0)
            is_near = found[1] > COMPARED_FROM
            fingerprint = text_fingerprint(new_record.title, new_record.body)
            times = [time for _, time in times_of_texts(store, [fingerprint]).get(fingerprint, [])]
            name = rule(new_record, old_record, times) if is_near else ""
            readings.append(Reading(found, pair.reading in DUPLICATES, weight, name, pair.rank))
    return readings


def rule(new: Record, old: Record, times: Sequence[datetime | None] = ()) -> str:
    """Return the rule that decides a pair: "copy", "near-copy", "sibling", "recurring", or "".

    Args:
        new: The newer record.
        old: The older one.
        times: Of all records with the text of the newer one; none for those of the two.
    """
    if text_fingerprint(new.title, new.body) == text_fingerprint(old.title, old.body):
        all_times = times or [new.created, old.created]
        return "recurring" if is_recurring(new.title, new.body, all_times) else "copy"
    found = relation(new, old, is_same_text=False)
    if found.difference is not None:
        return "sibling"
    if not found.is_near_copy:
        return ""
    return "recurring" if is_recurring(new.title, new.body, times) else "near-copy"


class Tracker(NamedTuple):
    """The readings of a part, and the logits at which the levels begin on it."""

    readings: Sequence[Reading]
    edges: NDArray[np.float64]


def model_of(weights: NDArray[np.float64], edges: NDArray[np.float64]) -> VerdictModel:
    """Return the shipped model with other weights and edges; its levels are not yet read."""
    shares = np.array(SHARES)
    return replace(
        shipped_verdicts(), weights=weights[:-1], intercept=float(weights[-1]), edges=edges, shares=shares
    )


def logits_of(collection: Collection, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logit of the best older issue of each sampled one, as an index measures it."""
    with collection.store.reading():
        n_oldest = n_measured(collection.store.n_records())
        return best_logits(collection.store, model_of(weights, LOW_EDGES), n_oldest)


def levels_of(parts: Sequence[Tracker], weights: NDArray[np.float64]) -> list[float]:
    """Return the share of duplicates at each level by reading, lowest first; each part counts the same."""
    right, total = np.zeros((2, len(SHARES) + 1))
    for part in parts:
        of_part = np.zeros((2, len(SHARES) + 1))
        for place, reading in placed(part, weights):
            weight = reading.weight if place == 0 else min(reading.weight, MAX_WEIGHT)
            of_part[:, place] += weight * np.array([reading.is_duplicate, 1])
        # The lowest level holds most of the weight, so it is scaled by itself.
        for chosen in (slice(0, 1), slice(1, None)):
            scale = max(of_part[1, chosen].sum(), 1e-9)
            right[chosen] += of_part[0, chosen] / scale
            total[chosen] += of_part[1, chosen] / scale
    shares = right / np.maximum(total, 1e-9)
    shares[0] *= FIRST_OF_FIVE
    # Pool adjacent violators: each share counts as much as the pairs behind it.
    numbers = np.repeat(np.arange(len(shares), dtype=np.float64), 2)
    counts = np.column_stack([shares * total, (1 - shares) * total]).ravel() + 1e-9
    steps = fit_isotonic(numbers, np.tile([True, False], len(shares)), counts)
    levels = np.interp(np.arange(len(shares)), *steps).round(3).tolist()
    for place in range(1, len(levels)):
        # Of two equal levels the first would begin the band of the second.
        levels[place] = round(max(levels[place], levels[place - 1] + 0.001), 3)
    return levels


def placed(part: Tracker, weights: NDArray[np.float64]) -> Iterator[tuple[int, Reading]]:
    """Yield the level of each first hit that no rule decides."""
    for reading in part.readings:
        if not reading.rule and reading.rank == 1:
            logit = float(reading.evidence @ weights[:-1] + weights[-1])
            yield int(np.searchsorted(part.edges, logit, side="right")), reading


def left_out_error(
    parts: Mapping[tuple[str, str], Tracker], tracker: str, weights: NDArray[np.float64]
) -> float:
    """Return the expected calibration error (Naeini et al. 2015) on a tracker, of levels from the others.

    The first hits above the lowest level count: those to which a mode may give a verdict.
    """
    levels = levels_of([part for (name, _), part in parts.items() if name != tracker], weights)
    gaps, total = np.zeros(len(levels)), 0.0
    for (name, _), part in parts.items():
        for place, reading in placed(part, weights) if name == tracker else ():
            if place:
                weight = min(reading.weight, MAX_WEIGHT)
                gaps[place] += weight * (levels[place] - reading.is_duplicate)
                total += weight
    return round(float(np.abs(gaps).sum() / total), 4)


def rule_precision(parts: Iterable[Sequence[Reading]]) -> dict[str, list[int]]:
    """Return for each rule how many of its judged pairs are duplicates, and how many pairs it decides."""
    counts: dict[str, list[int]] = {}
    for readings in parts:
        for reading in readings:
            if reading.rule:
                right, total = counts.get(reading.rule, [0, 0])
                counts[reading.rule] = [right + reading.is_duplicate, total + 1]
    return counts


if __name__ == "__main__":
    main()
