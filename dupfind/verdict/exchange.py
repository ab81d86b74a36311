"""Two things that changed places: "works in Opera, not in Edge" and "works in Edge, not in Opera" (pure)."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MAX_CHARACTERS = 8_000
_MAX_WORDS = 4  # of a thing; a Han character is one
_MAX_LISTED = 2  # words of a member of a list
_TOKEN = re.compile(
    r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff](?:[^\W_\u3400-\u9fff]|[.'’+#/-](?=[^\W_])){0,60}[+#]{0,2}"
)
_CONJUNCTION = r"(?<!\w)(?:and|or|und|oder|et|ou|y|e|o|i|of|en|och|eller|ve|veya)(?!\w)|[和与或]"  # of a list
_BETWEEN = re.compile(rf"[,;.!?/&|()\n、，；。]|{_CONJUNCTION}", re.IGNORECASE)
_IS_CONJUNCTION = re.compile(_CONJUNCTION, re.IGNORECASE)
_ARTICLE_WORDS = "a an the der die das den dem ein eine einen einem le la les un une el los las"
_ARTICLES = frozenset(_ARTICLE_WORDS.split())
_FILLING_WORDS = """
is are was be it this that often always sometimes never again still now today suddenly randomly also only please
"""
_FILLERS = _ARTICLES | frozenset(_FILLING_WORDS.split())
"""Words that say the same at any place of a sentence: "often hangs", "hangs often"."""

_FREQUENCIES = frozenset(("always", "often", "sometimes", "still"))
"""Fillers to which "never" is the opposite."""

_COMPARING_WORDS = """
compare compares compared comparing comparison between versus vs both differ differs difference differences
swap swaps swapped exchange vergleichen vergleich unterschied zwischen entre comparar comparer diferencia
"""
_COMPARING = frozenset(_COMPARING_WORDS.split())
"""Words behind which two things may stand in either order: "compare the old file with the new one"."""

_BEFORE = 6  # words before the first of two things among which such a word is looked for
_JOINING_WORDS = """
with alongside along together near beside like unlike equal equals same on under
mit auf unter avec sous sur con bajo med
"""
_JOINING = frozenset(_JOINING_WORDS.split())
"""Words that, alone between two things, say the same in either order: "Opera on Debian", "Opera with a plugin"."""

_STATING = frozenset(("is", "are", "ist", "sind"))
_SYMMETRIC_STEMS = (
    "overlap", "interfer", "incompat", "compatib", "collid", "collision", "clash", "mismatch", "match", "conflict",
    "coexist", "disagree", "agree", "inconsist", "consist", "contradict", "intersect", "differ", "unequal", "touch",
)  # fmt: skip
"""Beginnings of words between two things that say the same in either order: "the icon overlaps the text"."""

_CLAUSE = re.compile(r"[,;:.!?()\n、，；。]|(?<!\w)but(?!\w)", re.IGNORECASE)
_MAX_RELATION = 5  # words between two things of which one is such a word

_ORDERING_WORDS = """
instead rather than not over into to from before after as but without via statt anstatt als nicht nach aus zu naar uit
lieu vez invece zamiast vers depuis hacia desde plaats вместо 到 至 向 而
"""
_ORDERING = frozenset(_ORDERING_WORDS.split())
"""Words between two things whose order matters."""

_PLACING_WORDS = """
show shows display displays print list render embed put place add insert include mention
zeige zeigen anzeigen afficher mostrar
"""
_PLACING = frozenset(_PLACING_WORDS.split())
"""Verbs that put a thing on another one: "Show the price on the label" asks for no label on the price."""

_PLACES = frozenset(("on", "in", "under", "auf", "unter", "sur", "dans", "en"))
_OWNER_WORDS = "its their his her my our your sein seine ihre ihren son sa ses leur leurs su sus"
_UNSAID = _ARTICLES | frozenset(_OWNER_WORDS.split()) | {"back"}
"""Words that come and go where two things change places: "from the epic to its tasks"."""

_OWNED = ("'s", "’s")


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a text in lower case, and the place of each."""

    text: str
    words: list[str]
    spans: list[tuple[int, int]]

    @classmethod
    def of(cls, text: str) -> "_Text":
        found = list(_TOKEN.finditer(text[:_MAX_CHARACTERS]))
        return cls(text, [_plain(match) for match in found], [match.span() for match in found])

    def without_articles(self) -> "_Text":
        """Return the text without articles, "its" or the like, and "'s"."""
        kept = [at for at, word in enumerate(self.words) if word not in _UNSAID]
        words = [self.words[at] for at in kept]
        plain = [word[:-2] if word.endswith(_OWNED) else word for word in words]
        return _Text(self.text, plain, [self.spans[at] for at in kept])

    def is_symmetric(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        """Return whether two things, each from a word to a word, say the same in either order."""
        between = self.words[one[1] : other[0]]
        if not _COMPARING.isdisjoint(self.words[max(one[0] - _BEFORE, 0) : one[0]]):
            return True
        text = self.text[self.spans[one[1] - 1][1] : self.spans[other[0]][0]]
        if _are_related(between) and not _CLAUSE.search(text):
            return True
        things = [set(self.words[slice(*thing)]) for thing in (one, other)]
        if any(_FILLERS.issuperset(thing) for thing in things):
            return {"never"} not in things or not any(_FREQUENCIES.issuperset(thing) for thing in things)
        return _is_listed(text)


def _plain(match: re.Match[str]) -> str:
    """Return a word in lower case, but "A" inside of a line as it is: there it is a name, and no article."""
    return (
        match[0] if match[0] == "A" and match.string[: match.start()].endswith(" ") else match[0].casefold()
    )


def differing(left: str, right: str) -> tuple[str, str] | None:
    """Return two things that stand in each other's place, as "one → other" of each text; None where no two do.

    Both texts must agree but for them. Members of a list, clauses and sentences in another order are none.

    Args:
        left: A title, or a title and its body; its first 8,000 characters count. Time grows linearly with them.
        right: The other text.
    """
    ours, theirs = _Text.of(left), _Text.of(right)
    if ours.words == theirs.words:
        return None
    plain = ours.without_articles(), theirs.without_articles()
    found = next(filter(None, (look(*pair) for pair in ((ours, theirs), plain) for look in _LOOKS)), None)
    if found is None or Counter(_parts(ours.text)) == Counter(_parts(theirs.text)):
        return None
    one, other = found
    return f"{one} → {other}", f"{other} → {one}"


def _parts(text: str) -> Iterator[str]:
    """Yield the parts that commas, stops, "and" and "or" divide."""
    for part in _BETWEEN.split(text[:_MAX_CHARACTERS]):
        if words := _TOKEN.findall(part.casefold()):
            yield " ".join(words)


def _in_place(ours: _Text, theirs: _Text) -> tuple[str, str] | None:
    """Compare two texts word by word; where the left one has A the right one must have B, and the other way round."""
    if len(ours.words) != len(theirs.words):
        return None
    changed = [at for at, pair in enumerate(zip(ours.words, theirs.words, strict=True)) if pair[0] != pair[1]]
    changes = {(ours.words[at], theirs.words[at]) for at in changed}
    if len(changes) > 2 * _MAX_WORDS or any((there, here) not in changes for here, there in changes):
        return None
    first: dict[tuple[str, str], tuple[int, int]] = {}
    for start, end in _runs(changed):
        change = " ".join(ours.words[start:end]), " ".join(theirs.words[start:end])
        first.setdefault(change, (start, end))
    exchanges = {
        change: (place, first[change[::-1]])
        for change, place in first.items()
        if place < first.get(change[::-1], (0, 0))
    }
    # The members of a list in a title may stand in its body, too.
    if not exchanges or any(ours.is_symmetric(*places) for places in exchanges.values()):
        return None
    return max(exchanges, key=lambda change: len(change[0]) + len(change[1]))


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each run of places that follow one another."""
    start = 0
    for at in range(1, len(places) + 1):
        if at == len(places) or places[at] != places[at - 1] + 1:
            yield places[start], places[at - 1] + 1
            start = at


def _around_a_middle(ours: _Text, theirs: _Text) -> tuple[str, str] | None:
    """Look for two things of a few words each around "instead of" or the like that stand the other way round."""
    left, right = ours.words, theirs.words
    if len(left) != len(right) or left == right:
        return None
    start = next(at for at, pair in enumerate(zip(left, right, strict=True)) if pair[0] != pair[1])
    end = next(at for at in range(len(left), 0, -1) if left[at - 1] != right[at - 1])
    for n_one in range(1, _MAX_WORDS + 1):
        for n_other in range(1, _MAX_WORDS + 1):
            if n_one + n_other >= end - start:
                continue
            one, other = left[start : start + n_one], left[end - n_other : end]
            is_exchange = (
                right[start : start + n_other] == other
                and right[end - n_one : end] == one
                and left[start + n_one : end - n_other] == right[start + n_other : end - n_one]
            )
            middle = left[start + n_one : end - n_other]
            if is_exchange and start and left[start - 1] in _PLACING and _PLACES.issuperset(middle):
                return " ".join(one), " ".join(other)
            if is_exchange and not _ORDERING.isdisjoint(middle):
                is_symmetric = ours.is_symmetric((start, start + n_one), (end - n_other, end))
                return None if is_symmetric else (" ".join(one), " ".join(other))
    return None


_LOOKS = (_in_place, _around_a_middle)


def _are_related(between: Sequence[str]) -> bool:
    """Return whether the words between two things are of a relation that holds both ways."""
    plain = [word for word in between if word not in _ARTICLES | _STATING]
    if plain and _JOINING.issuperset(plain):
        return True
    return len(between) <= _MAX_RELATION and any(
        word in _COMPARING or word.startswith(_SYMMETRIC_STEMS) for word in plain
    )


def _is_listed(between: str) -> bool:
    """Return whether two things with this between them are members of one list: "red, blue and the green"."""
    if not _BETWEEN.search(between):
        return False
    first, *members, last = (_TOKEN.findall(part.casefold()) for part in _BETWEEN.split(between))
    if _IS_CONJUNCTION.search(between):
        last = [word for word in last if word not in _ARTICLES]
    return not first and not last and all(len(member) <= _MAX_LISTED for member in members)
