from collections import Counter

import numpy as np
import pytest

from dupfind.encoders.packing import PackedRow, batches, lay_out, pack


def test_short_texts_share_a_row_and_a_long_one_has_its_own() -> None:
    assert pack([3, 20, 4, 3], room=8, multiple=4) == [
        PackedRow(20, (1,)),
        PackedRow(8, (2, 0)),
        PackedRow(4, (3,)),
    ]


def test_a_short_text_fills_what_a_long_one_leaves() -> None:
    assert pack([13, 3], room=8, multiple=16) == [PackedRow(16, (0, 1))]


def test_nothing_needs_no_rows() -> None:
    assert pack([], room=8, multiple=1) == []
    assert list(batches([], [], 8)) == []


@pytest.mark.parametrize("seed", range(20))
def test_every_text_lies_in_one_row_that_holds_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 257, rng.integers(1, 300)).tolist()
    rows = pack(lengths, room=64, multiple=16)
    assert Counter(text for row in rows for text in row.texts) == Counter(range(len(lengths)))
    assert all(sum(lengths[text] for text in row.texts) <= row.width and row.width % 16 == 0 for row in rows)
    assert [row.width for row in rows] == sorted((row.width for row in rows), reverse=True)


def test_titles_leave_little_padding() -> None:
    lengths = np.random.default_rng(0).integers(5, 30, 1000).tolist()
    assert sum(row.width for row in pack(lengths, room=64, multiple=16)) < 1.02 * sum(lengths)


def test_a_batch_says_where_each_text_lies() -> None:
    ids = [np.array(each, np.int32) for each in ([5, 6, 7], [8, 9], [1])]
    [batch] = batches(pack([3, 2, 1], room=4, multiple=4), ids, budget=100)
    assert batch.texts.tolist() == [0, 2, 1]
    assert batch.ids.tolist() == [5, 6, 7, 1, 8, 9, 0, 0]
    assert batch.positions.tolist() == [0, 1, 2, 0, 0, 1, 0, 0]
    assert (batch.starts.tolist(), batch.lengths.tolist()) == ([0, 3, 4], [3, 1, 2])
    [group] = batch.groups
    assert group.segments is not None
    assert group.segments.tolist() == [[0, 0, 0, 1], [2, 2, -1, -1]]


def test_full_rows_of_one_text_need_no_mask() -> None:
    ids = [np.array([1, 2, 3, 4], np.int32)] * 2
    [group] = lay_out([PackedRow(4, (0,)), PackedRow(4, (1,))], ids).groups
    assert group.segments is None


def test_a_batch_keeps_to_its_budget_but_holds_a_row_at_least() -> None:
    ids = [np.ones(n, np.int32) for n in (40, 16, 16, 16)]
    sizes = [len(batch.ids) for batch in batches(pack([40, 16, 16, 16], 16, 16), ids, budget=32)]
    assert sizes == [48, 32, 16]
