"""What sets two issues apart although their words are nearly the same: platform, version, object, direction (pure)."""

import re
from collections import Counter

from dupfind.records import Record
from dupfind.results import Difference
from dupfind.text.composition import clean_title
from dupfind.verdict import bumps, exchange, named_end, platforms, values
from dupfind.verdict.alignment import stretches
from dupfind.verdict.body_codes import code_in_bodies
from dupfind.verdict.body_contraries import contrary_in_bodies
from dupfind.verdict.body_names import name_in_bodies
from dupfind.verdict.body_tokens import token_in_bodies
from dupfind.verdict.contraries import contrary, is_negation, mean_the_same, negates_other_word
from dupfind.verdict.named_apart import named_apart
from dupfind.verdict.near_copy import Overlap
from dupfind.verdict.spelling import are_acronyms, may_be_typo
from dupfind.verdict.synonyms import are_synonyms
from dupfind.verdict.values import Values
from dupfind.verdict.words import (
    STOP_WORDS,
    Words,
    are_swapped,
    dice,
    is_sure_slip,
    sentences,
    spelled_out,
    stem,
)

_ALIKE = 0.6
"""Dice coefficient of the rest of two titles from which a value, a prefix or an object sets them apart."""

_SAME_TITLE = 0.9
_FRAME = 0.5  # Dice coefficient of two titles that share a frame
_MAX_OBJECT = 3  # words of an object
_MAX_SUBJECT = 8  # words that one title has and the other has not; with more it is said anew
_OTHER_TITLE = 0.4  # Dice coefficient below which two titles say different things
_SAYS_MUCH = 3  # content words of a title
_MAX_COMPONENT = 3  # words of a part of the product
_LONG = 20  # content words that two texts share, from which a body decides and not the title
_LONG_BODY = 30  # different words of a body that says more than the title over it
_SAY_ONE_THING = 2  # content words that two bodies share under "is blurry" and "is not sharp"
_SPOKEN = 8_000  # characters of a body in which an object or a contrary is looked for


def difference(left: Record, right: Record, overlap: Overlap) -> Difference | None:
    """Return what sets two issues apart, or None; time grows linearly with their texts.

    Args:
        left: The first issue, as its tracker has it.
        right: The second issue.
        overlap: Of both texts.
    """
    titles = _without_fault(left.title), _without_fault(right.title)
    words = Words.of(titles[0]), Words.of(titles[1])
    if words[0].lower != words[1].lower and values.are_equal(*map(Values.of, titles)):
        return (
            _exchanged(left.body, right.body)
            or contrary_in_bodies(left, right, words[0], words[0])
            or code_in_bodies(left, right, words[0], words[0])
            or named_apart(left, right)
        )
    return next(
        (
            found
            for found in (
                _backport(left.title, right.title),
                _contrary(*words),
                _exchanged(*titles) or _exchanged(*map(_whole, (left, right))),
                _bumped(*titles),
                _platform(*titles),
                _value(*titles),
                _component(*titles),
                _object(left, right, *words, overlap),
                _named_end(*titles),
                contrary_in_bodies(left, right, *words),
                code_in_bodies(left, right, *words),
                token_in_bodies(left, right, *words, overlap),
                name_in_bodies(left, right, *words),
                named_apart(left, right),
            )
            if found is not None
        ),
        None,
    )


_FAULT = re.compile(
    r"(?:(?:fatal )?error|panic|ice|internal compiler error|bug|warning|exception|crash|segfault|regression)\s?:\s",
    re.IGNORECASE,
)


_OVER_A_NUMBER = re.compile(r"\bover(?= [$€£]?\d)")  # elsewhere it is "by way of" or "during", too


def _without_fault(title: str) -> str:
    """Return a clean title without leading words such as "error:", which name no part of the product."""
    title = clean_title(title)
    while match := _FAULT.match(title):
        title = title[match.end() :]
    return _OVER_A_NUMBER.sub("above", title)


