"""Read the judged pairs, and measure the verdict on trackers: its precision by reading and by label, and its copies.

Three tables: how far two readers agree (`judged/guide.md` says how a pair is judged); for each mode of the verdict the
share of issues that it flags, its recall and precision by the tracker's marks, and its precision by reading; and how
many known issues are found again when they are posted a second time, to the letter or with light edits.

The readers judged pairs of the dev parts and of hadoop as well as of the train parts, and the levels of the probability
are read on all of them (`fit_verdict.py` has the error on a tracker that was left out). Weights, rules and bands come
from the train parts.
"""

import argparse
import random
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from common import DATA, emit, indexed
from fit_verdict import rule
from judged_pairs import DUPLICATES, JudgedPair, judged_pairs
from quality import DEV, TRAIN

from dupfind.collection.collection import Collection
from dupfind.evaluation.history import History
from dupfind.evaluation.metrics import wilson
from dupfind.evaluation.replay_query import ReplayQuery
from dupfind.ranking.ranker import order, shipped
from dupfind.records import Record
from dupfind.storage.same_texts import times_of_texts
from dupfind.text.fingerprint import text_fingerprint
from dupfind.verdict.bands import BALANCED, EAGER, LIKELY, STRICT
from dupfind.verdict.model import VerdictModel

N_LOOKED_AT = 10


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=["dev", "train"], default="dev")
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to use them again")
    parser.add_argument("--others", type=int, default=4_000, help="issues that are no duplicates, a tracker")
    parser.add_argument("--copies", type=int, default=80, help="issues to post again, a tracker")
    parser.add_argument("--model", help="model of a new index")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    pairs = judged_pairs()
    agreements = {"all": agreement([pair.readers[:2] for pair in pairs])}
    bands: dict[str, Any] = {}
    copies: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, part in DEV if arguments.part == "dev" else TRAIN:
            label = f"{name} {part}".strip()
            own = [pair for pair in pairs if (pair.tracker, pair.part) == (name, part)]
            agreements[label] = agreement([pair.readers[:2] for pair in own])
            with indexed(
                arguments.keep or Path(folder), name, part, arguments.data, arguments.model
            ) as collection:
                bands[label] = modes(collection, own, n_others=arguments.others)
                copies[label] = posted_again(collection, arguments.copies)
    for label, figures in agreements.items():
        print(f"readers, {label}: {figures}")
    for label, table in bands.items():
        for mode, figures in table.items():
            print(f"{label}, {mode}: {figures}")
    for label, counts in copies.items():
        print(f"posted again, {label}: {counts}")
    emit("verdict", agreement=agreements, bands=bands, copies=copies)


def agreement(answers: Sequence[tuple[str, ...]]) -> dict[str, float]:
    """Return how far two readers agree.

    Args:
        answers: The classes that both gave to each pair, at least one.

    Returns:
        The number of pairs, the share of equal classes, Cohen's kappa (1960), and the share of pairs on which both
        agree whether it is a duplicate.
    """
    n = len(answers)
    equal = sum(one == other for one, other in answers) / n
    left, right = (Counter(side) for side in zip(*answers, strict=True))
    by_chance = sum(left[one] * right[one] for one in left) / n**2
    same_side = sum((one in DUPLICATES) == (other in DUPLICATES) for one, other in answers) / n
    return {
        "pairs": n,
        "equal": round(equal, 3),
        "kappa": round((equal - by_chance) / (1 - by_chance), 3),
        "duplicate_or_not": round(same_side, 3),
    }


class First(NamedTuple):
    """The first hit of an issue: its probability, whether it is right by label, and both ids."""

    probability: float
    is_right: bool
    new: str
    old: str
    weight: float


def modes(collection: Collection, pairs: Sequence[JudgedPair], *, n_others: int) -> dict[str, dict[str, Any]]:
    """Replay a tracker, and return the figures of `LIKELY` and of each mode.

    Precision by reading is that of the flagged pairs that were read: pairs were drawn for reading at all depths, so
    the surest are read most.
    """
    model = collection.choice().verdicts
    with collection.store.reading():
        history = History(collection.store)
        sample = history.sample_queries(None, n_others, 1)
        n_issues, n_duplicates = 0.0, 0
        firsts = []
        for query in history.queries(sample):
            if query.is_judged:
                n_issues += query.weight
                n_duplicates += query.n_older > 0
                if query.can_judge and len(query.heads):
                    firsts.append(first_hit(collection, query, model))
    reading = {(pair.new, pair.old): pair.reading for pair in pairs}
    print("calibration:", calibration(firsts, reading, model))
    thresholds = {LIKELY: model.likely} | {mode: model.possible[mode] for mode in (STRICT, BALANCED, EAGER)}
    return {
        mode: _figures(
            [first for first in firsts if first.probability >= least], n_issues, n_duplicates, reading
        )
        for mode, least in thresholds.items()
    }


def calibration(
    firsts: Sequence[First], reading: Mapping[tuple[str, str], str | None], model: VerdictModel
) -> dict[str, float]:
    """Compare the probabilities of the first hits that a mode may flag with what was read.

    Returns:
        The number of hits that were read, the expected calibration error (Naeini et al. 2015), and the mean error that
        right probabilities would have by chance with so many hits, of 2,000 draws.
    """
    read = [
        (first.probability, name in DUPLICATES)
        for first in firsts
        if first.probability > model.lowest
        and (name := reading.get((first.new, first.old))) not in (None, "cannot tell")
    ]
    levels, is_duplicate = np.array(read, dtype=np.float64).reshape(-1, 2).T
    draws = np.random.default_rng(1).random((2_000, len(levels))) < levels
    by_chance = np.mean([_calibration_error(levels, draw) for draw in draws.astype(np.float64)])
    return {
        "read": len(levels),
        "error": round(_calibration_error(levels, is_duplicate), 3),
        "by_chance": round(float(by_chance), 3),
    }


