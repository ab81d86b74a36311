"""Tests of what sets two issues apart, on pairs that were written without knowledge of the rules."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dupfind.records import Record
from dupfind.results import Difference
from dupfind.verdict import differences, named_end, near_copy
from dupfind.verdict.differences import difference
from dupfind.verdict.near_copy import MAX_CHARACTERS, n_grams
from tests.support.two_issues import STEPS, issues, shared

HERE = Path(__file__).parent


def pairs(name: str) -> list[tuple[str, Record, Record]]:
    """Read the invented pairs of a file: kind, and both issues."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [
        (pair["kind"], *(Record(id=side, **pair[side]) for side in ("a", "b")))
        for pair in map(json.loads, lines)
    ]


@pytest.mark.parametrize(
    ("kind", "left", "right"), pairs("apart.jsonl"), ids=lambda value: getattr(value, "title", value)
)
def test_contraries_twins_and_series_are_set_apart_from_either_side(
    kind: str, left: Record, right: Record
) -> None:
    both = shared(left, right)
    assert difference(left, right, both) is not None
    assert difference(right, left, shared(right, left)) is not None


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [pair for pair in pairs("alike.jsonl") if pair[0] != "generic title"],
    ids=lambda value: getattr(value, "title", value),
)
def test_nothing_sets_duplicates_apart(kind: str, left: Record, right: Record) -> None:
    assert difference(left, right, shared(left, right)) is None


def test_edited_copies_are_near_copies_and_generic_titles_are_none() -> None:
    near: dict[str, list[bool]] = {kind: [] for kind, *_ in pairs("alike.jsonl")}
    for kind, left, right in pairs("alike.jsonl"):
        near[kind].append(shared(left, right).is_near_copy)
    assert sum(near["edited"]) >= 16
    assert not any(near["generic title"])


def test_texts_that_part_at_their_end_are_no_near_copies() -> None:
    common = "The window is opened from the menu of the tray. A second screen is connected by a dock. " * 6
    left = Record(
        "1", "Window trouble with a dock", common + "The title bar is drawn below the panel of the desktop."
    )
    right = Record(
        "2", "Window trouble with a dock", common + "Sound stops as soon as a headset is unplugged."
    )
    assert shared(left, right).both_add
    assert not shared(left, right).is_near_copy


@pytest.mark.parametrize("prefix", ["error", "Panic", "ICE", "Warning", "error: internal compiler error"])
def test_a_prefix_that_names_a_fault_is_no_component(prefix: str) -> None:
    fault, part = (
        Record(name, f"{name}: unsupported cast of a pointer to a float") for name in (prefix, "codegen")
    )
    assert difference(fault, part, shared(fault, part)) is None
    other = replace(part, title=part.title.replace("codegen", "parser"))
    assert difference(other, part, shared(other, part)) == Difference("component", "parser", "codegen")


def test_a_difference_names_both_sides() -> None:
    twins = Record("1", "Android: map turns black"), Record("2", "iOS: map turns black")
    assert difference(*twins, shared(*twins)) == Difference("platform", "android", "ios")
    reports = Record("1", "Weekly backlog report 2031-03-01"), Record("2", "Weekly backlog report 2031-04-01")
    assert difference(*reports, shared(*reports)) == Difference("date", "2031-03-01", "2031-04-01")


_LINES = [
    f"step {number} opens panel {number % 7} and waits for the answer of the server" for number in range(900)
]
_ENDS = (
    "after that the printer draws every second page upside down",
    "finally a headset that was unplugged keeps its volume forever",
)


