"""The clusters that a coding agent sees: the largest with an open duplicate, and little text whatever they hold."""

import json
from dataclasses import replace

from dupfind.integrations.cluster_list import MAX_CLUSTERS, MAX_MEMBERS, MAX_TITLE, MAX_URL, cluster_list
from tests.support.sample_report import SAMPLE, cluster, hostile, member, report


def test_the_largest_with_an_open_duplicate_come_first_and_the_likelier_of_equal_ones() -> None:
    closed = cluster(*(member(f"c{n}", state="closed") for n in range(9)))
    first, second = cluster(member("1"), member("2")), cluster(member("3"), member("4"))
    large = cluster(*(member(f"l{n}") for n in range(3)))
    answer = cluster_list(report(first, second, large, closed), 20)
    assert [each["members"][0]["id"] for each in answer["clusters"]] == ["l0", "1", "3"]
    assert (answer["n_issues"], answer["n_clusters"], answer["n_open"]) == (1234, 4, 3)
    assert len(cluster_list(report(first, second, large), 2)["clusters"]) == 2


def test_a_cluster_says_how_many_members_it_has_and_how_many_are_open() -> None:
    [shown] = cluster_list(SAMPLE, 5)["clusters"]
    assert (shown["n_members"], shown["n_open_duplicates"], shown["words"]) == (3, 1, ["percent", "crash"])
    assert [each["id"] for each in shown["members"]] == ["12", "31", "40"]
    assert [each["score"] for each in shown["members"]] == [None, 0.89, 0.88]
    assert shown["members"][1]["created_at"] == "2024-01-03T09:12:00Z"


def test_an_answer_is_bounded_and_no_text_in_it_hides_from_people() -> None:
    bad = hostile().clusters[0]
    huge = replace(bad, members=bad.members * 50)
    text = json.dumps(cluster_list(report(*[huge] * 100), MAX_CLUSTERS), ensure_ascii=False)
    assert len(text) < MAX_CLUSTERS * (MAX_MEMBERS * 6 * MAX_TITLE + 12 * MAX_TITLE)
    for hidden in ("\u202e", "\x1b", "\u2066", "\ud800"):
        assert hidden not in text
    assert json.loads(text)["clusters"][0]["n_members"] == 50 * len(bad.members)


def test_an_address_is_whole_or_left_out() -> None:
    whole, long = "https://tracker.example/issues/7", f"https://tracker.example/{'7' * MAX_URL}"
    pair = [replace(member(url[-1]), url=url) for url in (whole, long, "javascript:alert(1)")]
    [shown] = cluster_list(report(cluster(*pair)), 1)["clusters"]
    assert [each["url"] for each in shown["members"]] == [whole, None, None]