_BACKPORT = re.compile(r"[\W_]{0,3}(?:back[- ]?port|cherry[- ]?pick)(?:s|ed|ing|ported)?\b", re.IGNORECASE)
_VERSION = r"(?:branch[- ])?v?\d{1,4}(?:[._]\w{1,6}){0,3}"
_IS_BACKPORT = re.compile(
    rf"[(\[](?:{_VERSION} )?back[- ]?port(?: (?:to |for |into )?{_VERSION})?[)\]][\s.]{{0,3}}$", re.IGNORECASE
)
_PORT = re.compile(
    r"[\W_]{0,3}port(?:ed|ing)? .{1,400}?\b(?:into|(?:in)?to branch)[- ]v?(\d{1,4}(?:\.\w{1,6}){1,3})\b",
    re.IGNORECASE,
)


def _backport(left: str, right: str) -> Difference | None:
    """Return which of two titles is of one work for an older release: "Backport: ...", "... (2.1 backport)"."""
    ours, theirs = _is_backport(left, right), _is_backport(right, left)
    if ours == theirs:
        return None
    return Difference("version", *("backport" if side else "" for side in (ours, theirs)))


def _is_backport(title: str, other: str) -> bool:
    """Return whether a title names work for an older release; one that the other title names, too, is no other one."""
    port = _PORT.match(title)
    if _BACKPORT.match(title) or _IS_BACKPORT.search(title):
        return True
    return port is not None and port[1] not in other


def _contrary(ours: Words, theirs: Words) -> Difference | None:
    pair = contrary(ours, theirs)
    return None if pair is None else Difference("contrary", *pair)


def _exchanged(left: str, right: str) -> Difference | None:
    pair = exchange.differing(left, right)
    return None if pair is None else Difference("contrary", *pair)


def _whole(record: Record) -> str:
    return f"{record.title}\n{record.body}"


def _bumped(left: str, right: str) -> Difference | None:
    pair = bumps.differing(left, right)
    return None if pair is None else Difference("name", *pair)


def _platform(left: str, right: str) -> Difference | None:
    pair = platforms.differing(left, right)
    return None if pair is None else Difference("platform", *map(", ".join, pair))


def _value(left: str, right: str) -> Difference | None:
    ours, theirs = Values.of(left), Values.of(right)
    found = values.differing(ours, theirs)
    if found is None:
        return None
    kind, only_ours, only_theirs = found
    # Two names of code in otherwise equal titles are two things; reports of one fault may name either.
    least = {"code": 0.0, "name": _SAME_TITLE}.get(kind, _ALIKE)
    rests = (ours.nameless, theirs.nameless) if kind == "name" else (ours.skeleton, theirs.skeleton)
    if _likeness(*rests) < least:
        return None
    return Difference(kind, ", ".join(only_ours), ", ".join(only_theirs))


def _likeness(left: str, right: str) -> float:
    return dice(Words.of(left).content(), Words.of(right).content())


_SCHEME = re.compile(r"\b[a-z]{2,10}://", re.IGNORECASE)
_JOINT = re.compile(r"(?<=\w)[./:](?=\w)")
_PREFIX = re.compile(r"\s{0,4}(?:\[([^\[\]]{1,40})\]|\(([^()]{1,40})\)|([\w][\w./+#& -]{0,39}?)\s?:(?=\s))")


def _component(left: str, right: str) -> Difference | None:
    """Compare the part of the product that each title begins with: "net/http: ...", "[Billing] ..."."""
    ours, theirs = _PREFIX.match(left), _PREFIX.match(right)
    if ours is None or theirs is None:
        return None
    one, other = (" ".join(next(filter(None, match.groups())).split()) for match in (ours, theirs))
    parts = ("".join(filter(str.isalnum, one.casefold())), "".join(filter(str.isalnum, other.casefold())))
    if parts[0].startswith(parts[1]) or parts[1].startswith(parts[0]):
        return None  # "JDK 13" and "JDK13"
    if are_swapped(*parts):
        return None
    if max(len(part.split()) for part in (one, other)) > _MAX_COMPONENT:
        return None  # a sentence before a colon: "ICE in translation: ..."
    # "Android: maps" and "Map: Android - maps" name the same parts.
    if one.casefold() in right.casefold() or other.casefold() in left.casefold():
        return None
    if _likeness(left[ours.end() :], right[theirs.end() :]) < _ALIKE:
        return None
    return Difference("component", one, other)


