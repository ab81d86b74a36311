"""An index says how many of its issues are in a language that its model does not know."""

import pytest

from dupfind.collection import languages
from dupfind.collection.languages import MULTILINGUAL, SAMPLE, language_advice, share_not_english
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


def named(writable: WritableCollection, model: str) -> None:
    writable.store.connection.execute("UPDATE encoding SET model = ?", (model,))


@pytest.mark.parametrize(("n_foreign", "share"), [(1, None), (2, "10%"), (20, "100%")])
def test_advice_is_given_from_a_tenth_of_the_issues_on(
    writable: WritableCollection, n_foreign: int, share: str | None
) -> None:
    writable.index([record(str(n), f"{n} {FOREIGN[1] if n < n_foreign else ENGLISH}") for n in range(20)])
    named(writable, "sentence-transformers/all-MiniLM-L6-v2")
    advice = language_advice(writable.store)
    if share is None:
        assert advice is None
    else:
        assert advice is not None
        assert advice.startswith(f"{share} of these issues are not in English")
        assert f"--model {MULTILINGUAL}" in advice


def test_another_model_than_the_default_gets_no_advice(writable: WritableCollection) -> None:
    writable.index([record("1", FOREIGN[1])])
    assert language_advice(writable.store) is None
    named(writable, MULTILINGUAL)
    assert language_advice(writable.store) is None


def test_the_share_does_not_depend_on_the_order_of_indexing(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languages, "SAMPLE", 7)
    records = [record(str(n), f"{n} {FOREIGN[1] if n % 3 else ENGLISH}") for n in range(40)]
    writable.index(records, source="one")
    share = share_not_english(writable.store)
    writable.index([], source="one", complete=True)
    writable.index(records[::-1], source="one")
    assert share_not_english(writable.store) == share
