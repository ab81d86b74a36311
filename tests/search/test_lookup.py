"""A few words, a code or a quoted phrase find first the records that have them."""

import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.search import phrases
from dupfind.search.bm25 import Postings, look_up
from dupfind.search.lexicon import Lexicon
from dupfind.search.lookup import HOLDS, Lookup, lookup, part_of_a_title
from dupfind.search.match import SearchRequest
from dupfind.search.spelling import corrections, is_near, may_be_misspelt
from tests.support.samples import corpus, record

OTHERS = [
    record("phrase", "A stack overflow while drawing", "The window closes.", state="open"),
    record("title", "Overflow of the parser stack", "It ends.", state="closed", project="a"),
    record(
        "text", "Parser ends without a message", "The log names the stack, and an overflow.", state="open"
    ),
    record("half", "Stack of cards is empty", "Nothing is dealt."),
    record("code", "Build breaks since Monday", "error[E0308]: mismatched types"),
    record("other code", "Build breaks since Tuesday", "error[E0277]: a trait bound"),
    record("cjk", "設定画面の検索が遅い", "数秒かかる"),
    record("cjk text", "画面が白い", "検索のあとで白くなる"),
]


@pytest.fixture
def tracker(writable: WritableCollection) -> WritableCollection:
    writable.index([*corpus(150), *OTHERS], source="tracker")
    return writable


def first(tracker: WritableCollection, query: str, n: int, **options: object) -> list[str]:
    return [hit.id for hit in tracker.search(query, k=n, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "looked_up"),
    [
        ("stack overflow", Lookup("stack overflow")),
        ("  E0308 ", Lookup("E0308")),
        ("the build fails with E0308", Lookup("E0308", beside="the build fails with")),
        ("why ERR_CERT_DATE and DW-4471?", Lookup("ERR_CERT_DATE DW-4471", beside="why and")),
        ("fails with CVE-2024-1234 again", Lookup("CVE-2024-1234", beside="fails with again")),
        ("crash at std::io again today", Lookup("std::io", beside="crash at again today")),
        ("App 10.15 crashes at start", None),
        ("Crash on 64bit Windows builds", None),
        ("base64 of UTF-16 is wrong", None),
        ("1080p video stops after 500ms", None),
        ("Broken since 2024-01-15 at 10:30", None),
        ("why do ERR_CERT_DATE and DW-4471 come", None),
        ('where is "out of memory"', Lookup("out of memory", is_quoted=True, beside="where is")),
        ('Screen 5" and 6" devices flicker', None),
        ("a b " + "c," * 100_000, None),
        ("«stack overflow»", Lookup("stack overflow", is_quoted=True)),
        ("検索", Lookup("検索")),
        ("the parser ends without any message", None),
        ("E0308\\nis what the compiler says".replace("\\n", "\n"), None),
        ("a long sentence about a build that fails with E0308 since Monday", None),
        ("???", None),
        ('"?!"', None),
        ("", None),
    ],
)
def test_what_is_a_lookup(query: str, looked_up: Lookup | None) -> None:
    assert lookup(query) == looked_up


def test_a_phrase_in_the_title_comes_before_its_words_there_and_those_before_the_text(
    tracker: WritableCollection,
) -> None:
    assert first(tracker, "stack overflow", 3) == ["phrase", "title", "text"]
    assert first(tracker, "Stack Overflows", 3)[:1] != ["half"]
    assert set(first(tracker, "overflow stack", 3)) == {"phrase", "title", "text"}


@pytest.mark.parametrize("query", ["stack overfow", "stakc overflow", "stack overfllow", "stack obverflow"])
def test_a_misspelt_word_stands_for_its_neighbours(tracker: WritableCollection, query: str) -> None:
    assert set(first(tracker, query, 3)) == {"phrase", "title", "text"}


def test_a_word_has_at_most_a_thousand_words_that_differ_by_one_letter() -> None:
    words = ["abcdefghijklmnopqrstuvwxyz"[:n] for n in range(5, 26)]
    assert may_be_misspelt(words[0])
    assert max(len(corrections(word)) for word in words if may_be_misspelt(word)) < 1_100


def test_a_quoted_phrase_is_looked_up_among_other_words(tracker: WritableCollection) -> None:
    assert first(tracker, 'why "stack overflow" again?', 1) == ["phrase"]


@pytest.mark.parametrize("query", ["E0308", "e0308", "build breaks with E0308", "[E0308]"])
def test_a_code_finds_its_record_first(tracker: WritableCollection, query: str) -> None:
    assert first(tracker, query, 1) == ["code"]


def test_a_word_of_a_script_without_spaces_is_looked_up(tracker: WritableCollection) -> None:
    assert first(tracker, "検索", 2) == ["cjk", "cjk text"]
    assert first(tracker, "検索が遅い", 1) == ["cjk"]