def _object(left: Record, right: Record, ours: Words, theirs: Words, overlap: Overlap) -> Difference | None:
    """Compare the one thing in which two titles differ: "crash in the calendar", "crash in the contacts".

    Two names of one thing are no difference. They count as that where they are synonyms, where a body names what the
    other title names, or where long bodies are the same and name neither.
    """
    replaced = _replaced(ours, theirs)
    if replaced is None or mean_the_same(ours, theirs):
        return None
    one, other = replaced
    spelled = " ".join(one).casefold(), " ".join(other).casefold()
    if are_swapped(*spelled):
        return None
    is_typo = may_be_typo(*spelled) and not are_acronyms(one, other, ours, theirs)
    our_object, their_object = (set(Words.of(" ".join(side)).stems) for side in replaced)
    if are_synonyms(our_object, their_object):
        return None
    our_body, their_body = (_stems_of(record.body) for record in (left, right))
    if negates_other_word(ours, theirs) and _n_shared(our_body, their_body, ours, theirs) >= _SAY_ONE_THING:
        return None
    # Each body may list both things, as "http, https and url" do: what it names most often is its own.
    ours_more = _n_named(our_object, our_body) - _n_named(their_object, our_body)
    theirs_more = _n_named(their_object, their_body) - _n_named(our_object, their_body)
    # Of two nearly equal texts one names a thing in title and body that the other does not name at all.
    # One with a slip of a letter is that of a typist.
    is_named_once = (
        overlap.is_near_copy
        and not is_sure_slip(*spelled)
        and (
            (_n_named(our_object, our_body) and not _n_named(our_object, their_body))
            or (_n_named(their_object, their_body) and not _n_named(their_object, our_body))
        )
    )
    if (ours_more > 0 and theirs_more > 0) or is_named_once:
        return Difference("object", spelled_out(one), spelled_out(other))
    if (
        overlap.is_near_copy
        and not is_typo
        and _are_named(left.title, one)
        and _are_named(right.title, other)
    ):
        return Difference("object", spelled_out(one), spelled_out(other))
    if is_typo or _n_named(our_object, their_body) or _n_named(their_object, our_body):
        return None
    names_own = _n_named(our_object, our_body) or _n_named(their_object, their_body)
    if overlap.is_near_copy and overlap.n_common >= _LONG and not names_own:
        return None
    return Difference("object", spelled_out(one), spelled_out(other))


def _n_shared(ours: Counter[str], theirs: Counter[str], *titles: Words) -> int:
    """Count the different content words that two bodies share and no title has."""
    known = STOP_WORDS.union(*(words.stems for words in titles))
    return len((ours.keys() & theirs.keys()) - known)


def _named_end(left: str, right: str) -> Difference | None:
    pair = named_end.differing(left, right)
    return None if pair is None else Difference("component", *pair)


def _are_named(title: str, names: tuple[str, ...]) -> bool:
    """Return whether words of a title are written as names are: with capitals, where the others have none."""
    title = clean_title(title)
    if prefix := _PREFIX.match(title):
        title = title[prefix.end() :]
    later = Words.of(title).spelled[1:]
    return all(name in later and name[0].isupper() for name in names) and not any(
        word[0].isupper() for word in later if word not in names
    )


def name_two_tasks(left: Record, right: Record) -> bool:
    """Return whether two titles say one thing of two subjects, and the bodies are not the same to the letter.

    Of such near-copies three of four were read as two tasks: the same work for another module, class or store. Where
    both bodies are the same and not short, the titles are two names of one thing.
    """
    if left.body.split() == right.body.split() and len(_stems_of(left.body)) >= _LONG_BODY:
        return False
    ours, theirs = (_content_words(record.title) for record in (left, right))
    common = ours.keys() & theirs.keys()
    own = {word for key, word in ours.items() if key not in common}
    other = {word for key, word in theirs.items() if key not in common}
    if max(len(own), len(other)) > _MAX_SUBJECT or 2 * len(common) < _FRAME * (len(ours) + len(theirs)):
        return False
    return bool(_strangers(own, other) and _strangers(other, own))