def _calibration_error(levels: np.ndarray, is_duplicate: np.ndarray) -> float:
    gaps = [abs((levels - is_duplicate)[levels == level].sum()) for level in np.unique(levels)]
    return float(sum(gaps) / max(len(levels), 1))


def first_hit(collection: Collection, query: ReplayQuery, model: VerdictModel) -> First:
    """Return the first hit of a query, with whole texts compared as a search does."""
    probabilities = model.probabilities(query.evidence)
    ranker = shipped(collection.store.encoding().model_fingerprint)
    rank_scores = ranker.rank_scores(query.features)
    ranked = np.array(order(rank_scores, query.scores, [head.name for head in query.heads]))
    ranked = ranked[np.argsort(-probabilities[ranked], kind="stable")][:N_LOOKED_AT]
    flagged = [place for place in ranked.tolist() if probabilities[place] > model.lowest]
    records = collection.store.records(
        [query.head.row_id, *(query.heads[place].row_id for place in flagged)] if flagged else []
    )
    decided = {
        "copy": model.copy,
        "near-copy": model.near_copy,
        "sibling": model.lowest,
        "recurring": model.lowest,
    }
    times = times_of_text(collection, records[query.head.row_id]) if flagged else []
    for place in flagged:
        name = rule(records[query.head.row_id], records[query.heads[place].row_id], times)
        probabilities[place] = decided.get(name, probabilities[place])
    best = max(ranked.tolist(), key=lambda place: probabilities[place])  # the first of equal ones
    return First(
        float(probabilities[best]),
        bool(query.is_right[best]),
        query.head.name[2],
        query.heads[best].name[2],
        query.weight,
    )


def times_of_text(collection: Collection, record: Record) -> list[datetime]:
    """Return the times at which the text of a record had been filed when it came, its own among them."""
    fingerprint = text_fingerprint(record.title, record.body)
    times = (time for _, time in times_of_texts(collection.store, [fingerprint]).get(fingerprint, []))
    return [time for time in times if time is not None and (record.created is None or time <= record.created)]


def _figures(
    flagged: Sequence[First],
    n_issues: float,
    n_duplicates: int,
    reading: Mapping[tuple[str, str], str | None],
) -> dict[str, Any]:
    n_right = sum(first.is_right for first in flagged)
    weight = sum(first.weight for first in flagged)
    classes = [reading.get((first.new, first.old)) for first in flagged]
    read = [name in DUPLICATES for name in classes if name not in (None, "cannot tell")]
    by_reading = wilson(sum(read), len(read)) if read else None
    return {
        "flagged": round(weight / n_issues, 4),
        "recall_by_label": round(n_right / n_duplicates, 3),
        "precision_by_label": round(n_right / weight, 3) if weight else None,
        "read": len(read),
        "precision_by_reading": None if by_reading is None else [round(bound, 3) for bound in by_reading],
    }


def posted_again(collection: Collection, n: int) -> dict[str, Any]:
    """Search for issues that the index has, as new ones, and count those whose original is first and likely."""
    store = collection.store
    with store.reading():
        rows = [head.row_id for head in History(store, pairs=[]).heads]
        chosen = random.Random(1).sample(rows, min(4 * n, len(rows)))
        records = [
            record
            for record in store.records(chosen).values()
            if collection.can_judge(record) and record.body
        ][:n]
    counts: Counter[str] = Counter()
    for record in records:
        for kind, edited in (
            ("to the letter", (record.title, record.body)),
            ("edited", lightly_edited(record)),
            ("title word dropped", (without_word(record.title), record.body)),
        ):
            [hit] = collection.search(Record(id="", title=edited[0], body=edited[1]), k=1)
            same = hit.id == record.id or (hit.verdict == LIKELY and hit.kind == "copy")
            counts[kind] += bool(same and hit.verdict == LIKELY)
    return {"issues": len(records), **counts}


def lightly_edited(record: Record) -> tuple[str, str]:
    """Return title and body with a greeting, two sentences that change places, and a typo in each fourth sentence."""
    generator = random.Random(record.id)
    sentences = re.split(r"(?<=[.!?])\s+|\n", record.body)
    if len(sentences) > 1:
        place = generator.randrange(len(sentences) - 1)
        sentences[place], sentences[place + 1] = sentences[place + 1], sentences[place]
    sentences = [_with_typo(each, generator) if not n % 4 else each for n, each in enumerate(sentences)]
    return _with_typo(record.title, generator), "\n".join(["Hello, thanks for your work!", *sentences])


def _with_typo(text: str, generator: random.Random) -> str:
    places = [n for n in range(1, len(text) - 2) if text[n : n + 2].isalpha()]
    if not places:
        return text
    n = generator.choice(places)
    return text[:n] + text[n + 1] + text[n] + text[n + 2 :]


def without_word(title: str) -> str:
    """Return a title without its longest word."""
    words = title.split()
    return " ".join(
        word for n, word in enumerate(words) if n != max(range(len(words)), key=lambda n: len(words[n]))
    )


if __name__ == "__main__":
    main()
