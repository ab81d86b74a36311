"""What was fitted to a trained model goes where the model goes."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.errors import RankerError
from dupfind.evaluation.calibration import calibrate
from dupfind.ranking.ranker import Ranker, shipped
from dupfind.records import Ref
from dupfind.storage import trained_models
from dupfind.storage.trained_models import TrainedModel
from tests.support.samples import NOW, record

pytestmark = pytest.mark.slow

N_CLUSTERS = 130


def trained(fingerprint: str, *, since: datetime | None = None, order: Any = None) -> TrainedModel:
    document = {
        "mined": {"since": None if since is None else since.isoformat()},
        "order": {"is_refitted": order is not None, "ranker": order},
    }
    return TrainedModel(f"of {fingerprint}", fingerprint, "trained/of", "run", NOW, document)


def fingerprint(collection: Collection) -> str:
    with collection.store.reading():
        return collection.store.encoding().model_fingerprint


@pytest.fixture
def tracker(writable: WritableCollection) -> WritableCollection:
    """An issue a day; every second one is a duplicate of the one before."""
    writable.index(
        record(
            str(number),
            f"crash number {number // 2} of the editor",
            created=NOW + timedelta(days=number),
            duplicate_of=(Ref(None, str(number - 1)),) if number % 2 else (),
        )
        for number in range(2 * N_CLUSTERS)
    )
    return writable


def test_a_ranker_holds_for_the_model_that_it_was_refitted_to(tracker: WritableCollection) -> None:
    order = Ranker(shipped().weights[::-1], {})
    trained_models.remember(tracker.store, trained("another", order=order.to_json()))
    assert (tracker.choice().ranker, tracker.choice().is_own) == (shipped(), False)
    trained_models.remember(tracker.store, trained(fingerprint(tracker), order=order.to_json()))
    choice = tracker.choice()
    assert choice.ranker.weights == pytest.approx(order.weights, rel=1e-4)
    assert not choice.is_own
    [hit] = tracker.search("crash number 7 of the editor", k=1)
    assert (hit.kind, hit.verdict, tracker.calibration()) == ("copy", "likely", None)


def test_a_model_whose_ranker_was_not_better_has_the_shipped_one(tracker: WritableCollection) -> None:
    trained_models.remember(tracker.store, trained(fingerprint(tracker)))
    assert (tracker.choice().ranker, tracker.choice().is_own) == (shipped(), False)


def test_a_ranker_of_another_dupfind_is_one_clear_error(tracker: WritableCollection) -> None:
    trained_models.remember(tracker.store, trained(fingerprint(tracker), order={"weights": {"magic": 1}}))
    with pytest.raises(RankerError, match="another version of dupfind"):
        tracker.choice()


def test_a_calibration_uses_records_that_the_model_was_not_trained_on(tracker: WritableCollection) -> None:
    assert calibrate(tracker, precision=0.5).n_duplicates == N_CLUSTERS
    trained_models.remember(tracker.store, trained(fingerprint(tracker), since=NOW + timedelta(days=80)))
    assert calibrate(tracker, precision=0.5).n_duplicates == N_CLUSTERS - 40
    trained_models.remember(tracker.store, trained(fingerprint(tracker), since=NOW + timedelta(days=200)))
    with pytest.raises(
        RankerError, match=r"has not learned from: only 30 issues .* needs 60: 30 are missing"
    ):
        calibrate(tracker, precision=0.5)
