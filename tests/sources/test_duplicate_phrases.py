import pytest
from hypothesis import given, strategies

from dupfind.records import Ref
from dupfind.sources.duplicate_phrases import find_originals, read_claims
from dupfind.sources.issue_mentions import MAX_COMMENT, Mention
from tests.support.timing import growth

OWN = Ref(None, "6")


def by_number(mention: Mention) -> Ref | None:
    return Ref(mention.project, mention.id)


def ids(comment: str) -> list[str]:
    return [mention.id for mention in read_claims(comment).explicit]


@pytest.mark.parametrize(
    "comment",
    [
        "Duplicate of #2",
        "duplicate of #2.",
        "dup of #2",
        "dupe of  #2",
        "Dup. of #2",
        "This is a duplicate of #2.",
        "Marked as duplicate of #2",
        "Marking as a dupe of #2",
        "Yes - marking as a dupe of #2.",
        "Thanks! Closing as duplicate of #2.",
        "closing as a duplicate of #2, thanks for the report!",
        "marked this issue as a duplicate of #2",
        "duplicate of bug 2",
        "Dupe of issue #2.",
        "*** This bug has been marked as a duplicate of bug 2 ***",
        "duplicate of ticket:2",
        "duplicate of [ticket:2 the crash]",
        "Duplicate of **#2**",
        "Duplicate of [#2](https://github.com/example/larkq/issues/2)",
        "Duplicate of [this one](https://github.com/example/larkq/issues/2)",
        "Duplicate of https://tracker.example.org/larkq/issues/2",
        "Duplicate of https://tracker.example.org/larkq/issues/2.",
        "Duplicate of <https://tracker.example.org/ticket/2>",
        "dup of https://bugs.example.org/show_bug.cgi?id=2",
        "dup of https://gitlab.example.org/a/b/-/issues/2",
        "dup of the older issue #2",
        "This duplicates #2.",
        "Dup #2",
        "@vera duplicate of #2",
        "This looks like a dupe: https://github.com/example/larkq/issues/2",
        "Almost certainly a dupe of #2",
        "It is not a bug, it is a duplicate of #2",
        "There is no doubt that this is a duplicate of #2",
        "Duplicate of #2. Could you try the nightly build?",
        "Duplicate of #2 - can you try it there?",
        "Duplicate of\n#2",
        "A duplicate (as far as the hum goes) of #2",
        "This is a duplicate of a well-known bug, #2.",
        "Duplicate for #2",
        "/dup #2",
        "/duplicate #2",
        "Duplicate of ~~#7~~ #2",
    ],
)
def test_a_mark_is_found(comment: str) -> None:
    assert ids(comment) == ["2"]


@pytest.mark.parametrize(
    "comment",
    [
        "Not a duplicate of #2, although I mentioned it there.",
        "This isn't a dup of #2",
        "This isn\u2019t a dup of #2",
        "I don't think this is a duplicate of #2",
        "no longer a duplicate of #2",
        "Never was a dupe of #2",
        "unmarked as duplicate of #2",
        "possible duplicate of #2",
        "Possibly a duplicate of #2",
        "Potential duplicate of #2",
        "This might be a duplicate of #2",
        "It may be a dup of #2",
        "could be a dup of #2",
        "Maybe a duplicate of #2",
        "Please say if this is a duplicate of #2",
        "partial duplicate of #2",
        "almost a duplicate of #2",
        "Is this a duplicate of #2",
        "Duplicate of #2?",
        "Duplicate of #2 ?",
        "Duplicate of https://tracker.example.org/larkq/issues/2?",
        "So, a duplicate of #2, right?",
        "Looks like #2 to me.",
        "See #2",
        "#2",
        "> Duplicate of #2",
        "He wrote:\n> Duplicate of #2\nbut no",
        "`Duplicate of #2`",
        "```\nDuplicate of #2\n```",
        "~~~\nDuplicate of #2",
        "{{{\nDuplicate of #2\n}}}",
        "<!-- duplicate of #2 -->",
        "This has duplicate #2",
        "I found a duplicate: this one, and #2",
        "the duplicates #2 and #3 have logs",
        "#7 is a duplicate of #2",
        "duplicate of two others",
        "duplicate of 2 others",
        "avoid duplicating code as in #2",
        "duplicated by #2",
        "~~Duplicate of #2~~",
        "It is a duplicate of the lines in #2",
        "",
    ],
)
def test_a_denial_a_guess_a_question_a_quote_and_code_are_no_mark(comment: str) -> None:
    assert ids(comment) == []


