"""An index says how many of its issues are in a language that its model does not know."""

import pytest

from dupfind.collection.languages import SAMPLE, language_advice, share_not_english
from dupfind.collection.writable import WritableCollection
from tests.support.samples import record

ENGLISH = "The window does not open after the update, and there is no message in the log."
FOREIGN = (
    "Das Fenster wird nach dem Neustart nicht geöffnet, und es ist keine Meldung zu sehen.",
    "更新后窗口无法打开，日志里没有任何消息。",
    "После обновления окно не открывается, в журнале нет сообщения.",
    "La fenêtre ne s'ouvre pas après la mise à jour, et il n'y a pas de message dans le journal.",
)


@pytest.mark.parametrize("foreign", FOREIGN)
def test_the_share_is_that_of_the_records(writable: WritableCollection, foreign: str) -> None:
    texts = [foreign, ENGLISH, ENGLISH, ENGLISH] * 5
    writable.index([record(str(n), f"{n} {text}", text) for n, text in enumerate(texts)])
    assert share_not_english(writable.store) == 0.25


def test_an_empty_index_and_an_english_one_have_none(writable: WritableCollection) -> None:
    writable.index([])
    assert share_not_english(writable.store) == 0
    writable.index([record(str(n), ENGLISH) for n in range(5)])
    assert share_not_english(writable.store) == 0


def test_a_large_index_is_sampled(writable: WritableCollection) -> None:
    n = SAMPLE + 500
    writable.index([record(str(number), FOREIGN[0] if number % 4 < 2 else ENGLISH) for number in range(n)])
    assert share_not_english(writable.store) == pytest.approx(0.5, abs=0.01)


def test_another_model_than_the_default_gets_no_advice(writable: WritableCollection) -> None:
    writable.index([record("1", FOREIGN[1])])
    assert language_advice(writable.store, 1.0) is None  # the model of the tests is no English one
