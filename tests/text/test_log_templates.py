"""A long log is told from other bodies by its repetition, and what comes once in it is kept."""

import pytest

from dupfind.records import Record
from dupfind.text import log_templates
from dupfind.text.composition import BODY_BUDGET, ReadLines, compose
from dupfind.text.indexed_words import indexed_words
from dupfind.text.log_lines import is_loud, is_quiet
from dupfind.text.log_templates import FEWEST_LINES, log_of

SAID = "the manifest of the crate was signed by a stranger"
FORMS = {
    "without levels": ("{t} mill{n} grindd[{n}]: {m}",) * 2,
    "syslog with a priority": ("<13>1 2026-03-04T{t}Z mill{n} grindd {n} - - {m}",) * 2,
    "Windows": ("Information\t3/4/2026 {t} AM\tGrinder\t{n}\t{m}", "Error\t3/4/2026 {t} AM\tGrinder\t7\t{m}"),
    "Kubernetes": ("Normal  Pulled  {n}m (x{n} over 3h)  kubelet  {m}", "Warning  Failed  2m  kubelet  {m}"),
    "ESP-IDF": ("I ({n}) mill: {m}", "E ({n}) mill: {m}"),
    "Unreal": ("[2026.03.04-{t}:12][ 31]LogMill: {m}", "[2026.03.04-{t}:12][ 31]LogMill: Error: {m}"),
    "MongoDB": (
        '{{"t":{{"$date":"2026-03-04T{t}"}},"s":"I",  "c":"MILL", "id":{n},"msg":"{m}"}}',
        '{{"t":{{"$date":"2026-03-04T{t}"}},"s":"E",  "c":"MILL", "id":{n},"msg":"{m}"}}',
    ),
    "a proxy": (
        "{t} gate{n} mill[{n}]: 10.0.0.{n}:{n} ({t}) sacks sacks/s{n} 0/0/{n} 200 {n} - - ---- 1/1 0/0 {m}",
    )
    * 2,
    "a level of its own": ("04.03.2026 {t} HINWEIS Mühle {n}: {m}", "04.03.2026 {t} STÖRUNG Mühle {n}: {m}"),
    "warnings of all kinds": (
        "{t} [grind-{n}] WARN org.mill.Stone - {m}",
        "{t} [grind-{n}] FATAL org.mill.Stone - {m}",
    ),
}
CHATTER = (
    "stone number {n} turns as it should do",
    "sack {n} was filled and sewn",
    "wind of {n} knots from the west",
)


def _lines(form: str, at: int, n_lines: int = 90) -> list[str]:
    quiet, loud = FORMS[form]
    written = [
        quiet.format(
            t=f"{n % 24:02}:{n % 60:02}:{n * 7 % 60:02}", n=100 + n, m=CHATTER[n % 3].format(n=n * 13)
        )
        for n in range(n_lines)
    ]
    written[at] = loud.format(t="11:12:13", n=77, m=SAID)
    return written


@pytest.mark.parametrize("form", FORMS)
def test_the_line_that_comes_once_in_a_long_log_is_in_the_composed_text(form: str) -> None:
    body = "Log of the night:\n" + "\n".join(_lines(form, at=70))
    text = compose(Record(id="1", title="Mill stands still", body=body))
    assert SAID in text.body
    assert "Log of the night" in text.body
    assert len(text.body) < BODY_BUDGET / 2  # no chatter beyond the room for code


def test_a_line_that_comes_once_is_found_far_into_a_log_of_an_issue_of_the_longest_body_of_github() -> None:
    lines = _lines("MongoDB", at=390, n_lines=640)
    body = "\n".join(lines)[:65_536]
    assert body.index(SAID) > 32_768
    assert SAID in compose(Record(id="1", title="Mill stands still", body=body)).body


@pytest.mark.parametrize("form", FORMS)
def test_composing_the_text_of_a_log_again_changes_nothing(form: str) -> None:
    text = compose(Record(id="1", title="Mill", body="\n".join(_lines(form, at=40))))
    assert compose(Record(id="1", title=text.title, body=text.body)) == text


def test_a_fault_that_is_logged_again_and_again_is_kept_once() -> None:
    lines = _lines("without levels", at=3)
    lines += [f"11:12:{n:02} mill3 grindd[{n}]: error: sack {n} has burst" for n in range(10, 50)]
    text = compose(Record(id="1", title="Mill", body="\n".join(lines)))
    assert text.body.count("has burst") == 1
    assert SAID in text.body


