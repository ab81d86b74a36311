"""Measure whether a crash report finds a report of the same fault: in six languages, all with one title for a language.

The tracker is generated. Each report has its own device, version, addresses, line numbers, hashes and chatter, and a
fifth of the traces are cut short. Of the reports of each fault, one is the query and the others are indexed.
"""

import argparse
import math
import random
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from common import emit

from dupfind.collection.collection import Collection
from dupfind.records import Record

_NAMES = """
Anchor Basket Candle Drawer Engine Feather Garden Hammer Island Jacket Kettle Ladder Mirror Needle Orchard Pencil
Quarry Ribbon Saddle Timber Umbrella Velvet Window Yarrow Zipper Bridge Cellar Dagger Ember Falcon
"""
_NOUNS = _NAMES.split()
_ACTIONS = "open close merge split load save draw parse fetch index count sort bind send read write scan copy move lock"
_VERBS = _ACTIONS.split()
_SOLD = "Pixel 6, Galaxy S21, ThinkPad T14, MacBook Air, Surface Pro, iPhone 13, Raspberry Pi 4, Dell XPS"
_DEVICES = _SOLD.split(", ")
_CHATTER = (
    "It happened right after the update.",
    "I cannot reproduce it on my second machine.",
    "Sorry if this was reported before!",
    "Please fix this soon, it blocks our release.",
    "Happens about once a day.",
    "I only opened the program and waited.",
    "My colleague has never seen it.",
    "Thanks for the great work.",
    "Let me know if you need more details.",
)
_TITLES = {
    "java": "Application crashed with an exception",
    "python": "Unhandled exception, see the traceback",
    "javascript": "Uncaught error in production",
    "rust": "Panic while running",
    "go": "Process ended with a panic",
    "c++": "Segmentation fault",
}


class Call(NamedTuple):
    """A function of the program: its class or module, its name, and its column in a minified bundle."""

    owner: str
    name: str
    column: int


class Fault(NamedTuple):
    """What makes reports equal.

    Attributes:
        language: Of the program.
        number: From 0.
        calls: From the innermost to the outermost.
        error: Place in the list of exceptions of its language.
        depth: How many frames of the runtime are above its own.
    """

    language: str
    number: int
    calls: tuple[Call, ...]
    error: int
    depth: int


def faults(language: str, n: int, chance: random.Random) -> list[Fault]:
    """Make n faults of one program, whose calls come from a pool, so that two faults may have some in common."""
    pool = [Call(noun, verb, chance.randrange(1_000, 400_000)) for noun in _NOUNS for verb in _VERBS]
    outer = tuple(chance.sample(pool, 3))  # every trace begins there
    return [
        Fault(
            language,
            number,
            (*chance.sample(pool, chance.randint(2, 6)), *outer),
            chance.randrange(4),
            chance.randint(0, 2),
        )
        for number in range(n)
    ]


def _line(chance: random.Random) -> int:
    return chance.randint(3, 900)


def _hex(chance: random.Random, n: int = 12) -> str:
    return "".join(chance.choices("0123456789abcdef", k=n))


def java(fault: Fault, chance: random.Random) -> list[str]:
    errors = (
        "NullPointerException",
        "IllegalStateException: entry {} is gone",
        "IndexOutOfBoundsException: {}",
        "RuntimeException",
    )
    lines = [f"java.lang.{errors[fault.error].format(_line(chance))}"]
    for level in range(fault.depth):
        lines.append(f"\tat java.base/java.util.Objects.check{level}(Objects.java:{_line(chance)})")
    for call in fault.calls:
        is_lambda = call.column % 5 == 0
        name = f"lambda${call.name}${chance.randint(0, 9)}" if is_lambda else call.name
        lines.append(f"\tat org.sample.app.{call.owner}.{name}({call.owner}.java:{_line(chance)})")
    pool = "java.util.concurrent.ThreadPoolExecutor.runWorker"
    lines.append(f"\tat java.base/{pool}(ThreadPoolExecutor.java:{_line(chance)})")
    return [*lines, f"\tat java.base/java.lang.Thread.run(Thread.java:{_line(chance)})"]


