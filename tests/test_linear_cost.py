"""The cost of a text is bounded: each pattern, and each function that reads strangers' texts, takes linear time."""

import io
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from io import BufferedReader, BytesIO
from pathlib import PurePath
from typing import Any

import pytest

from dupfind.cli import terminal
from dupfind.errors import DupfindError, SourceError
from dupfind.integrations.github.comment import comment_state
from dupfind.records import Record, Ref
from dupfind.reports.display import visible
from dupfind.search.lookup import Lookup, lookup, part_of_a_title
from dupfind.sources import coerce, issue_mentions, mapping
from dupfind.sources.closing_phrases import original_at_closing, original_mentioned, original_of_closing
from dupfind.sources.confirmed_guesses import confirmed_original
from dupfind.sources.databases import sql_query
from dupfind.sources.dates import Dates
from dupfind.sources.duplicate_phrases import find_originals
from dupfind.sources.files import issue_file, json_file, json_records
from dupfind.sources.files.keyed_issues import N_DECIDING
from dupfind.sources.issue_mentions import MAX_COMMENT
from dupfind.sources.json_formats.comments import number_resolver
from dupfind.sources.mapping import UNMAPPED
from dupfind.sources.markup import hypertext, jira, remarkup, textile, trac
from dupfind.sources.named_duplicates import named_duplicates
from dupfind.text import boilerplate, explanations, log_templates
from dupfind.text.composition import ComposedText, clean_title, compose, lines
from dupfind.text.fingerprint import text_fingerprint
from dupfind.text.indexed_words import MAX_READ, clipped, indexed_words
from dupfind.text.language import is_english
from dupfind.text.log_lines import is_routine
from dupfind.text.log_templates import FEWEST_LINES, log_of
from dupfind.text.search_tokens import search_tokens, words
from dupfind.text.stack_trace import stack_traces
from dupfind.text.terms import terms
from dupfind.verdict.differences import difference
from dupfind.verdict.near_copy import MAX_CHARACTERS, _Compared, overlap
from dupfind.verdict.short_texts import name_other_things
from dupfind.verdict.traces import _traces, compare_traces
from tests.support.pumps import UNITS, Used, modules, needs_one_text, patterns, pumped, readers, texts

PATTERNS = {f"{used.module}:{used.name}": used for module in modules() for used in patterns(module)}

CAPPED = {f"{issue_mentions.__name__}:TARGET": 900}
"""Patterns that need more than `PER_CHARACTER_S`, each with the most characters that it is given.

`issue_mentions.TARGET` looks for an address within `_NEAR` characters on both sides of a phrase.
"""

FEW = 22
"""Characters at which each pump is tried first: an exponential pattern would not come to the end of more."""
FEW_S = 0.02
"""Processor time that is allowed for them: a hundred times what they take, and a fourth of what 2**22 steps do."""
PROBED = 3_000
"""Characters at which each pump is tried once; a quadratic pattern takes 30 times as long as a linear one."""
MEASURED = 16_000
"""Characters, and twice as many, at which what looks slow is measured; no bounded quantifier takes in so much."""
SUSPECT_S = 4e-7
"""Processor time for one character from which a pump is measured."""
PER_CHARACTER_S = 1e-5
"""Processor time for one character that is allowed: a megabyte takes a second at most, and three on a busy machine."""
MAX_GROWTH = 2.5
TRIES = (1, 2, 2, 2)
"""How often the long text is tried: on a busy machine a try may take twice its time."""
CACHES = (log_templates._log_of, _Compared.of, _traces)
"""What is kept of whole texts: each try reads its text for the first time."""


def seconds(work: Callable[[str], object], text: str, tries: int = 1) -> float:
    """Return the processor time of the fastest try."""
    best = float("inf")
    for _ in range(tries):
        for cache in CACHES:
            cache.cache_clear()
        started = time.process_time()
        work(text)
        best = min(best, time.process_time() - started)
    return best