@pytest.mark.parametrize(
    ("comment", "mention"),
    [
        ("dup of #12", Mention("number", "12")),
        ("dup of #0012", Mention("number", "12")),
        ("dup of GH-12", Mention("number", "12")),
        ("dup of octo/larkq#12", Mention("number", "12", "octo/larkq")),
        ("dup of [1523B5d5cb]", Mention("hex", "1523b5d5cb")),
        ("dup of [1523b5d5cb|crash]", Mention("hex", "1523b5d5cb")),
        ("dup of " + "ab" * 20, Mention("hex", "ab" * 20)),
        ("Resolving as a duplicate of TIMOB-15896.", Mention("key", "TIMOB-15896")),
        ("dup of https://h.example/octo/larkq/issues/12#note", Mention("url", "12", "octo/larkq")),
        ("dup of https://h.example/g/s/larkq/-/issues/12", Mention("url", "12", "s/larkq")),
        ("dup of https://h.example/tktview/1523b5d5cb", Mention("url", "1523b5d5cb")),
        ("dup of https://h.example/browse/LAR-12", Mention("url", "LAR-12")),
    ],
)
def test_a_mention_tells_its_form_and_project(comment: str, mention: Mention) -> None:
    assert read_claims(comment).explicit == (mention,)


def test_one_comment_can_name_several() -> None:
    assert ids("Duplicate of #2, #3 and of bug 4, and see #5") == ["2", "3", "4"]


def test_what_the_original_is_a_duplicate_of_is_not_taken() -> None:
    assert ids("Closing as a dupe of #2, which is itself claimed to be a dupe of #5.") == ["2"]


def test_the_last_comment_that_names_an_original_counts() -> None:
    comments = ["Duplicate of #2", "Sorry: duplicate of #4", "Looks like #8 to me."]
    assert find_originals(comments, OWN, by_number) == (Ref(None, "4"),)


def test_a_later_denial_takes_its_original_back() -> None:
    comments = ["Duplicate of #2 and #4", "No, this is not a duplicate of #2."]
    assert find_originals(comments, OWN, by_number) == (Ref(None, "4"),)


def test_a_comment_that_names_nothing_of_this_tracker_changes_nothing() -> None:
    def only_two(mention: Mention) -> Ref | None:
        return Ref(None, "2") if mention.id == "2" else None

    assert find_originals(["dup of #2", "dup of #99"], OWN, only_two) == (Ref(None, "2"),)


def test_an_issue_is_never_its_own_original() -> None:
    assert find_originals(["Duplicate of #6"], OWN, by_number) == ()


def test_a_mark_far_down_in_a_log_is_not_looked_for() -> None:
    assert ids("x" * MAX_COMMENT + " dup of #2") == []


@pytest.mark.parametrize(
    "comment",
    [
        "That's #2. Closing as dup.",
        "Same dead socket as #2, only another way to get one. Closing as duplicate.",
        "#2 - dup. 1.0.4 has its own healthcheck.",
        "see #2, of which this is a duplicate",
        "The cause is #2 (dup): a fresh installation knows nothing.",
        "This is automatic: #2, closing as its duplicate.",
        "More of it is in #2; marking this as a duplicate of it.",
        "Closing as duplicate, see #2",
        "#7 is another thing; here it is #2. Dupe.",
        "Not the disk, not #7: this is #2. Closing as dup.",
    ],
)
def test_a_verdict_without_a_name_means_the_nearest_issue(comment: str) -> None:
    assert find_originals([comment], OWN, by_number) == (Ref(None, "2"),)


@pytest.mark.parametrize(
    "comment",
    [
        "Looks like #2 to me.",
        "See #2. Is this a dup?",
        "See #2. Not a dup.",
        "See #2. Possibly a dup.",
        "It is not #2, closing as duplicate.",
        "#2 has code that I would not duplicate",
        "See #2 for the dup detector",
        "#2." + " words" * 100 + ". Closing as dup.",
    ],
)
def test_a_number_beside_another_word_for_it_is_no_mark(comment: str) -> None:
    assert find_originals([comment], OWN, by_number) == ()


def test_an_issue_that_is_named_comes_before_one_that_stands_near() -> None:
    comments = ["Duplicate of #2", "That's also in #9. Dup."]
    assert find_originals(comments, OWN, by_number) == (Ref(None, "2"),)