def python(fault: Fault, chance: random.Random) -> list[str]:
    errors = (
        "KeyError: {}",
        "ValueError: bad value {}",
        "TypeError: unsupported operand",
        "AttributeError: no attribute",
    )
    root = chance.choice(("/opt/app", "/home/joe/src", "C:\\app"))
    lines = ["Traceback (most recent call last):"]
    for call in reversed(fault.calls):
        file = f"{call.owner.lower()}.py"
        lines.append(f'  File "{root}/{file}", line {_line(chance)}, in {call.name}')
        lines.append(f"    return self.{call.name}_{call.owner.lower()}(value)")
    library = f"/usr/lib/python3.{chance.randint(9, 13)}/json/decoder.py"
    lines += [f'  File "{library}", line {_line(chance)}, in decode'] * fault.depth
    return [*lines, errors[fault.error].format(_line(chance))]


def javascript(fault: Fault, chance: random.Random) -> list[str]:
    errors = (
        "TypeError: Cannot read properties of undefined",
        "RangeError: too deep",
        "ReferenceError: x is not defined",
        "Error",
    )
    build = _hex(chance, 8)
    lines = [errors[fault.error]]
    for call in fault.calls:
        place = f"https://cdn.sample.org/static/main.{build}.js:2:{call.column}"
        name = f"{chance.choice('abcdefghij')}.{chance.choice('xyz')}"
        lines.append(f"    at {name} ({place})" if chance.random() < 0.8 else f"    at {place}")
    return lines


def rust(fault: Fault, chance: random.Random) -> list[str]:
    errors = (
        "called `Option::unwrap()` on a `None` value",
        "index out of bounds: the len is 3 but the index is {}",
        "already borrowed",
        "overflow",
    )
    place = f"src/{fault.calls[0].owner.lower()}.rs:{_line(chance)}:{chance.randint(1, 80)}"
    message = errors[fault.error].format(_line(chance))
    is_new, is_full = chance.random() < 0.5, chance.random() < 0.5
    lines = [f"thread 'main' panicked at '{message}', {place}"]
    if is_new:
        lines = [f"thread 'main' panicked at {place}:", message]
    lines.append("stack backtrace:")
    names = [
        "rust_begin_unwind",
        "core::panicking::panic_fmt",
        *["core::option::unwrap_failed"] * fault.depth,
        *(f"sample::{call.owner.lower()}::{call.owner}::{call.name}" for call in fault.calls),
        "core::ops::function::FnOnce::call_once",
    ]
    for number, name in enumerate(names):
        name += "::{{closure}}" if chance.random() < 0.1 else ""
        if is_full:
            lines.append(f"  {number:>2}: 0x{_hex(chance)} - {name}::h{_hex(chance, 16)}")
        else:
            lines.append(f"  {number:>2}: {name}")
            lines.append(f"             at ./src/x.rs:{_line(chance)}:{chance.randint(1, 80)}")
    return lines


def go(fault: Fault, chance: random.Random) -> list[str]:
    errors = (
        "runtime error: invalid memory address or nil pointer dereference",
        "assignment to entry in nil map",
        "runtime error: index out of range [{}]",
        "close of closed channel",
    )
    calls = [(f"runtime.check{level}", "/usr/local/go/src/runtime/map.go") for level in range(fault.depth)]
    calls += [
        (f"main.(*{call.owner}).{call.name}", f"/build/{call.owner.lower()}.go") for call in fault.calls
    ]
    lines = [
        f"panic: {errors[fault.error].format(_line(chance))}",
        "",
        f"goroutine {_line(chance)} [running]:",
    ]
    for name, file in (*calls, ("", ""), ("main.(*Worker).loop", "/build/worker.go")):
        if not name:
            lines += ["", f"goroutine {_line(chance)} [select]:"]
            continue
        lines.append(f"{name}(0xc000{_hex(chance, 6)}, 0x{_hex(chance, 2)})")
        lines.append(f"\t{file}:{_line(chance)} +0x{_hex(chance, 3)}")
    return lines


def native(fault: Fault, chance: random.Random) -> list[str]:
    lines = ["Program received signal SIGSEGV, Segmentation fault."]
    names = [f"__check{level}" for level in range(fault.depth)]
    names += [f"sample::{call.owner}::{call.name}" for call in fault.calls]
    for number, name in enumerate((*names, "main")):
        values = f"this=0x{_hex(chance)}, n={_line(chance)}"
        lines.append(f"#{number}  0x{_hex(chance)} in {name} ({values}) at src/x.cpp:{_line(chance)}")
    return lines