def fault(
    work: Callable[[str], object],
    pump: tuple[str, str, str],
    n: int,
    most_s: float = PER_CHARACTER_S,
    took: float = float("inf"),
) -> str:
    """Say what is wrong with the time for a text of n characters, and for one twice as long; "" for nothing.

    Args:
        work: What takes the time.
        pump: What the text is made of.
        n: Characters.
        most_s: Processor time for one character that is allowed.
        took: Processor time of a first try with n characters, where there was one.
    """
    # Noise only adds: the least of several tries is nearest to the truth, and few texts need the later ones.
    short = min(took, seconds(work, pumped(pump, n)))
    long = float("inf")
    for n_tries in TRIES:
        short = min(short, seconds(work, pumped(pump, n)))
        long = min(long, seconds(work, pumped(pump, 2 * n), n_tries))
        if long < MAX_GROWTH * short and long <= most_s * 2 * n:
            return ""
    if long < MAX_GROWTH * short:
        return f"{long:.3f} s for {2 * n:,} characters"
    return f"{long / short:.1f} times as long for twice the text ({short:.4f} s, {long:.4f} s)"


def keeps_its_pace(work: Callable[[str], object], pump: tuple[str, str, str], n: int) -> bool:
    """Return whether one of 2n characters takes about as long as one of `PROBED` characters, and not too long.

    Time for one character that is up by a quarter at most, and fell nowhere between, cannot have grown by more than
    a quarter from n to 2n: `fault`, which takes three times as long, would find nothing.
    """
    short = seconds(work, pumped(pump, PROBED), 2) / PROBED
    long = seconds(work, pumped(pump, 2 * n)) / (2 * n)
    return long <= min(MAX_GROWTH / 2 * short, PER_CHARACTER_S)


def scan(used: Used) -> Callable[[str], object]:
    """Return the dearest use of a pattern: every match in a text, or one at its start."""
    if used.methods:
        return lambda text: [getattr(used.pattern, method)(text) for method in used.methods]
    return lambda text: sum(1 for _ in used.pattern.finditer(text))


def pattern_fault(work: Callable[[str], object], pump: tuple[str, str, str], n: int = MEASURED) -> str:
    """Say what is wrong with the time of a pattern for a text of n characters, and for one twice as long."""
    if (took := seconds(work, pumped(pump, FEW), 2)) > FEW_S:
        return f"{took:.3f} s for {FEW} characters"
    if seconds(work, pumped(pump, PROBED)) <= SUSPECT_S * PROBED or keeps_its_pace(work, pump, n):
        return ""
    return fault(work, pump, n)


@pytest.mark.slow
@pytest.mark.parametrize("name", PATTERNS, ids=lambda name: name.removeprefix("dupfind."))
def test_a_pattern_takes_linear_time(name: str) -> None:
    work = scan(PATTERNS[name])
    cap = CAPPED.get(name)
    for pump in texts(PATTERNS[name].pattern):
        if cap is not None:
            assert seconds(work, pumped(pump, cap), 3) < 0.02, f"{name} at {pump}, {cap} characters"
        else:
            assert not (found := pattern_fault(work, pump)), f"{name} at {pump}: {found}"


def test_patterns_are_found_wherever_a_module_keeps_them() -> None:
    owners = {used.module.rpartition(".")[2] for used in PATTERNS.values()}
    assert {
        "composition",
        "issue_file",
        "values",
        "trac",
        "explanations",
        "middleware",
        "column_names",
    } <= owners
    assert len(PATTERNS) > 140
    assert not PATTERNS[f"{issue_file.__name__}:_MARKER"].methods  # used by sub
    assert PATTERNS[f"{issue_file.__name__}:_HEADING"].methods == {"match"}  # used by match alone


@pytest.mark.parametrize(
    "slow",
    [
        r"#[ \t]+(.*\w.*)",
        r"[a-z$][\w$]*\.",
        r"^[ \t>]*```[ \t]*\w*[ \t]*$",
        r"\.+$",
        r"\s+$",
        r"/\*.*?\*/",
        r"at [\w.]+\.[\w.]+$",
        r"\w+\s*=\s*\w+:",
        r"(?:see|in) (?:\w+ )*issue",
        r"<a[^>]*href=[^>]*>",
        r"[^x]{0,2000}y",  # its bound is so wide that it does not help
        r"(a|a)*b",
        r"(?:\w+\s?)*:",
    ],
)
def test_the_pumps_find_a_pattern_that_is_quadratic_or_worse(slow: str) -> None:
    work = scan(Used("", "", re.compile(slow, re.MULTILINE | re.DOTALL), frozenset()))
    assert any(pattern_fault(work, pump, PROBED) for pump in texts(re.compile(slow, re.MULTILINE)))