@given(strategies.text(alphabet="dup of duplicate #12 [ab](https://x/issues/1)?>`~{}<!-\n", max_size=300))
def test_any_text_is_read(comment: str) -> None:
    for mention in read_claims(comment).explicit:
        assert mention.id


@given(strategies.text(max_size=40), strategies.integers(1, 10**9))
def test_a_denied_number_is_never_marked(before: str, number: int) -> None:
    assert str(number) not in [
        m.id for m in read_claims(f"{before}\n\nNot a duplicate of #{number}").explicit
    ]


@pytest.mark.parametrize(
    "unit",
    [
        "dup of ",
        "duplicate of [",
        "dup of https://x/",
        "dup of a/",
        "dup of #1, ",
        "<!-- dup ",
        "```dup",
        "`dup ",
        "> dup\n",
        "dup " + "\u2014",
        "is this " * 3 + "dup of ",
        "[" * 50 + "dup of ",
        "dup of #1 " + "a" * 150,
        "dup. ",
        "a" * 395 + "/ dup. ",
    ],
)
def test_time_grows_no_faster_than_the_text(unit: str) -> None:
    def claims(n_characters: int) -> None:
        read_claims((unit * (n_characters // len(unit) + 1))[:n_characters])

    assert growth(claims, MAX_COMMENT // 8) < 24
    assert growth(claims, MAX_COMMENT) < 3  # no more is read of a comment


@pytest.mark.parametrize(
    ("comment", "originals"),
    [
        ("That's #57, done in 1.2. dup", ["57"]),
        ("Our key had run out, #463. Closing as duplicate.", ["463"]),
        ("#132 - dup. 1.0.4 has its own check.", ["132"]),
        (
            "The background problem of #131. Closing as a duplicate, but I've opened #196 for the rest.",
            ["131"],
        ),
        ("Same as #48 (a name that isn't UTF-8), closing as duplicate.", ["48"]),  # UTF-8 looks like a key
        ("Dupe! The older one is #9.", ["9"]),
        ("See #8. Not a duplicate, though.", []),
        ("Is this a dup? Compare #8.", []),
        ("Fixed by #8.", []),
        ("See #8. Rather a duplicate of #9.", ["9"]),
    ],
)
def test_an_issue_named_beside_the_word_is_the_original_of_one_that_is_closed_as_duplicate(
    comment: str, originals: list[str]
) -> None:
    def resolve(mention: Mention) -> Ref | None:
        return Ref(None, mention.id) if mention.form == "number" else None

    assert [ref.id for ref in find_originals([comment], Ref(None, "1"), resolve)] == originals


def test_a_card_s_address_names_it_and_a_category_s_number_names_no_issue() -> None:
    def named(address: str) -> tuple[Mention, ...]:
        return read_claims(f"Duplicate of {address}").explicit

    [plain] = named("https://trello.com/c/aB3dE6gH")
    [titled] = named("https://trello.com/c/aB3dE6gH/12-the-oven-is-cold")
    assert plain.id == titled.id == "aB3dE6gH"
    assert named("https://forum.example.org/c/12") == ()


@pytest.mark.parametrize(
    "comment",
    [
        "Solved in 4.2. #2 is a duplicate of this one.",
        "#2 was closed as a duplicate of this issue",
        "Here are 2 potential duplicates:\n\n- #2\n- #3\n\nThis will be closed as a duplicate tomorrow.",
        "Possible duplicate issues: #2, #3. Closing as duplicate unless somebody objects.",
        "#2 has the same trace. It is going to be closed as a duplicate.",
    ],
)
def test_a_comment_on_another_issue_or_a_list_of_guesses_names_no_original(comment: str) -> None:
    assert find_originals([comment], OWN, by_number) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "#2 has the same hum. I am closing this one, it's a duplicate.",
        'Closing as a "duplicate" of #2',
        "#2 covers the hum, so this is an obvious duplicate.",
        "The hum of #2 again; closing as a dupe thereof.",
        "A dupe of the more recent #2",
    ],
)
def test_a_verdict_may_have_quotes_or_an_adjective(comment: str) -> None:
    assert [ref.id for ref in find_originals([comment], OWN, by_number)] == ["2"]


@pytest.mark.parametrize(
    "comment",
    [
        "#2 reports it as duplicate definition of a lamp.",
        "It now fails with an error (duplicate symbol), as in #2.",
        "I am tempted to close this as a dupe of #2",
        "Like #2, but I am unwilling to close it as a duplicate.",
        "Mostly a duplicate of #2",
        "A dupe of #2, but this one has a log, so I am closing the other one.",
        "The second hum is a duplicate of #2.",
        "I am less convinced now that it is a duplicate of #2",
    ],
)
def test_an_adjective_a_doubt_and_another_issue_are_no_verdict(comment: str) -> None:
    assert find_originals([comment], OWN, by_number) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "The hum of #2 again, so I'm going to close this as a duplicate.",
        "This is in fact a duplicate. #2",
        "We can consider it to be a duplicate, see #2",
        "The hum is that of #2. Looks like a dupe.",
    ],
)
def test_a_verdict_may_be_of_more_words(comment: str) -> None:
    assert [ref.id for ref in find_originals([comment], OWN, by_number)] == ["2"]