_WRITERS: dict[str, Callable[[Fault, random.Random], list[str]]] = {
    "java": java,
    "python": python,
    "javascript": javascript,
    "rust": rust,
    "go": go,
    "c++": native,
}


def report(fault: Fault, number: int, chance: random.Random) -> Record:
    """Write a report: the trace between what people say about it."""
    trace = _WRITERS[fault.language](fault, chance)
    if chance.random() < 0.2:  # cut at the outer end
        keep = max(5 + 2 * fault.depth, len(trace) * 2 // 3)
        trace = [trace[0], *trace[-keep:]] if fault.language == "python" else trace[:keep]
    chatter = chance.sample(_CHATTER, chance.randint(1, 4))
    version = f"{chance.randint(1, 9)}.{chance.randint(0, 30)}.{chance.randint(0, 9)}"
    device = f"Device: {chance.choice(_DEVICES)}, version {version}"
    fence = ["```"] if chance.random() < 0.7 else []
    body = "\n".join([chatter[0], *fence, *trace, *fence, device, *chatter[1:]])
    return Record(id=f"{fault.language}-{fault.number}-{number}", title=_TITLES[fault.language], body=body)


class Bm25:
    """Plain BM25 over the words of titles and bodies."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._ids = [record.id for record in records]
        self._length = [len(_words(record)) for record in records]
        self._mean = sum(self._length) / len(records)
        self._postings: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, record in enumerate(records):
            for word, count in Counter(_words(record)).items():
                self._postings[word].append((place, count))

    def first(self, record: Record) -> str:
        """Return the id of the best record."""
        n = len(self._ids)
        scores: Counter[int] = Counter()
        for word in set(_words(record)):
            found = self._postings.get(word, [])
            rarity = math.log(1 + (n - len(found) + 0.5) / (len(found) + 0.5))
            for place, count in found:
                damping = 1.2 * (0.25 + 0.75 * self._length[place] / self._mean)
                scores[place] += rarity * count * 2.2 / (count + damping)  # type: ignore[assignment]
        return self._ids[max(scores, key=lambda place: (scores[place], -place))]


def _words(record: Record) -> list[str]:
    return re.findall(r"\w+", f"{record.title} {record.body}".lower())


def main() -> None:
    """Index all reports but one of each fault, then search for those."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faults", type=int, default=50, help="of each language")
    parser.add_argument(
        "--reports", type=int, default=20, help="of each fault; the last ones are the queries"
    )
    parser.add_argument("--queries", type=int, default=1, help="of each fault")
    parser.add_argument("--only", nargs="+", choices=_WRITERS, default=list(_WRITERS))
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    made = [fault for language in arguments.only for fault in faults(language, arguments.faults, chance)]
    reports = [[report(fault, number, chance) for number in range(arguments.reports)] for fault in made]
    indexed = [each for group in reports for each in group[: -arguments.queries]]
    chance.shuffle(indexed)
    queries = [each for group in reports for each in group[-arguments.queries :]]
    plain = Bm25(indexed)
    right: Counter[tuple[str, str]] = Counter()
    likely: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        with Collection.create(folder) as collection:
            collection.index(indexed)
        with Collection.open(folder) as collection:
            for query in queries:
                language, number, _ = query.id.rsplit("-", 2)
                hits = collection.search(query, k=5)
                right[language, "dupfind"] += _fault_of(hits[0].id) == (language, number)
                right[language, "bm25"] += _fault_of(plain.first(query)) == (language, number)
                for hit in hits:
                    if hit.verdict is not None:
                        is_right = _fault_of(hit.id) == (language, number)
                        likely[language] += is_right
                        wrong[language] += not is_right
    n = arguments.faults * arguments.queries
    emit(
        "crash reports",
        records=len(indexed),
        queries=len(queries),
        seed=arguments.seed,
        first={name: round(right[name, "dupfind"] / n, 3) for name in arguments.only},
        bm25={name: round(right[name, "bm25"] / n, 3) for name in arguments.only},
        verdicts_right=dict(likely),
        verdicts_wrong=dict(wrong),
    )


def _fault_of(record_id: str) -> tuple[str, str]:
    language, number, _ = record_id.rsplit("-", 2)
    return language, number


if __name__ == "__main__":
    main()