@pytest.mark.parametrize("linear", [r"[ab]{0,40}?c", r"(?=.{0,160}?x)[ab]", r"\b(?:a|b|but)\b"])
def test_a_pattern_that_is_linear_and_dear_is_no_fault(linear: str) -> None:
    work = scan(Used("", "", re.compile(linear), frozenset()))
    assert not any(pattern_fault(work, pump, PROBED) for pump in texts(re.compile(linear)))


def test_a_text_is_read_for_the_first_time_at_each_try(monkeypatch: pytest.MonkeyPatch) -> None:
    read_log, n_read = log_templates._message, 0

    def message(line: str) -> str:
        nonlocal n_read
        n_read += 1
        return read_log(line)

    monkeypatch.setattr(log_templates, "_message", message)
    log = "".join(f"12:00:00 INFO the mill turns {n}\n" for n in range(FEWEST_LINES))
    seconds(WHOLE["compose"], log)
    once = n_read
    seconds(WHOLE["compose"], log, 3)
    assert once >= FEWEST_LINES
    assert n_read == 4 * once


def as_record(text: str) -> Record:
    return Record(id="1", title=text, body=text)


def parse_issue(text: str) -> None:
    """Read a file of Markdown with its text as heading, as body, and as description of a Backlog.md task."""
    for whole in (
        f"# {text}",
        f"---\nid: 1\n---\n{text}",
        f"---\ncreated_date: 1\n---\n## Description\n{text}",
    ):
        try:
            issue_file.parse(whole.encode("utf-8", "replace"), PurePath("issues/7-x.md"), source="s")
        except SourceError:
            continue


def parse_yaml(text: str) -> None:
    for whole in (f"---\ntitle: {text}\n---\n", f"---\n{text}\n---\n"):
        try:
            issue_file.parse(whole.encode("utf-8", "replace"), PurePath("issues/7-x.md"), source="s")
        except SourceError:
            continue


def validate_sql(text: str) -> None:
    try:
        sql_query.validate(f"SELECT {text}")
    except SourceError:
        return


def compare(text: str) -> None:
    left, right = as_record(text), Record(id="2", title=f"x {text}", body=f"{text} y")
    difference(left, right, overlap(f"{left.title}\n{left.body}", f"{right.title}\n{right.body}"))
    name_other_things(left, right)


def count_boilerplate(text: str) -> None:
    counter = boilerplate.LineCounter()
    counter.add(list(lines(text)))
    counter.add([text])


def read_date(text: str) -> None:
    Dates([text])(text)
    coerce.moment(text)


WHOLE: dict[str, Callable[[str], object]] = {
    "compose": lambda text: compose(as_record(text)),
    "clean_title": clean_title,
    "fingerprint": lambda text: text_fingerprint(text, text),
    "terms": lambda text: terms(ComposedText(text, text)),
    "explanation": lambda text: explanations.compare(
        compose(as_record(text)), compose(as_record(f"x {text}")), {}
    ),
    "boilerplate": count_boilerplate,
    "tokens": lambda text: (search_tokens(text, english=True), search_tokens(text, english=False)),
    "words": words,
    "indexed words": lambda text: indexed_words(as_record(clipped(text)), ComposedText("", "")),
    "language": is_english,
    "log lines": is_routine,
    "log": lambda text: log_of(text.split("\n")),  # a body's lines are distinct, and a pump's are not
    "stack traces": stack_traces,
    "lookup": lookup,
    "part of a title": part_of_a_title,
    "phrase": lambda text: Lookup("a b").pattern.search(text),
    "jira": jira.as_text,
    "textile": textile.as_text,
    "remarkup": remarkup.as_text,
    "trac": trac.as_text,
    "code in jira": lambda text: jira.as_text("{code}" + text + "{code}"),
    "code in textile": lambda text: textile.as_text("bc.. " + text),
    "code in remarkup": lambda text: remarkup.as_text("```" + text + "```"),
    "code in trac": lambda text: trac.as_text("{{{\n" + text + "\n}}}"),
    "html": hypertext.as_text,
    "duplicate phrases": lambda text: find_originals(
        [f"dup of {text}"], Ref(None, "6"), number_resolver(None)
    ),
    "closing phrases": lambda text: (
        original_at_closing(text[:MAX_COMMENT], Ref(None, "6"), number_resolver(None)),
        original_of_closing(
            f"closing in favour of {text}"[:MAX_COMMENT], Ref(None, "6"), number_resolver(None)
        ),
    ),
    "confirmed guesses": lambda text: confirmed_original(
        [f"dup of #2? {text}", text, f"Yes {text}"], Ref(None, "6"), number_resolver(None)
    ),
    "issues mentioned": lambda text: original_mentioned(text, Ref(None, "6"), number_resolver(None)),
    "named duplicates": lambda text: named_duplicates(f"dup of this {text}"),
    "dates": read_date,
    "states and numbers": lambda text: (coerce.state(text), coerce.quantity(text), coerce.text(text)),
    "issue file": parse_issue,
    "terminal": terminal.safe,
    "report": visible,
    "comment of ours": comment_state,
    "sql": validate_sql,
}
"""Functions at the door: what they read was written by strangers."""

