"""Every format shows the same facts, and in none of them a tracker's text becomes more than text."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, strategies

from dupfind.dedup.decision_sheet import guarded, unguarded
from dupfind.dedup.report import Bridge, Parameters, Triage
from dupfind.reports.display import age, link, plain
from dupfind.reports.formats import FORMS, draw
from dupfind.reports.markdown_checklist import neutral
from tests.support.sample_report import HOSTILE, SAMPLE, cluster, hostile, member, report


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_a_format_for_people_shows_members_states_scores_bridges_and_counts(form: str) -> None:
    drawn = draw(SAMPLE, form)
    for fact in (
        "Crash on start",
        "App crashes at boot",
        "Slow start",
        "closed",
        "0.890",
        "0.72",
        "known",
        "1,234",
    ):
        assert fact in drawn, fact


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_a_format_for_people_names_the_weakest_link_and_the_look_alikes(form: str) -> None:
    drawn = draw(SAMPLE, form).replace("\u200b", "").replace("\\", "")
    assert "weakest link: #12 and #31; above a score of 0.800 the cluster splits" in drawn
    assert "Confirm #1" in drawn
    assert "40" in drawn


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_a_report_without_a_cluster_says_how_to_see_the_less_sure_ones(form: str) -> None:
    def drawn(**more: object) -> str:
        text = draw(replace(report(), parameters=Parameters(min_score=0.7, **more)), form)  # type: ignore[arg-type]
        return re.sub(r"<[^>]*>|[`\\\u200b]", "", text)

    hint = "o pair is sure enough to be shown: dupfind report --verdicts {} shows less sure ones"
    assert hint.format("balanced") in drawn(shown="strict")
    assert hint.format("eager") in drawn()
    for more in ({"verdicts": "eager"}, {"min_probability": 0.4}, {"min_margin": 0.02}):
        assert "sure enough" not in drawn(**more)


@pytest.mark.parametrize("form", ["table", "markdown", "github"])
def test_a_cluster_of_known_pairs_has_no_figure_that_orders_nothing(form: str) -> None:
    known = replace(cluster(member("12", score=None), member("40")), probability=None, is_known=True)
    drawn = draw(report(known), form)
    assert "marked by the tracker" in drawn
    assert "margin" not in drawn


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_a_format_for_people_says_why_an_issue_is_closed(form: str) -> None:
    closed = member("40", "It crashes", state="closed", resolution="not_planned")
    drawn = draw(report(cluster(member("12", score=None), closed)), form)
    assert drawn.count("closed as not planned") == drawn.count("closed as") == 1


def test_json_has_reason_and_time_of_closing() -> None:
    closed = member("40", state="closed", resolution="completed", closed=datetime(2025, 2, 3, tzinfo=UTC))
    [drawn] = json.loads(draw(report(cluster(member("12", score=None), closed)), "json"))["clusters"]
    assert [(one["resolution"], one["closed_at"]) for one in drawn["members"]] == [
        (None, None),
        ("completed", "2025-02-03T00:00:00Z"),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_hostile_texts_are_drawn_in_every_format(form: str) -> None:
    assert draw(hostile(), form)


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_no_control_or_direction_mark_reaches_a_person(form: str) -> None:
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", draw(hostile(), form)
    )


@pytest.mark.parametrize("form", ["table", "markdown", "csv", "html"])
def test_a_title_of_a_megabyte_is_cut_and_one_of_spaces_is_named(form: str) -> None:
    drawn = draw(hostile(), form)
    assert len(drawn) < 200_000
    assert form == "csv" or "(no title)" in drawn


def test_an_empty_report_is_drawn_in_every_format() -> None:
    nothing = report(
        n_pairs=0,
        n_clusters=0,
        triage=Triage(),
        siblings=(),
        series=(),
        identical=(),
        look_alikes=(),
        histogram=(),
        curve=(),
    )
    for form in FORMS:
        assert "alert" not in draw(nothing, form)
    assert json.loads(draw(nothing, "json"))["clusters"] == []


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_a_format_for_people_names_the_sources_if_there_are_two(form: str) -> None:
    [first, other] = member("12", "Crash", score=None), member("31", "Crashes")
    outside = member("12", "Slow", source="mirror")
    drawn = draw(report(cluster(first, other, bridges=(Bridge(1, outside, 0.7),)), look_alikes=()), form)
    assert ("mirror" in drawn, drawn.count("tracker.db") >= 3) == (True, True)


def test_json_has_the_version_the_parameters_the_clusters_and_all_pairs() -> None:
    document = json.loads(draw(SAMPLE, "json"))
    assert document["schema_version"] == 1
    assert document["created_at"] == "2025-01-01T00:00:00Z"
    assert document["parameters"]["min_score"] == 0.7
    assert document["counts"] == {
        "pairs": 9,
        "known_pairs": 1,
        "rejected_pairs": 2,
        "unremarkable_pairs": 3,
        "clusters": 2,
        "clusters_shown": 2,
        "marked_pairs": 20,
        "marked_pairs_reached": 9,
    }
    first = document["clusters"][0]
    assert [m["id"] for m in first["members"]] == ["12", "31", "40"]
    assert first["canonical"] == {"source": "tracker.db", "project": None, "id": "12"}
    assert first["bridges"][0]["outside"]["title"] == "Slow start"
    assert first["pairs"][0]["sentences"] == [{"left": "Crash on start", "right": "A crash at boot"}]
    assert [(p["cluster"], p["first"]["id"], p["second"]["id"], p["known"]) for p in document["pairs"]] == [
        (1, "12", "31", False),
        (1, "12", "40", False),
        (2, "5", "6", True),
    ]


def test_json_leaves_titles_unchanged() -> None:
    [document] = json.loads(draw(hostile(), "json"))["clusters"]
    assert [m["title"] for m in document["members"]] == HOSTILE


def test_json_lines_are_the_clusters_of_the_json() -> None:
    lines = [json.loads(line) for line in draw(SAMPLE, "jsonl").splitlines()]
    assert [{"schema_version": 1, **c} for c in json.loads(draw(SAMPLE, "json"))["clusters"]] == lines


def test_csv_is_a_row_a_pair_with_an_empty_decision() -> None:
    rows = list(csv.DictReader(io.StringIO(draw(SAMPLE, "csv"))))
    assert [(row["decision"], row["cluster"], row["first_id"], row["second_id"]) for row in rows] == [
        ("", "1", "12", "31"),
        ("", "1", "12", "40"),
        ("", "2", "5", "6"),
    ]
    assert rows[0]["score"] == "0.890000"
    assert rows[0]["second_url"] == "https://github.com/owner/repo/issues/31"


def test_no_cell_of_a_csv_is_a_formula_and_ids_come_back_as_they_were() -> None:
    rows = list(csv.DictReader(io.StringIO(draw(hostile(), "csv"))))
    for row in rows:
        assert not [cell for cell in row.values() if cell[:1] in "=+-@\t\r" and cell[:1]]
    assert [unguarded(row["second_id"]) for row in rows] == [m.id for m in hostile().clusters[0].members[1:]]


@given(strategies.text())
def test_a_guarded_cell_comes_back(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert guarded(cell)[:1] not in {*"=+-@\t\r\n"}


def test_markdown_has_a_command_for_each_open_duplicate_on_github_and_no_other() -> None:
    drawn = draw(SAMPLE, "markdown")
    assert re.findall("^gh .*", drawn, re.MULTILINE) == [
        "gh issue close 31 --duplicate-of 12 --repo owner/repo"
    ]
    elsewhere = cluster(member("1", score=None), member("2", url="https://gitlab.com/o/r/-/issues/2"))
    assert "gh issue" not in draw(report(elsewhere), "markdown")
    hostile_ids = cluster(
        member("1", score=None), member("2; rm -rf /", url="https://github.com/owner/repo/issues/2")
    )
    assert "gh issue" not in draw(report(hostile_ids), "markdown")


def test_titles_in_markdown_mention_nobody_refer_to_nothing_and_link_nowhere() -> None:
    shown = neutral(HOSTILE[8])
    assert not re.search(r"@\w|#\w|GH-\d|://", shown)
    assert shown.replace("\u200b", "").replace("\\", "") == HOSTILE[8]
    assert neutral("<b> & | _x_") == r"\<b\> \& \| \_x\_"


def test_only_http_and_https_are_links() -> None:
    assert link(member("1", url="https://x.org/1?a=b#c")) == "https://x.org/1?a=b#c"
    for url in (
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://x/ y",
        'https://x/"y',
        " https://x",
    ):
        assert link(member("1", url=url)) is None


class _Attributes(HTMLParser):
    """Collects the names of all attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [name for name, _ in attrs]


