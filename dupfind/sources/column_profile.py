"""What the first values of a column look like: ids, titles, people's names, dates, states."""

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from dupfind.sources.coerce import state, text
from dupfind.sources.dates import SERIAL, Dates

Sample = Mapping[str, Sequence[Any]]
"""The values of the first records, by column; a column may be missing."""

N_SAMPLED = 200
"""Records whose values are looked at."""

_N_NAME = 5  # words of the longest name of a resolution
_LONGEST = 400  # characters of a value that are looked at
_PERSON = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Dr|Prof)\.? )?[^\W\d_a-z][\w'’-]{0,24}(?: [^\W\d_a-z][\w'’.-]{0,24}){0,2}"
)
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}[-_#/]?\d{1,18}|#?\d{1,19}")
_SERIES = re.compile(r"[A-Z][A-Z0-9_]{0,30}-\d{1,18}")
_SPACE = re.compile("[ \u00a0\u202f]")
_THOUSANDS = re.compile("\\d{1,3}(?:[ \u00a0\u202f]\\d{3}){1,6}")
# In HTML a blank line and the marks of Markdown after it are rare.
_OF_MARKDOWN = re.compile(r"```|~~~|\n\r?\n(?:#{1,6} |[-*+>] |\d{1,9}\. |(?: {4}|\t)(?!\s{0,100}<))")
_END = re.compile(r"https?://\S{1,2000}[/=#-](\d{1,18}|[A-Z][A-Z0-9_]{0,30}-\d{1,18})/?")


def cut(value: Any) -> Any:
    """Return a value of a sample: of a long text its beginning, so that a sample takes little memory."""
    return value[:_LONGEST] if isinstance(value, str | bytes) else value


def filled(values: Sequence[Any]) -> list[str]:
    """Return the values that are not empty, as text that is cut to a bounded length."""
    texts = (text(value)[:_LONGEST].strip() for value in values[:N_SAMPLED])
    return [value for value in texts if value]


def are_ids(values: Sequence[Any]) -> bool:
    """Return whether the values can be ids: short, mostly without spaces, and hardly ever the same."""
    found = filled(values)
    return can_be_ids(values) and len(set(found)) >= 0.9 * len(found)


def can_be_ids(values: Sequence[Any]) -> bool:
    """Return whether the values are short and mostly without spaces, whether they repeat or not."""
    found = filled(values)
    short = sum(len(value) <= 100 and " " not in whole_number(value) for value in found)
    return bool(found) and short >= 0.8 * len(found) and len(found) >= 0.5 * len(values[:N_SAMPLED])


def whole_number(value: str) -> str:
    """Return a number without the spaces between its thousands, as in "4 121"; anything else as it is."""
    if value.isalnum() or _THOUSANDS.fullmatch(value) is None:
        return value
    return _SPACE.sub("", value)


def are_of_one_series(values: Sequence[Any]) -> bool:
    """Return whether the values are the keys of one project: several, all different, such as T-12 and T-13."""
    found = filled(values)
    is_whole = len(found) > 1 and len(set(found)) == len(found) == len(values[:N_SAMPLED])
    return is_whole and all(map(_SERIES.fullmatch, found)) and len({v.partition("-")[0] for v in found}) == 1


def are_keys(values: Sequence[Any]) -> bool:
    """Return whether the values are ids of the usual forms: 12, #12, SHOP-12, INC0012."""
    found = filled(values)
    return are_ids(values) and sum(_KEY.fullmatch(value) is not None for value in found) >= 0.9 * len(found)


def end_of_address(value: Any) -> str | None:
    """Return the number or key at the end of an issue's address, or None."""
    match = _END.fullmatch(text(value)[:2_100].strip())
    return match[1] if match else None


def end_in_ids(values: Sequence[Any], projects: Sequence[Any] = ()) -> bool:
    """Return whether most values are addresses that end in a number or key, and no two are the same.

    Args:
        values: Some may be empty, as those of the drafts on a board.
        projects: The project of each; two projects may have the same ids.
    """
    n = len(values[:N_SAMPLED])
    places = zip_longest(values[:N_SAMPLED], projects[:n])
    ends = [(text(project), end_of_address(value)) for value, project in places if filled([value])]
    is_known = bool(ends) and all(end is not None for _, end in ends)
    return is_known and len(set(ends)) == len(ends) and len(ends) >= 0.5 * n


def addresses_are_ids(chosen: Mapping[str, str], sample: Sample) -> bool:
    """Return whether the addresses of a table end in the ids of its rows.

    Args:
        chosen: The column for each field; one for "url".
        sample: The first values, by column.
    """
    return end_in_ids(sample[chosen["url"]], sample.get(chosen.get("project", ""), ()))


def are_people(values: Sequence[Any]) -> bool:
    """Return whether the values look like people's names: up to three words, each with a capital."""
    found = filled(values)
    return bool(found) and sum(_PERSON.fullmatch(value) is not None for value in found) >= 0.8 * len(found)


def are_sentences(values: Sequence[Any]) -> bool:
    """Return whether the values are text of several words that hardly repeats, as titles are."""
    found = filled(values)
    if not found or are_dates(values):
        return False
    n_words = sorted(_n_words(value) for value in found)[len(found) // 2]
    return n_words >= 3 and len(set(found)) >= 0.5 * len(found)


def are_answers(values: Sequence[Any]) -> bool:
    """Return whether most values are sentences of prose, too long for the name of a resolution."""
    found = filled(values)
    return bool(found) and sum(_n_words(value) > _N_NAME for value in found) > 0.5 * len(found)


def _n_words(value: str) -> int:
    """Return the number of words; languages without spaces count a word for every two characters."""
    wide = sum("\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3" for character in value)
    return len(value.split()) + wide // 2


def have_letters(values: Sequence[Any]) -> bool:
    """Return whether most values are words, and no numbers, dates or addresses."""
    found = filled(values)
    worded = sum(any(map(str.isalpha, value)) and "://" not in value[:8] for value in found)
    return bool(found) and worded >= 0.5 * len(found) and not are_dates(values)


def are_html(values: Sequence[Any]) -> bool:
    """Return whether texts are HTML: several, each of which begins with a paragraph, and none has marks of Markdown."""
    found = filled(values)
    return len(found) > 1 and all(
        value.startswith("<p>")
        and ("</p>" in value or len(value) == _LONGEST)
        and _OF_MARKDOWN.search(value.partition("<pre")[0]) is None
        for value in found
    )


def are_dates(values: Sequence[Any]) -> bool:
    """Return whether most values are times; Excel's numbers of days may be anything."""
    found = filled(values)
    parse = Dates(found)
    n_times = sum(parse(value) is not None for value in found)
    return bool(found) and n_times >= 0.5 * len(found)


def are_serials(values: Sequence[Any]) -> bool:
    """Return whether all values can be numbers of days, as Excel counts them."""
    found = filled(values)
    return bool(found) and all(SERIAL.fullmatch(value) for value in found)


def are_states(values: Sequence[Any]) -> bool:
    """Return whether most values are known words for open or closed."""
    found = filled(values)
    return bool(found) and sum(state(value) is not None for value in found) >= 0.5 * len(found)