OURS = "its text is a constant of dupfind's own"
TYPED = "the user types its text as an option or in an environment variable"
HEAD = "it is given the first bytes of a file, at most some thousand"
NOT_PUMPED: dict[str, str] = {
    "reports.display:kind_in_words": OURS,
    "reports.evaluation.png:light": OURS,
    "reports.evaluation.png:png": OURS,
    "reports.evaluation.text:label": OURS,
    "sources.apis.credentials:bearer_or_user": OURS,
    "sources.apis.credentials:companion": OURS,
    "sources.apis.credentials:header": OURS,
    "sources.apis.listing:by_link_cursor": OURS,
    "sources.apis.listing:by_number": OURS,
    "sources.apis.listing:by_offset": OURS,
    "sources.apis.project_url:is_loopback": TYPED,
    "sources.apis.project_url:is_service": TYPED,
    "sources.apis.project_url:parse": TYPED,
    "sources.apis.registry:open_service": TYPED,
    "sources.column_words:words": OURS,
    "sources.databases.comment_rows:cut": OURS,
    "sources.databases.server:parse_url": TYPED,
    "sources.files.encodings:known": TYPED,
    "sources.files.mbox_file:begins": HEAD,
    "sources.files.plain_yaml:load": "its callers refuse a longer text; see `AT_CAP`",
    "sources.files.question_list:begins": HEAD,
    "sources.files.xml_file:begins": HEAD,
    "sources.open:open_source": TYPED,
    "sources.url_template:with_address": TYPED,
}
"""Functions of one text that strangers do not write, or not at any length, each with the reason."""

READERS = readers(("text", "sources", "verdict", "reports"))


def read_whole(function: Callable[[str], object]) -> Callable[[str], object]:
    """Return a function that reads a text to its end, also where the function is a generator or refuses the text."""

    def read(text: str) -> None:
        try:
            found = function(text)
            if isinstance(found, Iterator):
                deque(found, maxlen=0)
        except (DupfindError, UnicodeEncodeError):  # of a lone surrogate, which a record's text never has
            return

    return read


FOUND: dict[str, Callable[[str], object]] = {
    name: read_whole(function)
    for name, function in READERS.items()
    if name not in NOT_PUMPED and function not in WHOLE.values()
}