def test_the_page_allows_no_script_or_style_but_its_own_and_no_request() -> None:
    drawn = draw(hostile(), "html")
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', drawn)
    assert policy.startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    assert "unsafe" not in policy
    assert len(re.findall("<script", drawn)) == 1
    links = set(re.findall(r'(?:src|href)="(?!#c)[^"]*"[^>]*', drawn))
    assert links == {'href="http://evil" rel="noopener noreferrer" target="_blank"'}  # of a body's Markdown
    parser = _Attributes()
    parser.feed(drawn)
    attributes = parser.found
    assert len(attributes) > 100
    assert [name for name in attributes if name.startswith("on") or name == "style"] == []


def test_a_margin_below_zero_is_below_the_neighbours() -> None:
    [first, *_] = SAMPLE.clusters
    low = replace(first, pairs=(replace(first.pairs[0], margin=-0.0084),))
    drawn = draw(replace(SAMPLE, clusters=(low,)), "html")
    assert "0.008 below the neighbours" in drawn
    assert "above the neighbours" not in drawn


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_siblings_series_and_equal_texts_have_sections_of_their_own(form: str) -> None:
    drawn = draw(SAMPLE, form)
    assert "12 pairs that differ in the platform" in drawn
    assert "ios ≠ android" in drawn
    single = replace(SAMPLE, siblings=(replace(SAMPLE.siblings[0], n_pairs=1),))
    assert "1 pair that differs in the platform" in draw(single, form)
    for count, title in (("3", "Publish release notes"), ("4,700", "Crash in the tray icon")):
        assert count in drawn
        assert title in drawn