@pytest.mark.parametrize("query", ["stack zebra", "E9999", "zz"])
def test_a_lookup_that_no_record_holds_is_answered_as_a_description(
    tracker: WritableCollection, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [(hit.id, hit.score) for hit in tracker.search(query, k=30)]
    monkeypatch.setattr(SearchRequest, "lookup", None)
    assert [(hit.id, hit.score) for hit in tracker.search(query, k=30)] == expected


@pytest.mark.parametrize("query", ["stack overflow", "crash", "worker disk", "E0308"])
def test_the_number_of_hits_changes_no_order_and_with_a_filter_holders_come_first_too(
    tracker: WritableCollection, query: str
) -> None:
    every = [hit.id for hit in tracker.search(query, k=158)]
    for k in (1, 2, 5, 40):
        assert first(tracker, query, k) == every[:k]
    words = query.lower().split()
    records = {old.id: old for old in (*corpus(150), *OTHERS)}

    def holds(id: str) -> int:
        """2 for all words in the title, 1 for all in title and body."""
        title = records[id].title.lower()
        in_text = all(word in f"{title} {records[id].body}".lower() for word in words)
        return 2 if all(word in title for word in words) else int(in_text)

    for state in (None, "open", "closed"):
        tiers = [holds(id) for id in first(tracker, query, 158, state=state)]
        assert tiers == sorted(tiers, reverse=True)
        assert tiers[0] > 0 or state == "closed" or (query, state) == ("E0308", "open")


def test_a_checksum_is_looked_up_as_the_word_search_has_it(tracker: WritableCollection) -> None:
    checksum = "0123456789abcdef" * 8  # SHA-512: longer than a word that is kept whole
    tracker.index([record("checksum", "Download differs", f"sha512 {checksum}")], source="other")
    assert first(tracker, checksum, 1) == ["checksum"]


def test_function_words_need_not_be_held(tracker: WritableCollection) -> None:
    assert set(first(tracker, "overflow of stack", 3)) == {"phrase", "title", "text"}
    assert Lookup("the stack").tokens == ("stack",)
    assert Lookup("to be").tokens == ("to", "be")


def test_a_lookup_has_no_verdict_and_a_description_of_the_same_words_has(tracker: WritableCollection) -> None:
    search = tracker.searcher.search
    assert not search(SearchRequest("crash of worker")).can_judge  # three words, which records hold
    assert not search(SearchRequest("build breaks with E0308")).can_judge
    assert search(SearchRequest(record("", "build breaks with E0308"))).can_judge
    assert search(SearchRequest("E9999 is what build breaks with")).can_judge  # nothing holds it
    assert all(hit.verdict is None for hit in search(SearchRequest("stack overflow")).hits)


@pytest.mark.parametrize(
    ("left", "right", "is_one"),
    [
        ("overflow", "overfow", True),
        ("overflow", "overflows", True),
        ("overflow", "ovreflow", True),
        ("overflow", "overflaw", True),
        ("overflow", "overflow", False),
        ("overflow", "ovrefolw", False),
        ("overflow", "overfl", False),
        ("ab", "ba", True),
        ("abc", "cba", False),
        ("", "a", True),
    ],
)
def test_one_edit_is_one_letter(left: str, right: str, is_one: bool) -> None:
    assert (right in corrections(left)) is (left in corrections(right)) is is_one
    assert is_near(left, right, 1) is is_near(right, left, 1) is (is_one or left == right)


@pytest.mark.parametrize(
    ("left", "right", "n_edits"),
    [
        ("overflow", "ovrefolw", 2),
        ("overflow", "overfl", 2),
        ("overflow", "ovflw", 3),
        ("recursion", "recrusoin", 2),
        ("abcdefgh", "hgfedcba", 9),
    ],
)
def test_the_number_of_edits_is_the_least_that_is_enough(left: str, right: str, n_edits: int) -> None:
    assert [is_near(left, right, n) for n in range(3)] == [n >= n_edits for n in range(3)]


@pytest.mark.parametrize(
    ("query", "id"),
    [
        ("relocaton", "ending"),  # the stem of "relocation" is "reloc"
        ("authorizatoin", "other ending"),
        ("ereader", "first letter"),
        ("mismachted", "code"),  # two mistakes
    ],
)
def test_a_mistake_anywhere_in_a_word_is_corrected(tracker: WritableCollection, query: str, id: str) -> None:
    tracker.index(
        [
            record("ending", "Relocation of a section fails"),
            record("other ending", "Authorization expires"),
            record("first letter", "The reader stays open"),
        ],
        source="other",
    )
    assert first(tracker, query, 1) == [id]


def test_the_title_of_an_indexed_issue_is_no_lookup(tracker: WritableCollection) -> None:
    response = tracker.searcher.search(SearchRequest("Nothing works now"))
    assert not response.hits[0].is_exact
    tracker.index([record("short", "Nothing works now")], source="other")
    response = tracker.searcher.search(SearchRequest("Nothing works now"))
    assert response.can_judge
    assert (response.hits[0].id, response.hits[0].verdict) == ("short", "likely")


def test_holders_that_a_filter_leaves_out_make_no_lookup(tracker: WritableCollection) -> None:
    search = tracker.searcher.search
    assert not search(SearchRequest("overflow parser stack")).can_judge
    assert search(SearchRequest("overflow parser stack", state="open", project="b")).can_judge


@pytest.mark.parametrize("code", ["E0309", "E0380", "12345"])
def test_a_code_that_no_record_has_is_not_taken_for_a_misspelt_one(
    tracker: WritableCollection, code: str
) -> None:
    tracker.index([record("number", "Window 12346 is empty")], source="other")
    with tracker.store.reading():
        assert look_up(Lexicon(tracker.store.connection), Lookup(code)).rows.tolist() == []


@pytest.mark.parametrize(
    "query",
    [
        "stack overflow",
        "stakc overfow",
        "E0308",
        "検索",
        "worker crash",
        "E0309",
        "ovrefolw",
        "no such words",
    ],
)
def test_memory_and_disk_hold_the_same_rows(tracker: WritableCollection, query: str) -> None:
    connection = tracker.store.connection
    with tracker.store.reading():
        on_disk = look_up(Lexicon(connection), Lookup(query))
        in_memory = Postings.read(connection).look_up(connection, Lookup(query))
    assert on_disk.rows.tolist() == in_memory.rows.tolist()
    assert on_disk.where.tolist() == in_memory.where.tolist()


def test_a_part_of_a_title_is_found_whatever_else_is_like_it(tracker: WritableCollection) -> None:
    part = "closes while it is being dragged"
    tracker.index(
        [
            record("part", "The side panel closes while it is being dragged to the left edge", "Sometimes."),
            record("like it", "Dragged while closing", "It is being closes while dragged, it is. " * 3),
            record("other order", "While it is being dragged it closes", "It closes while dragged."),
        ],
        source="other",
    )
    assert first(tracker, part, 1) == ["part"]
    assert first(tracker, part.upper(), 1) == ["part"]
    assert first(tracker, part, 1, state="open") != ["part"]
    response = tracker.searcher.search(SearchRequest(part))
    assert HOLDS[response.matches[0].held] == "phrase"
    assert response.can_judge  # it may be all that someone writes about an issue


@pytest.mark.parametrize("place", [0, 20, 39])
def test_a_part_of_a_title_is_found_among_any_number_of_titles_with_its_words(
    writable: WritableCollection, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phrases, "_MOST_TITLES", 5)
    titles = [f"{n}: printer queue of the office empties the tray" for n in range(40)]
    titles[place] = "the office printer empties the queue"
    writable.index([record(str(n), title) for n, title in enumerate(titles)], source="tracker")
    part = part_of_a_title("office printer empties the queue")
    assert part is not None
    with writable.store.reading():
        rows = phrases.rows_with_part(writable.store, part).tolist()
        assert [each.title for each in writable.store.records(rows).values()] == [titles[place]]


def test_of_many_titles_with_a_part_the_newest_are_found(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phrases, "_MOST_TITLES", 5)
    writable.index([record(str(n), f"{n}: the office printer is empty") for n in range(20)], source="tracker")
    part = part_of_a_title("the office printer is empty")
    assert part is not None
    with writable.store.reading():
        rows = phrases.rows_with_part(writable.store, part)
        assert rows.tolist() == sorted(rows.tolist())
        assert sorted(int(each.id) for each in writable.store.records(rows.tolist()).values()) == [
            *range(15, 20)
        ]


def test_a_part_of_a_title_in_a_language_with_indexed_parts_of_words(tracker: WritableCollection) -> None:
    tracker.index(
        [
            record("german", "Das Fenster lässt sich nach dem Start nicht mehr schließen", "Immer."),
            record("chinese", "设置页面里的搜索框在横屏时完全看不见", "总是"),
        ],
        source="other",
    )
    assert first(tracker, "sich nach dem Start nicht", 1) == ["german"]
    assert first(tracker, "搜索框在横屏时完全看不见", 1) == ["chinese"]


@pytest.mark.parametrize(
    ("query", "is_part"),
    [
        ("closes while it is dragged", True),
        ("it is not what we can do", False),  # function words alone
        ("word " * 12, False),  # one word
        ("a b c d e f g h i j k l m", False),
        ("first line\nsecond line of it", False),
        ("", False),
    ],
)
def test_what_may_be_a_part_of_a_title(query: str, is_part: bool) -> None:
    assert (part_of_a_title(query) is not None) is is_part


def test_a_phrase_is_first_in_any_form_and_as_it_is_typed_before_that(tracker: WritableCollection) -> None:
    tracker.index(
        [
            record("apart", "Timer of the idle page, and its timers", "idle timer, idle timer"),
            record("other form", "Idle timers leak", "Rarely."),
            record("same", "The idle timer leaks after some hours of work without any input", "Rarely."),
        ],
        source="other",
    )
    assert first(tracker, "idle timer", 3) == ["same", "other form", "apart"]


def test_a_phrase_is_first_however_many_titles_have_its_words_apart(tracker: WritableCollection) -> None:
    apart = [record(f"apart {n}", f"Page {n} of a view", "page view " * 9) for n in range(250)]
    title = "A title of many more words than others have, in which the view page of the shop is named"
    tracker.index([*apart, record("phrase", title, "Some other text about it.")], source="other")
    assert first(tracker, "view page", 1) == ["phrase"]


def test_signs_of_a_name_count_among_titles_that_have_its_word(tracker: WritableCollection) -> None:
    others = [record(f"no sign {n}", "Print", "print! print! print!") for n in range(5)]
    tracker.index([*others, record("sign", "Expansion of print! is slow for long texts")], source="other")
    assert first(tracker, "print!", 1) == ["sign"]
    assert len(first(tracker, "print!", 6)) == 6


@pytest.mark.parametrize(
    "query", ["parse header", "parse_header", "parse-header", "parseHeader", "Parse header"]
)
def test_words_that_code_writes_as_one_are_a_phrase(writable: WritableCollection, query: str) -> None:
    others = [
        record("apart", "Parse the body and then its header", "Twice.", state="open"),
        record("code", "parseHeader() returns nothing", "For folded lines."),
        record("in body", "Lines are lost", "It comes from parseHeader of the mail."),
    ]
    writable.index([*corpus(150), *others], source="tracker")
    assert first(writable, query, 1) == ["code"]
    holding = [
        match.record.id for match in writable.searcher.search(SearchRequest(query)).matches if match.held
    ]
    assert set(holding) >= {"code", "in body"}
    with writable.store.reading():
        lexicon = Lexicon(writable.store.connection)
        assert [look_up(lexicon, joined).rows.size for joined in [Lookup(query).joined] if joined] in (
            [2],
            [],
        )


@pytest.mark.parametrize("query", ["4.12.0", '"parse header"', "header", "設定 画面", "one two three four"])
def test_numbers_and_phrases_are_not_taken_as_one_word(query: str) -> None:
    looked_up = lookup(query)
    assert looked_up is None or looked_up.joined is None


def test_a_phrase_in_a_body_comes_before_its_words_apart(tracker: WritableCollection) -> None:
    far = "An unrelated line of it.\n" * 60
    tracker.index(
        [
            record("apart", "Symbols", "The symbol that was undefined is fine. A symbol is undefined."),
            record("phrase", "Linking ends", f"{far}ld: undefined symbol: draw"),
            record("title apart", "Symbol of undefined kind", "Nothing."),
        ],
        source="other",
    )
    assert first(tracker, "undefined symbol", 3) == ["title apart", "phrase", "apart"]
    assert first(tracker, '"undefined symbol"', 1) == ["phrase"]


def test_a_misspelt_phrase_is_looked_for_as_it_is_spelt_rightly(tracker: WritableCollection) -> None:
    tracker.index(
        [
            record("apart", "Validation of a certificate", "certificate validation " * 9),
            record("phrase", "An error of certificate validation in the proxy of the office", "Rarely."),
            record("same stem", "Certificates validate", "certificate validation"),
        ],
        source="other",
    )
    assert first(tracker, "certifcate validaton", 1) == ["phrase"]


def test_words_beside_a_phrase_or_a_code_decide_among_titles_that_have_it(
    tracker: WritableCollection,
) -> None:
    tracker.index(
        [
            record("tablet", "Tablet: the drop shadow", "drop shadow " * 5),
            record(
                "phone", "Phone: after an hour of use no button of the toolbar has a drop shadow", "Rarely."
            ),
            record("code on phone", "Phone: DW-4471 after an hour of use when the toolbar is shown"),
            record("code", "Tablet: DW-4471", "phone"),
        ],
        source="other",
    )
    assert first(tracker, 'phone "drop shadow"', 2) == ["phone", "tablet"]
    assert first(tracker, 'the "drop shadow" of a tablet', 2) == ["tablet", "phone"]
    assert first(tracker, "DW-4471 on a phone", 1) == ["code on phone"]
