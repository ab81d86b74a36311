"""A tracker whose template changes in time: records, and the same records as they were earlier."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dupfind.records import Comment, Record, Ref

TEMPLATE = "Please say what you did before it went wrong.\nProduct version: {version}"
LATE = "Thank you for helping us to make it better."
CRASH = (
    "java.lang.IllegalStateException: Fragment not attached to a context.\n"
    "at org.sample.ui.FeedFragment.refresh(FeedFragment.java:233)"
)
NAMES = [
    "reader",
    "feed",
    "login",
    "export",
    "printer",
    "network",
    "settings",
    "archive",
    "profile",
    "calendar",
]
VERBS = ["crashes", "stops", "hangs", "flickers", "forgets", "repeats", "loses", "delays"]
QUERIES = [
    "reader crashes while the feed is open",
    "export loses the last page",
    "IllegalStateException: Fragment not attached to a context",
    "Please say what you did before it went wrong.\nlogin hangs",
]


def template_tracker(n: int, seed: int = 0) -> list[Record]:
    """n issues in the order of time: half with a template, a tenth with one crash, a late line in the last third."""
    rng = random.Random(seed)
    records = []
    for number in range(n):
        lines = [f"The {rng.choice(NAMES)} {rng.choice(VERBS)} when the {rng.choice(NAMES)} is open."]
        if number % 2:
            lines.insert(0, TEMPLATE.format(version=f"{rng.randrange(5)}.{rng.randrange(9)}"))
        if number % 10 == 3:
            lines.append(CRASH)
        if number > 2 * n // 3:
            lines.append(LATE)
        if rng.random() < 0.3:
            lines.append(f"Seen on {rng.choice(NAMES)} page.")
        records.append(
            Record(
                str(number),
                f"{rng.choice(NAMES)} {rng.choice(VERBS)} {rng.choice(NAMES)}",
                "\n".join(lines),
                project="a" if number % 3 else None,
                state=rng.choice(["open", "closed"]),
                created=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=number),
                duplicate_of=(Ref("a" if number % 3 else None, str(number - 3)),) if number % 17 == 5 else (),
            )
        )
    return records


def with_comments(records: list[Record], seed: int = 0) -> list[Record]:
    """The same issues, a third of them with one to four comments."""
    rng = random.Random(seed)
    return [
        replace(
            record,
            comments=tuple(
                Comment(f"The {rng.choice(NAMES)} {rng.choice(VERBS)} here, too.", record.created)
                for _ in range(rng.randrange(1, 5))
            ),
        )
        if rng.random() < 1 / 3
        else record
        for record in records
    ]


def earlier(records: list[Record], rng: random.Random) -> list[Record]:
    """Return issues as they may have been: some with another text or other comments, and some gone since."""
    before = [
        replace(record, body=f"{LATE}\n{record.body}", state="open", comments=record.comments[:-1])
        if rng.random() < 0.1
        else replace(record, comments=record.comments[rng.randrange(2) :])
        for record in records
    ]
    gone = [
        Record(f"gone {number}", f"old {rng.choice(NAMES)} {number}", TEMPLATE.format(version=number))
        for number in range(rng.randrange(len(records) // 4 + 1))
    ]
    return before + gone