AT_CAP: dict[str, tuple[Callable[[str], object], int]] = {
    "two records": (compare, MAX_CHARACTERS // 4),
    "two traces": (lambda text: compare_traces(text, f"x{text}"), MAX_READ // 2),
    "front matter": (parse_yaml, issue_file.MAX_MATTER // 2 - 100),
}
"""Functions that refuse or cut longer texts, with half of the most characters that they take.

Python's YAML and the comparison of two texts need more time for one character than the others.
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_function_takes_linear_time_up_to_a_megabyte(name: str) -> None:
    work = WHOLE[name]
    slowest, at = 0.0, ("", "", "")
    for unit in UNITS:
        pump = ("", unit, "\x01!\n")
        took = seconds(work, pumped(pump, MEASURED))
        if took > slowest:
            slowest, at = took, pump
        if took > 10 * SUSPECT_S * MEASURED:
            assert not (found := fault(work, pump, MEASURED, took=took)), f"{name} at {pump}: {found}"
    assert seconds(work, pumped(at, 1_000_000), 2) < PER_CHARACTER_S * 1_000_000, f"{name} at {at}"


@pytest.mark.slow
@pytest.mark.parametrize("name", FOUND)
def test_a_function_that_reads_a_stranger_s_text_takes_linear_time(name: str) -> None:
    work = FOUND[name]
    for unit in UNITS:
        pump = ("", unit, "\x01!\n")
        if seconds(work, pumped(pump, PROBED)) > 10 * SUSPECT_S * PROBED:
            assert not (found := fault(work, pump, MEASURED)), f"{name} at {pump}: {found}"


def test_every_function_that_reads_a_stranger_s_text_is_found_and_pumped_or_has_a_reason() -> None:
    assert {
        "text.exception_line:fault",
        "text.boilerplate:key",
        "sources.withdrawn_claims:is_supposed",
        "sources.markup.trac:as_text",
        "verdict.words:sentences",
        "reports.issue_text:render",
    } <= READERS.keys()
    assert len(READERS) > 75
    assert NOT_PUMPED.keys() <= READERS.keys()  # none that is gone
    works = list(WHOLE.values())
    assert [name for name in READERS if name not in FOUND and READERS[name] not in works] == [
        name for name in READERS if name in NOT_PUMPED
    ]


def test_a_function_of_one_text_differs_from_others() -> None:
    def two(text: str, other: str) -> None: ...
    def number(key: int) -> None: ...
    def text_with_options(text: str, *, k: int = 1) -> None: ...

    assert [needs_one_text(each) for each in (two, number, text_with_options)] == [False, False, True]


@pytest.mark.slow
@pytest.mark.parametrize("name", AT_CAP)
def test_a_function_takes_linear_time_up_to_its_cap(name: str) -> None:
    work, half = AT_CAP[name]
    for unit in UNITS:
        pump = ("", unit, "\x01!\n")
        if (took := seconds(work, pumped(pump, half))) > 0.2:
            assert not (found := fault(work, pump, half, 1e-4, took)), f"{name} at {pump}: {found}"


@pytest.mark.parametrize("name", [None, "issues"])
def test_few_of_the_objects_under_ids_are_looked_at_closely(
    name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_calls = 0
    keys_of = json_records.keys_of

    def counted(*arguments: Any) -> list[str | None]:
        nonlocal n_calls
        n_calls += 1
        return keys_of(*arguments)

    monkeypatch.setattr(json_records, "keys_of", counted)
    points = {f"A-{n}": {f"x{n}": n, "y": 2} for n in range(5_000)}
    text = json.dumps(points if name is None else {name: points})
    with pytest.raises(SourceError, match="no list with a known name"):
        json_records.read_issues(io.StringIO(text), "a.json", UNMAPPED)
    assert n_calls < 3 * N_DECIDING


def wide(n: int, record: int = 0) -> dict[str, int]:
    return {f"a{key}_{record}": 1 for key in range(n)}


WIDE: dict[str, Callable[[int], object]] = {
    "no issue": wide,
    "no issues under names": lambda n: {f"k{at}x": {f"a{at}": 1} for at in range(n)},
    "one issue": lambda n: {**wide(n), "id": 1, "title": "Crash of the printer"},
    "one issue in a list": lambda n: [{"id": 1, "title": "Crash of the printer", **wide(n)}],
    "issues under ids": lambda n: {
        f"A-{at}": {"title": f"Crash {at}", **wide(n // 10, at)} for at in range(10)
    },
    "issues in objects": lambda n: [
        {"data": {"id": at, "title": f"Crash {at}", **wide(n // 10, at)}} for at in range(10)
    ],
    "issues": lambda n: {
        "issues": [{"id": at, "title": f"Crash {at}", **wide(n // 100, at)} for at in range(100)]
    },
    "ids of other things": lambda n: [{"title": "Crash", **{f"thing{at}_id": at for at in range(n)}}],
}
"""Objects of many members, by the number of members."""
LENGTH = 14  # characters of a member


@pytest.mark.parametrize("name", WIDE)
def test_objects_of_many_members_take_linear_time(name: str) -> None:
    def read(text: str) -> None:
        document = json.dumps(WIDE[name](len(text) // LENGTH)).encode()
        try:
            source = json_file.stream_source(BufferedReader(BytesIO(document)), UNMAPPED, name="-")
            deque(source.read(), maxlen=0)
        except SourceError:
            return

    assert not (found := fault(read, ("", "x", ""), 160_000)), found


def test_only_names_that_suggest_something_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    n_calls = 0
    likeliest = mapping._likeliest

    def counted(field: str, free: Any, *arguments: Any, **options: Any) -> str | None:
        nonlocal n_calls
        n_calls += len(free)
        return likeliest(field, free, *arguments, **options)

    monkeypatch.setattr(mapping, "_likeliest", counted)
    chosen = mapping.choose(("id", *wide(5_000), "title"), UNMAPPED, where="t")
    assert chosen == {"id": "id", "title": "title"}
    assert n_calls < 3 * len(mapping.FIELDS)
