"""The stem of a word in Arabic script: articles, conjunctions and endings are written together with words (pure)."""

_PREFIXES = ("وال", "بال", "كال", "فال", "لل", "ال")  # the article, also behind and, with, like, so, to
_AND = "و"
_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")
_SHORTEST = 2  # letters behind an article
_SHORTEST_OF_ROOT = (
    3  # letters before an ending, and behind "and": of the word for a year, a tooth would be left
)


def arabic_stem(word: str) -> str:
    """Return a word without its article and without an ending of number, gender or owner.

    It is a light stemmer: a word of the same root but of another pattern keeps another stem (Larkey, Ballesteros &
    Connell, 2007). Words in other scripts are returned as they are.

    Args:
        word: As `search_tokens.normalised` returns it, at least one letter.
    """
    if not "\u0600" <= word[0] <= "\u06ff":
        return word
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) >= len(prefix) + _SHORTEST:
            word = word[len(prefix) :]
            break
    else:
        if word[0] == _AND and len(word) > _SHORTEST_OF_ROOT:
            word = word[1:]
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) >= len(suffix) + _SHORTEST_OF_ROOT:
            return word[: -len(suffix)]
    return word
