"""What tells candidates apart."""

from dataclasses import replace

import numpy as np
import pytest

from dupfind.ranking.features import ABSOLUTE, NAMES, RELATIVE, SCALES, Candidates, Query, features
from dupfind.text.comment_terms import CommentLists
from dupfind.text.composition import ComposedText
from dupfind.text.terms import TermLists, terms
from tests.support.samples import random_units, unit


def query_of(title: str = "worker crash", body: str = "", names: tuple[str, ...] = ()) -> Query:
    vectors = random_units(2, 4, seed=1)
    return Query(vectors[0], vectors[1], terms(ComposedText(title, body, names)), 0.3)


def candidates_of(*texts: ComposedText, **more: object) -> Candidates:
    n = len(texts)
    plain = Candidates(
        titles=random_units(n, 4, seed=2),
        wholes=random_units(n, 4, seed=3),
        words=np.column_stack([np.arange(n, dtype=np.float64)] * 3),
        terms=TermLists.of(terms(text) for text in texts),
        age=np.arange(1.0, n + 1),
        cluster=np.arange(n),
        n_members=np.ones(n, dtype=np.int64),
        comments=CommentLists.none(n),
        quiet=np.full(n, np.nan),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def column(name: str, query: Query, candidates: Candidates) -> list[float]:
    return [float(value) for value in features(query, candidates)[:, NAMES.index(name)]]


def test_every_name_has_a_finite_column_also_of_one_candidate_and_of_no_words() -> None:
    assert len(NAMES) == len(SCALES) * len(RELATIVE) + len(ABSOLUTE) == len(set(NAMES))
    for candidates in (
        candidates_of(ComposedText("a", "")),
        candidates_of(ComposedText("", ""), ComposedText("", "")),
        candidates_of(*[ComposedText("x y", "z")] * 3),
    ):
        for query in (query_of(), query_of("", "")):
            compared = features(query, candidates)
            assert compared.shape == (len(candidates.terms), len(NAMES))
            assert np.isfinite(compared).all()


def test_the_order_of_candidates_is_of_no_account() -> None:
    texts = [
        ComposedText("worker crash", "disk full"),
        ComposedText("login", ""),
        ComposedText("worker", "crash crash"),
        ComposedText("login", ""),
    ]
    candidates = candidates_of(*texts, cluster=np.array([0, 1, 0, 2]), n_members=np.array([2, 1, 2, 1]))
    turned = [2, 0, 3, 1]
    other = Candidates(
        candidates.titles[turned],
        candidates.wholes[turned],
        candidates.words[turned],
        candidates.terms.take(np.array(turned)),
        candidates.age[turned],
        candidates.cluster[turned],
        candidates.n_members[turned],
        candidates.comments.take(np.array(turned)),
        candidates.quiet[turned],
    )
    query = query_of("worker crash", "disk is full")
    assert features(query, other) == pytest.approx(features(query, candidates)[turned], abs=1e-6)


def test_copies_tie_whatever_stands_between_them() -> None:
    vectors = random_units(40, 384, seed=5)
    copies = np.concatenate([vectors, vectors[:1], vectors[:1]])
    texts = [ComposedText(f"word{place}", "") for place in range(40)] + [ComposedText("word0", "")] * 2
    candidates = candidates_of(*texts, titles=copies, wholes=copies)
    query = replace(query_of(), title=vectors[0], whole=vectors[0])
    ranks = column("rank among its neighbours", query, candidates)
    assert (ranks[0], ranks[40], ranks[41]) == (0, 0, 0)  # nothing is nearer to a copy than the query


def test_a_rare_word_that_is_shared_counts_more_than_a_common_one() -> None:
    candidates = candidates_of(
        ComposedText("crash", ""),
        ComposedText("redis", ""),
        ComposedText("crash now", ""),
        ComposedText("crash here", ""),
    )
    common, rare, *_ = column("cover title in title, as is", query_of("crash redis"), candidates)
    assert 0 < common < rare < 1


def test_names_are_compared() -> None:
    candidates = candidates_of(
        ComposedText("full disk", "", ("e0308",)), ComposedText("disk full", "", ("e0277",))
    )
    query = query_of("disk full", "", ("e0308",))
    assert column("cover names, as is", query, candidates) == [1, 0]


def test_a_centred_cosine_leaves_out_what_all_candidates_share() -> None:
    # all have the same first half; less the mean, the second is the opposite of the first
    titles = unit([[3, 4, 0, 0], [3, -4, 0, 0]])
    query = replace(query_of(), title=unit([[3, 4, 0, 0]])[0])
    candidates = candidates_of(ComposedText("a", ""), ComposedText("b", ""), titles=titles)
    assert column("title x title, as is", query, candidates) == pytest.approx([1, -7 / 25])
    near, far = column("centred title x title, as is", query, candidates)
    assert near == pytest.approx(-far)
    assert near > 0


def test_an_unknown_age_is_a_year() -> None:
    candidates = candidates_of(ComposedText("a", ""), ComposedText("b", ""), age=np.array([np.nan, 365.0]))
    unknown, year = column("age", query_of(), candidates)
    assert unknown == year == pytest.approx(np.log(366))


def test_a_cluster_speaks_for_its_members() -> None:
    candidates = candidates_of(
        *[ComposedText(word, "") for word in "abc"],
        cluster=np.array([7, 7, 8]),
        n_members=np.array([5, 5, 1]),
    )
    assert column("members of its cluster", query_of(), candidates) == pytest.approx(
        [np.log(5), np.log(5), 0]
    )
    first, second, alone = column("best other member", query_of(), candidates)
    assert alone == 0
    assert (first, second) != (0, 0)


def test_a_long_list_of_names_is_little_reason_to_count_each_of_them_less() -> None:
    many = tuple(f"name{n}" for n in range(20))
    candidates = candidates_of(
        ComposedText("a", "", ("e0308",)), ComposedText("b", "", ("e0308", *many)), ComposedText("c", "")
    )
    short, long, none = column("bm25 names, as is", query_of("a", "", ("e0308",)), candidates)
    assert none == 0
    assert 0.6 * short < long < short  # a third of what BM25 takes off for a long text


def test_both_word_searches_and_the_stack_traces_have_their_own_columns() -> None:
    words = np.array([[1.0, 4.0, 0.5], [3.0, 2.0, 0.0]])
    candidates = candidates_of(ComposedText("a", ""), ComposedText("b", ""), words=words)
    for place, name in enumerate(("word search", "search of all words", "stack traces")):
        assert column(f"{name}, as is", query_of(), candidates) == words[:, place].tolist()
        best = words[:, place].max()
        assert column(f"{name}, share", query_of(), candidates) == (words[:, place] / best).tolist()