@pytest.mark.parametrize(
    "common",
    ["\n".join([*_LINES[:90], ""]), " ".join([*_LINES[:40], ""]), "\n".join([*_LINES, *_LINES, ""])],
    ids=["many lines", "a line without a full stop", "longer than is compared"],
)
def test_texts_that_part_late_are_no_near_copies(common: str) -> None:
    left, right = (Record(end[:3], "Trouble with many panels", common + end) for end in _ENDS)
    assert not shared(left, right).is_near_copy
    greeting = replace(left, title="Trouble with panels", body=f"Hello! {left.body}")
    assert shared(left, greeting).is_near_copy == (len(common) < MAX_CHARACTERS)


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "- [" * 70_000, "1." * 100_000, "v1 " * 70_000, "x: " * 70_000]
)
def test_no_more_than_the_bound_of_a_hostile_text_is_compared(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counted(text: str) -> set[str]:
        read.append(len(text))
        return n_grams(text)

    monkeypatch.setattr(near_copy, "n_grams", counted)
    left, right = Record("1", text[:2_000], text), Record("2", text[1:2_001], text[1:])
    difference(left, right, shared(left, right))
    # Both texts, and all pieces of both.
    assert sum(read) <= 4 * MAX_CHARACTERS


TEXT = (
    "Scripts should be able to {use} without a plug-in. Several of the common ones fit small devices well, "
    "and people could move the code that they have on their desk.\n\nhttp://docs.example.org/{page}"
)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        # The scheme of an address names nothing.
        (("http", "send requests", "http.html"), ("ftp", "send requests", "ftp.html")),
        (("https", "send requests", "https.html"), ("http", "send requests", "http.html")),
        # The left text names its thing twice; the right one names another, and never this one.
        (
            ("storage", "use storage as they use cookies, since cookies are small", "a"),
            ("cookie", "use cookies", "a"),
        ),
    ],
)
def test_of_nearly_equal_texts_each_about_its_own_thing_neither_is_a_copy(
    left: tuple[str, str, str], right: tuple[str, str, str]
) -> None:
    one, other = (
        Record(id="", title=f"Provide a {thing} client for scripts", body=TEXT.format(use=use, page=page))
        for thing, use, page in (left, right)
    )
    assert shared(one, other).is_near_copy
    for pair in ((one, other), (other, one)):
        found = difference(*pair, shared(*pair))
        assert found is not None
        assert found.kind == "object"


@pytest.mark.parametrize(
    ("titles", "kind"),
    [
        (("Docs: move the examples of Net.Socket", "Docs: move the examples of Net.Socket.Options"), "name"),
        (("Port ScrollPane to the new renderer", "Port TabStrip to the new renderer"), "name"),
        (("Replace parse_header in the reader", "Replace parse_footer in the reader"), "name"),
        (("Web: convert Toolbar", "Web: convert SplitView"), "object"),
        (("Web: convert Popover", "Web: convert Drawer"), "object"),
    ],
)
def test_one_task_for_two_named_things_is_no_copy_although_both_texts_are_equal(
    titles: tuple[str, str], kind: str
) -> None:
    pair = issues(titles, (STEPS, STEPS))
    for one, other in (pair, pair[::-1]):
        found = difference(one, other, shared(one, other))
        assert found is not None
        assert found.kind == kind


@pytest.mark.parametrize(
    "titles",
    [
        # One name is the other with its owner, or another spelling of it.
        ("Docs: move the examples of Net.Socket", "Docs: move the examples of Socket"),
        ("Docs: move the examples of Net.Socket", "Docs: move the examples of net.socket()"),
        ("Docs: move the examples of net_socket", "Docs: move the examples of NetSocket"),
        # Titles in capitals, and a word of everyday speech in place of another.
        ("Move The Examples Of Sockets To New Pages", "Move The Examples Of Sockets To Other Pages"),
        ("Move the examples of sockets to new pages", "Move the samples of sockets to new pages"),
        ("Docs: move examples", "Docs: move example"),
    ],
)
def test_another_spelling_of_a_name_sets_nothing_apart(titles: tuple[str, str]) -> None:
    left, right = issues(titles, (STEPS * 2, STEPS * 2))
    assert difference(left, right, shared(left, right)) is None


