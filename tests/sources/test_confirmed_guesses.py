"""What one comment supposes and a later one confirms."""

import pytest

from dupfind.records import Ref
from dupfind.sources.confirmed_guesses import agrees, confirmed_original
from dupfind.sources.issue_mentions import Mention

OWN = Ref(None, "6")


def by_number(mention: Mention) -> Ref | None:
    return Ref(mention.project, mention.id)


def found(*comments: str, is_duplicate: bool = False) -> list[str]:
    return [ref.id for ref in confirmed_original(comments, OWN, by_number, is_duplicate=is_duplicate)]


@pytest.mark.parametrize(
    "guess",
    [
        "Dup of #2?",
        "Possible duplicate of #2",
        "Is it the same as #2?",
        "Probably the same as #2",
        "Same hum, maybe the same bug as #2.",
        "This is #2, right?",
        "Should we close it in favour of #2?",
        "Vielleicht ein Duplikat von #2",
        "Doublon de #2 ?",
    ],
)
@pytest.mark.parametrize(
    "answer",
    [
        "Yes",
        "Yep, closing.",
        "@lena Indeed. Sorry for the duplicate!",
        "So it is.",
        "Oh, yeah. I had not seen that one.",
        "It definitely is. We can close it.",
        "Looks like it, thanks!",
        "+1",
        "Closing as a dupe then.",
        "Genau, danke.",
        "Oui, je ferme.",
        "Sí.",
        "Sim, fecho.",
        "Sì, chiudo.",
        "Да, закрываю.",
        "是的",
        "はい",
        "네",
        "Ich schließe das als Duplikat.",
        "Закрываю как дубликат",
    ],
)
def test_an_answer_confirms_the_guess_before_it(guess: str, answer: str) -> None:
    assert found(guess, answer) == ["2"]


@pytest.mark.parametrize(
    "comments",
    [
        ("Dup of #2?",),
        ("Dup of #2?", "No"),
        ("Dup of #2?", "Yes, but the lamp is another one."),
        ("Dup of #2?", "Yes, #3 will close it."),
        ("Dup of #2?", "I am not sure."),
        ("Dup of #2?", "Could you send the log?", "Yes, here it is."),
        ("Dup of #2 or #3?", "Yes"),
        ("See #2", "Yes"),
        ("Has the same lamp as I have", "Yes"),
        ("#2 is a duplicate of this one?", "Yes"),
        ("Closing #2", "(as a dupe of this)"),
        ("2 possible duplicates: #2", "Yes"),
        ("See #2 and #3", "Closing as a dupe."),
        ("Dup of #2?", "Closing as a dupe.", "No, it is not a duplicate of #2."),
        ("Dup of #6?", "Yes"),
    ],
)
def test_what_nobody_confirms_is_no_mark(comments: tuple[str, ...]) -> None:
    assert found(*comments) == []


def test_a_verdict_without_a_name_means_the_only_issue_that_was_mentioned() -> None:
    assert found("cc #2", "Dupe.") == ["2"]
    assert found("Related to #2", "I would say that it's a dup.") == ["2"]
    assert found("cc #2", "Dup of #4?", "Closing as a duplicate.") == ["4"]


def test_a_guess_needs_no_answer_on_an_issue_that_is_known_to_be_a_duplicate() -> None:
    assert found("Possible duplicate of #2", is_duplicate=True) == ["2"]
    assert found("Possible duplicate of #2 and #3", is_duplicate=True) == []


@pytest.mark.parametrize("comment", ["", "Why?", "Yesterday it went on.", "Rightly so?", "Sima has it, too."])
def test_other_words_are_no_agreement(comment: str) -> None:
    assert not agrees(comment)


@pytest.mark.parametrize(
    "answer",
    [
        "Thank you!",
        "Thanks for the link.",
        "Sure, I will look into it.",
        "Sure thing",
        "True, my lamp is a Dim-9.",
        "Right, we have the newest dimmer.",
    ],
)
def test_thanks_and_an_answer_to_something_else_confirm_no_guess(answer: str) -> None:
    assert found("Possible duplicate of #2", answer) == []


@pytest.mark.parametrize(
    "answer",
    [
        "Sure!",
        "True.",
        "Right",
        "Sure, closing.",
        "True, it's the same.",
        "Sure, it covers the same.",
        "Right, I'll close this.",
        "Thanks, closing.",
        "Thanks! Closing.",
        "Danke, ich schließe das.",
    ],
)
def test_short_words_confirm_a_guess_alone_or_with_a_closing(answer: str) -> None:
    assert found("Possible duplicate of #2", answer) == ["2"]