def test_errors_of_a_log_leave_room_for_the_words_above_it() -> None:
    errors = [
        f"11:12:13 ERROR {word} of the {word} could not be found in the {word} of this mill today"
        for word in (
            "axle",
            "brake",
            "cogwheel",
            "door",
            "ember",
            "flour",
            "gate",
            "hopper",
            "iron",
            "jack",
            "key",
        )
    ]
    body = "Since the storm nothing moves when we lift the latch.\n" + "\n".join(
        [*_lines("without levels", 5), *errors]
    )
    text = compose(Record(id="1", title="Mill", body=body))
    assert "Since the storm nothing moves" in text.body
    assert "axle of the axle" in text.body


def test_a_text_of_a_person_and_a_short_log_are_no_logs() -> None:
    apart = [f"{word}one {word}two {word}three {word}four" for word in "abcdefghijklmnopqrstuvwxyz"]
    assert log_of(apart) is None
    assert log_of(["heartbeat 1 ok"] * (FEWEST_LINES - 1)) is None


@pytest.mark.parametrize(
    "line",
    [
        "[main] DEBUG org.mill.Stone - stone turns",
        "Information 3/4/2026 11:12:13 AM Grinder 2003 None stone turns",
        "Normal Pulled 3m kubelet image is there",
        "I (8559) mill: stone turns",
        "[811:9:0304/111213.400:WARNING:stone.cc(31)] stone turns",
        '{"level":30,"time":1772,"msg":"stone turns"}',
    ],
)
def test_more_forms_of_quiet_levels_are_known(line: str) -> None:
    assert is_quiet(line)
    assert not is_loud(line)


@pytest.mark.parametrize(
    "line",
    ["E (8559) mill: stone broke", '{"level":50,"msg":"stone broke"}', '{"t":1,"s":"F","msg":"stone broke"}'],
)
def test_more_forms_of_loud_levels_are_known(line: str) -> None:
    assert is_loud(line)
    assert not is_quiet(line)


def _log(said: str, chatter: tuple[str, ...]) -> str:
    """Return what is left of a line that comes once in a log."""
    lines = [f"11:12:{n % 60:02} mill: {chatter[n % len(chatter)].format(n=n)}" for n in range(60)]
    found = log_of([*lines[:40], f"11:12:13 mill: {said}", *lines[40:]])
    assert found is not None
    return found.rest[40]


@pytest.mark.parametrize(
    "said",
    [
        "404 500 page missing",
        "1337 bytes lost",
        "request in upload died",
        "handled badly: oops",
        "0xdeadbeef1 was freed twice",
        "ms are no seconds",
        "in vain",
    ],
)
def test_a_message_keeps_its_start_though_its_words_stand_elsewhere_in_other_lines(said: str) -> None:
    chatter = (
        "has handled request {n} in 7 ms",
        "has handled request {n} in 31 ms",
        "sends 12 bytes of request {n}",
    )
    assert _log(said, chatter) == said


def test_a_number_is_of_the_form_where_most_lines_have_one() -> None:
    assert _log("404 page missing", ("{n} sacks ground", "{n} bags sewn")) == "page missing"
    assert _log("404 page missing", ("{n} sacks ground", "no bags", "no flour")) == "404 page missing"


def test_a_word_of_the_form_stands_at_one_place_in_most_lines() -> None:
    chatter = tuple(f"grinder {name} says {name} {{n}}" for name in ("ada", "bob", "cyd"))
    assert _log("grinder dot says nothing", chatter) == "dot says nothing"


TERSE = "mill 17 offline, sack 4411 discarded"
"""A message that has no word for a fault."""

AROUND = {
    "Tomcat": (
        "1{d}-Feb-2026 22:5{d}:43.1{n} INFO [exec-{n}] org.mill.{c}.run {m}",
        "11-Feb-2026 22:54:43.179 SEVERE [exec-146] org.mill.stone.run {m}",
    ),
    "Serilog": ("[12:4{d}:35 INF] {m} <s:Mill.{c}>", "[12:40:35 ERR] {m} <s:Mill.stone>"),
    "klog": (
        "I021{d} 23:28:39.6{n}       1 {c}.go:{n}] {m}",
        "E0219 23:28:39.642608       1 stone.go:549] {m}",
    ),
    "logfmt": (
        't=2026-07-1{d} lvl=info msg="{m}" logger={c} id=a{n}',
        't=2026-07-17 lvl=eror msg="{m}" logger=stone',
    ),
    "CLEF": (
        '{{"@t":"2026-02-1{d}","@mt":"{m}","SourceContext":"Mill.{c}","Id":"{n}ab"}}',
        '{{"@t":"2026-02-13","@mt":"{m}","@l":"Error","SourceContext":"Mill.stone","Id":"dedeeaad"}}',
    ),
    "log4j in XML": (
        '<event logger="{c}" level="INFO" thread="t-{n}"><message><![CDATA[{m}]]></message></event>',
        '<event logger="stone" level="ERROR" thread="t-752"><message><![CDATA[{m}]]></message></event>',
    ),
    "Loguru": (
        "2026-02-1{d} 10:11:12.{n} | INFO     | mill.{c}:run:{n} - {m}",
        "2026-02-13 10:11:12.123 | ERROR    | mill.stone:run:77 - {m}",
    ),
    "Windows": (
        "Information\t3/{d}/2026 1:0{d}:53 AM\tMill{c}\t{n}\tNone\t{m}",
        "Error\t3/4/2026 1:09:53 AM\tMillstone\t146\tNone\t{m}",
    ),
}