@pytest.mark.parametrize(
    ("objection", "is_left"),
    [
        ("It is not a duplicate: the lamp is another one.", False),
        ("I don't think it's a duplicate.", False),
        ("Are you sure that it is a dup?", False),
        ("How is this a duplicate?", False),
        ("Sorry, I did not look for duplicates.", True),
        ("I would not duplicate the lamp.", True),
        ("Thanks!", True),
    ],
)
def test_an_objection_leaves_no_mark_where_nothing_else_says_that_the_issue_is_a_duplicate(
    objection: str, is_left: bool
) -> None:
    comments = ["Dup of #2", objection]
    assert bool(find_originals(comments, OWN, by_number, is_duplicate=False)) == is_left
    assert find_originals(comments, OWN, by_number) == (Ref(None, "2"),)


@pytest.mark.parametrize(
    "comment",
    [
        "A robot marked this as a duplicate of #2 by mistake.",
        "It was closed as a dupe of #2, obviously in error.",
        "My script wrongly labelled it as duplicate of #2.",
        "This was incorrectly flagged as a duplicate of #2.",
        "It was wrong to close it as a duplicate of #2.",
        "Can we stop closing every report of a hum as a duplicate of #2",
        "Link them instead of marking this as a duplicate of #2.",
        "This used to be a duplicate of #2.",
        "It was once a dup of #2.",
        "This would be a duplicate of #2 had the lamp been the same.",
        "It would have been a dupe of #2 if that one had a log.",
        "I thought this was a duplicate of #2.",
        "I marked it as a duplicate of #2, but it turned out to be the socket.",
        "It looked like a dup of #2, but it isn't.",
        "This was marked as a duplicate of #2, so I reopened it.",
        "A duplicate of #2 was suspected.",
        "Partly a duplicate of #2",
        "This is a duplicate of #2 of 5 lamps",
        "See #2. A robot wrongly closed it as a duplicate.",
    ],
)
def test_a_mark_that_is_taken_back_in_its_sentence_is_none(comment: str) -> None:
    assert find_originals([comment], OWN, by_number) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "I opened a duplicate of #2 by mistake.",
        "Duplicate of #2, opened by mistake.",
        "Sorry, I accidentally filed a duplicate of #2.",
        "Duplicate of #2. Reopen it if you disagree.",
        "Duplicate of #2, which was reopened.",
        "This is a duplicate of #2, but that one isn't fixed yet.",
        "It isn't the socket but a duplicate of #2, but with a better log.",
        "I would say that it is a duplicate of #2.",
    ],
)
def test_a_mistake_of_another_kind_takes_no_mark_back(comment: str) -> None:
    assert [ref.id for ref in find_originals([comment], OWN, by_number)] == ["2"]


def test_a_mark_by_mistake_takes_the_one_before_it_back() -> None:
    comments = ["Duplicate of #2", "Sorry, I wrongly marked it as a duplicate of #2."]
    assert find_originals(comments, OWN, by_number) == ()


@pytest.mark.parametrize(
    ("comment", "is_left"),
    [
        ("Oh, I looked again. This is indeed separate from #2", False),
        ("It is a different issue than #2.", False),
        ("Turns out to be unrelated to issue #2.", False),
        ("This is not different from #2.", True),
        ("Is this different from #2?", True),
        ("It might be distinct from #2.", True),
        ("#3 is separate from #2.", True),
        ("It needs a separate test from #2's author.", True),
    ],
)
def test_a_later_comment_that_sets_an_issue_apart_takes_its_mark_back(comment: str, is_left: bool) -> None:
    comments = ["Closing as a dupe of #2, it's the same cause.", comment]
    assert bool(find_originals(comments, OWN, by_number)) == is_left