@pytest.mark.parametrize(
    ("titles", "bodies"),
    [
        (("Nver closes the file", "Never closes the file"), ("", "")),
        (("Replace the tracer by a No-Op tracer", "Replace the tracer by a NoOp tracer"), ("", "")),
        (("Attributes are ignored on generic functions", "Attributes are ignored on generic fns"), ("", "")),
        # One body says what happens, the other one what should happen.
        (
            ("Cannot comment a selected section", "Cannot comment selected sections"),
            (
                "Select a section and press the key.\nThe selected section remains uncommented.",
                "Select a section and press the key.\nThe selected section should be commented.",
            ),
        ),
    ],
)
def test_one_wish_in_another_form_is_no_contrary(titles: tuple[str, str], bodies: tuple[str, str]) -> None:
    left, right = issues(titles, bodies)
    assert difference(left, right, shared(left, right)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Duraiton: give the parts of a second", "Duration: give the parts of a second"),
        ("Suspetced bug of the reader: stack overflow", "Suspected bug of the reader: stack overflow"),
        ("Compile with --tets and no library", "Compile with --test and no library"),
        ("Use fs.b4x.chekcsum.kind in the reader", "Use fs.b4x.checksum.kind in the reader"),
        ("Fix a leak in B4XTestCredentialPsrovider", "Fix a leak in B4XTestCredentialsProvider"),
    ],
)
@pytest.mark.parametrize("body", ["", STEPS, "A test of the duration finds the HNS account suspected. " * 3])
def test_two_letters_that_changed_places_set_nothing_apart(left: str, right: str, body: str) -> None:
    pair = issues((left, right), (body.replace("test", "tets"), body))
    for one, other in (pair, pair[::-1]):
        assert difference(one, other, shared(one, other)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("gc: wrong line in a loop", "gcc: wrong line in a loop"),
        ("Use fs.b4x in readers", "Use fs.b5x in readers"),
        ("Sheets cannot be read by QMC", "Sheets cannot be read by SQMC"),
        ("Таблица не читается по QMC", "Таблица не читается по SQMC"),
    ],
)
def test_a_short_name_or_a_digit_is_no_typo(left: str, right: str) -> None:
    pair = issues((left, right), (STEPS, STEPS))
    assert difference(*pair, shared(*pair)) is not None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Accept long names in the importer", "Accept long names in the importer (2_4_X backport)"),
        (
            "Replace the old checks in billing-core modules",
            "Replace the old checks in billing-web and billing-api",
        ),
        ("Replace old assertions directly in billing-core", "Replace old assertions in Billing-web"),
        ("Drop the usage of java.util.Vector", "[JDK 21] Drop the usage of java.util.Stack"),
        ("Handle slow reads in DiskStream", "Slow reads in the S3 stream"),
        ("Bump parser to 4.10.11", "Bump parser to 4.10.9"),
        ("Bump parser to 2.9.10.4", "Bump parser to 2.9.10.3"),
        ("Bump the parser on the 3_2_3 branch", "Bump the parser on the 3_2_2 branch"),
        ("Port the faster group lookup into 2.10", "Make the group lookup faster"),
        ("XMLResponse should be immutable", "XMLRequest should be immutable"),
    ],
)
def test_one_task_for_another_named_part_or_release_is_set_apart(left: str, right: str) -> None:
    for titles in ((left, right), (right, left)):
        pair = issues(titles, ("", ""))
        assert difference(*pair, shared(*pair)) is not None


@pytest.mark.parametrize(
    "title",
    [
        "Accept long names in the importer (see the backport task)",
        "Accept long names in the importer (no backport needed)",
        "Accept long names in the importer (not a backport)",
        "Accept long names (without backport) in the importer",
    ],
)
def test_a_backport_in_passing_sets_nothing_apart(title: str) -> None:
    for titles in (
        ("Accept long names in the importer", title),
        (title, "Accept long names in the importer"),
    ):
        pair = issues(titles, ("", ""))
        found = difference(*pair, shared(*pair))
        assert found is None or found.kind != "version"