def have_other_titles(left: Record, right: Record) -> bool:
    """Return whether two titles say different things; over nearly one body they are of two tasks, three times in five.

    A title of one or two words says too little to tell.
    """
    ours, theirs = (Words.of(_without_fault(record.title)).content() for record in (left, right))
    return min(len(ours), len(theirs)) >= _SAYS_MUCH and dice(ours, theirs) < _OTHER_TITLE


def says_more(left: Record, right: Record) -> bool:
    """Return whether a title has a part of the product, or more than one word, that the other title has not.

    Where two texts are hardly more than their titles, such a one is mostly of a task of its own.
    """
    titles = tuple(_without_fault(record.title) for record in (left, right))
    if len({_PREFIX.match(title) is None for title in titles}) > 1:
        return True
    ours, theirs = (_content_words(record.title) for record in (left, right))
    own = {word for key, word in ours.items() if key not in theirs}
    other = {word for key, word in theirs.items() if key not in ours}
    if max(len(own), len(other)) > _MAX_SUBJECT or not _REST.isdisjoint(own | other):
        return True
    return len(_strangers(own, other)) > 1 or len(_strangers(other, own)) > 1


_REST = frozenset(("rest", "remaining", "remainder"))


def _strangers(words: set[str], others: set[str]) -> list[str]:
    """Return those of some words that are none of the others in another form."""
    return [word for word in words if not any(_is_same_word(word, other) for other in others)]


def _content_words(title: str) -> dict[str, str]:
    """Return the content words of a title in lower case, by their stems."""
    words = Words.of(_without_fault(title))
    content = words.content()
    return {key: word for key, word in zip(words.stems, words.lower, strict=True) if key in content}


def _is_same_word(one: str, other: str) -> bool:
    return may_be_typo(one, other) or sorted(one) == sorted(other) or are_synonyms({stem(one)}, {stem(other)})


def _stems_of(body: str) -> Counter[str]:
    """Count the stems of a body; "http://a.org/url.html" names the url, and not http."""
    text = _JOINT.sub(" ", _SCHEME.sub(" ", body[:_SPOKEN]))
    return Counter(stem for piece in sentences(text) for stem in Words.of(piece).stems)


def _n_named(names: set[str], body: Counter[str]) -> int:
    """Return how often a body has the words of a thing's name; the rarest of them counts."""
    return min((body[name] for name in names), default=0)


def _replaced(ours: Words, theirs: Words) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the content words of the single place at which two titles differ; None where they differ otherwise."""
    found: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    n_equal = 0
    for is_equal, left, right in stretches(ours.stems, theirs.stems):
        if is_equal:
            n_equal += sum(word not in STOP_WORDS for word in ours.lower[left])
            continue
        sides = _content_of(ours, left), _content_of(theirs, right)
        if any(sides):
            found.append(sides)
    if len(found) != 1:
        return None
    [(one, other)] = found
    # Names of one word say enough in a title of two: "Log in with Google".
    if n_equal < (1 if _is_name(one, ours) and _is_name(other, theirs) else 2):
        return None
    if not (0 < len(one) <= _MAX_OBJECT and 0 < len(other) <= _MAX_OBJECT):
        return None
    if len(one) + len(other) > 2 * n_equal or all(word.isdigit() for word in (*one, *other)):
        return None  # numbers are compared as values
    return one, other


def _is_name(replaced: tuple[str, ...], words: Words) -> bool:
    """Return whether the replaced part of a short title is one word and a name, as in "Log in with Google".

    In a title of two capitals any word may have one: "Login Issue". There a word such as "with" stands in front.
    """
    capitals = [word for word in words.spelled[1:] if word[0].isupper()]
    if len(replaced) != 1 or capitals != list(replaced):
        return False
    before = words.lower[words.spelled.index(replaced[0], 1) - 1]
    return before in _BY or words.spelled[0][0].islower()


_BY = frozenset(("with", "as", "via", "using"))


def _content_of(words: Words, place: slice) -> tuple[str, ...]:
    return tuple(
        spelled
        for spelled, lower in zip(words.spelled[place], words.lower[place], strict=True)
        if lower not in STOP_WORDS and not is_negation(lower)
    )