@pytest.mark.parametrize("form", AROUND)
def test_an_error_of_a_log_is_left_without_its_fields_and_without_the_chatter_around_it(form: str) -> None:
    quiet, loud = AROUND[form]
    written = [
        quiet.format(
            d=n % 9, n=100 + n, c=("stone", "sail", "sieve")[n % 3], m=CHATTER[n % 3].format(n=n * 13)
        )
        for n in range(90)
    ]
    written[60] = loud.format(m=TERSE)
    body = "Since the storm nothing moves.\n" + "\n".join(written)
    assert compose(Record(id="1", title="Mill", body=body)).body.split("\n") == [
        "Since the storm nothing moves.",
        TERSE,
    ]


def test_events_that_kubectl_lists_have_levels() -> None:
    assert is_quiet("5m Normal Pulled pod/stone-cd146-eeabe image is there")
    assert is_loud("mill 5m30s Warning Failed pod/stone-cd146-eeabe image is gone")


def test_what_a_message_begins_with_stays() -> None:
    assert _message("fatal error: out of memory") == "fatal error: out of memory"
    assert _message("STARTTLS was refused") == "STARTTLS was refused"
    assert _message("stone 7 is broken") == "stone 7 is broken"


def _message(said: str) -> str:
    lines = [f"11:12:{n % 60:02} INFO {CHATTER[n % 3].format(n=n)}" for n in range(60)]
    found = log_of([*lines[:40], f"11:12:13 ERROR {said}", *lines[40:]])
    assert found is not None
    return found.messages[40]


def test_an_error_in_json_is_no_chatter_though_its_words_are() -> None:
    lines = [f'{{"level":"info","msg":"{CHATTER[n % 3].format(n=n)}"}}' for n in range(60)]
    found = log_of([*lines, '{"level":"error","msg":"sack 9 was filled"}'])
    assert found is not None
    assert 60 not in found.chatter
    assert found.messages[60] == "sack 9 was filled"


def test_names_of_the_chatter_of_a_log_are_searched_but_not_compared() -> None:
    lines = [f"11:12:{n % 60:02} INFO heartbeat ok from node-{n % 5}.mill.org" for n in range(60)]
    lines[30] = "11:12:13 ERROR node-2.mill.org lost BRAKE_7731"
    record = Record(id="1", title="Mill", body="\n".join(lines))
    text = compose(record)
    assert text.names == ("brake_7731", "node-2")
    assert text.chatter == ("node-0", "node-1", "node-3", "node-4")
    assert indexed_words(record, text).names == "brake7731 node0 node1 node2 node3 node4"


def test_all_that_a_line_of_json_says_of_its_error_stays() -> None:
    lines = [f'{{"level":"info","ts":{n},"msg":"request done","path":"/a"}}' for n in range(40)]
    lines.insert(20, '{"level":"error","ts":20,"msg":"request failed","error":"ECONNRESET by peer tide-9"}')
    body = compose(Record(id="1", title="Checkout is slow", body="\n".join(lines))).whole
    assert "request failed" in body
    assert "ECONNRESET by peer tide-9" in body


def test_the_log_of_a_record_is_read_once_for_its_text_and_its_names() -> None:
    body = "\n".join(f"mill-{n:03} INFO turn_stone {n} ended" for n in range(40)) + "\nThe flour_box is empty"
    log_templates._log_of.cache_clear()
    text = compose(
        Record(id="1", title="The mill stops", body=body),
        read=ReadLines.of(Record(id="1", title="", body=body)),
    )
    assert text.chatter
    assert log_templates._log_of.cache_info().hits == 1