@pytest.mark.parametrize(
    "note",
    [
        "(backport)",
        "[Backport]",
        "(2.4 backport)",
        "(v2.x backport)",
        "(2_4_X back-port).",
        "(backport to 2.4)",
    ],
)
def test_a_title_that_ends_in_a_backport_is_of_one(note: str) -> None:
    pair = issues(
        ("Accept long names in the importer", f"Accept long names in the importer {note}"), ("", "")
    )
    found = difference(*pair, shared(*pair))
    assert found == Difference("version", "", "backport")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Signup Broken", "Signup Issue"),
        ("Night Mode", "Night Theme"),
        ("Import Problem", "Import Error"),
        ("Refund Declined", "Refund Rejected"),
        ("Audio Stuttering", "Audio Lagging"),
        ("Wizard Crash", "Wizard Freeze"),
        ("Dead Link", "Dead URL"),
        ("Freeze in Opera", "Freeze in Browser"),
    ],
)
def test_a_capital_in_a_title_of_two_words_is_no_name(left: str, right: str) -> None:
    for titles in ((left, right), (right, left)):
        pair = issues(titles, ("", ""))
        assert difference(*pair, shared(*pair)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [("Connect as Guest", "Connect as Owner"), ("import from Trello", "import from Asana")],
)
def test_a_name_in_a_short_title_sets_apart_behind_such_words_or_where_the_other_word_is_small(
    left: str, right: str
) -> None:
    pair = issues((left, right), ("", ""))
    assert difference(*pair, shared(*pair)) == Difference("object", left.split()[-1], right.split()[-1])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (
            "Port forwarding fails after an upgrade to 2.10",
            "Forwarding of ports fails after an upgrade to 2.10",
        ),
        ("Port 8080 is bound to 127.0.0.1 only", "Only 127.0.0.1 listens on port 8080"),
        ("Port the list view into 2.10", "The list view is to be ported into 2.10"),
    ],
)
def test_a_port_of_a_network_and_one_into_the_same_release_set_nothing_apart(left: str, right: str) -> None:
    for titles in ((left, right), (right, left)):
        pair = issues(titles, ("", ""))
        assert difference(*pair, shared(*pair)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Copying a file fails in FileTable", "Copying a file fails in the file table of Windows"),
        ("Copying a file fails on Windows", "Copying a file fails in the dialog"),
        ("Wrong Colour Of The Button In Settings Window", "Wrong Colour Of The Button In Preferences Dialog"),
        ("Upgrade the parser to fix CVE-2022-42889", "Upgrade the parser to 1.10.0"),
        ("Compiler panic in the sizing type of Reader", "Panic of the compiler in the sizing type of Writer"),
        ("Unable to stop the animation in ListRow", "Unable to stop the animation in ScrollPane"),
        ("Fix a leak in PoolCredentialPsrovider", "Fix a leak in PoolCredentialsProvider"),
        ("Release of 3.2.3 is broken", "Release of 3_2_3 is broken"),
        ("The report of 12.10.2023 is empty", "The report of 2023-10-12 is empty twice"),
    ],
)
def test_a_name_at_the_end_of_one_title_alone_sets_nothing_apart(left: str, right: str) -> None:
    for titles in ((left, right), (right, left)):
        assert named_end.differing(*titles) is None


def test_titles_of_many_other_words_are_not_compared_word_by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    is_same = differences._is_same_word

    def counted(one: str, other: str) -> bool:
        compared.append(one)
        return is_same(one, other)

    monkeypatch.setattr(differences, "_is_same_word", counted)
    for n in (4, 25):
        frame = " ".join(f"frame{chr(97 + k)}" for k in range(25))
        titles = [
            f"{frame} {' '.join(f'{side}{chr(97 + k)}' * 2 for k in range(n))}" for side in ("ab", "xy")
        ]
        left, right = issues((titles[0], titles[1]), (STEPS, f"Hello! {STEPS}"))
        differences.name_two_tasks(left, right)
        assert (0 < len(compared) <= 2 * 8**2) == (n == 4)
        compared.clear()