def test_json_has_siblings_series_and_equal_texts() -> None:
    document = json.loads(draw(SAMPLE, "json"))
    [group] = document["siblings"]
    assert (group["kind"], group["pairs"]) == ("platform", 12)
    [example] = group["examples"]
    assert example["difference"] == {"first": "ios", "second": "android"}
    assert [each["records"] for each in document["series"]] == [3]
    assert [each["records"] for each in document["identical"]] == [4700]


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_what_to_work_through_is_listed(form: str) -> None:
    drawn = draw(SAMPLE, form)
    for text in (
        "31",
        "Beep at night",
        "Beeps when idle" if form != "table" else "501",
        "18 times",
        "Blue screen",
    ):
        assert text in drawn
    assert "last week say the same" in drawn


def test_json_has_the_lists_to_work_through() -> None:
    lists = json.loads(draw(SAMPLE, "json"))["triage"]
    assert (lists["still_open_total"], lists["bursts"]) == (31, [1])
    [pair] = lists["still_open"]
    assert (pair["duplicate"]["id"], pair["canonical"]["id"]) == ("500", "501")
    assert [(each["id"], each["duplicates"]) for each in lists["most_reported"]] == [("502", 17)]


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_the_summary_says_how_many_marked_pairs_the_report_would_show(form: str) -> None:
    assert "of 20 pairs that the tracker marks, this report would show 9 (45%)" in draw(SAMPLE, form)


@pytest.mark.parametrize("form", ["table", "markdown", "html", "github"])
def test_a_regression_is_shown_with_the_date_of_the_last_fix(form: str) -> None:
    fixes = [
        member(f"4{day}", state="closed", resolution="fixed", closed=datetime(2031, 4, day, tzinfo=UTC))
        for day in (5, 7)
    ]
    found = replace(cluster(member("12", score=None), *fixes), probability=0.51, kind="regression")
    assert "a regression? fixed on 2031-04-07" in draw(report(found), form).replace("\u200b", "")
    undated = replace(found, members=(found.members[0], *(replace(fix, closed=None) for fix in fixes)))
    assert "fixed on" not in draw(report(undated), form)


def test_two_sources_are_named_and_one_is_not() -> None:
    two = report(cluster(member("1", score=None), member("1", source="other.csv")))
    for form in ("table", "markdown", "html"):
        assert "other.csv" in draw(two, form)
        assert "tracker.db" not in draw(SAMPLE, form)


def test_a_cut_report_says_how_much_is_missing() -> None:
    cut = replace(SAMPLE, n_clusters=40)
    assert "2 of them shown" in draw(cut, "table")
    assert "38 more clusters" in draw(cut, "html")


def test_ages_are_in_words() -> None:
    first = member("1").created
    assert first is not None
    assert [
        age(first, first.replace(year=year, month=month)) for year, month in ((2024, 1), (2024, 4), (2030, 1))
    ] == [
        "today",
        "3 months ago",
        "6 years ago",
    ]
    assert age(None, first) == ""


@given(strategies.text(max_size=2000))
def test_a_plain_text_is_one_short_line(text: str) -> None:
    shown = plain(text, 50)
    assert len(shown) <= 50
    assert len(shown.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
