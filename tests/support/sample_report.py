"""A report with a new and a known cluster, and one whose texts are hostile."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from dupfind.dedup.report import (
    Bin,
    Bridge,
    CurvePoint,
    DuplicateCluster,
    LookAlikes,
    Member,
    MemberPair,
    Parameters,
    Report,
    Siblings,
    Triage,
)
from dupfind.results import Difference
from dupfind.text.explanations import Aligned, Fact, Reasons

NOW = datetime(2025, 1, 1, tzinfo=UTC)

REASONS = Reasons(
    sentences=(
        Aligned(
            left=(("Crash", True), (" on start", False)),
            right=(("A ", False), ("crash", True), (" at boot", False)),
        ),
    ),
    words=("percent", "crash"),
    facts=(
        Fact("code", ("ValueError",), (), ()),
        Fact("version", (), ("3.1.0",), ("2.4.7",)),
    ),
)


def member(id: str, title: str = "Crash on start", **more: object) -> Member:
    fields: dict[str, object] = {
        "source": "tracker.db",
        "kind": "github",
        "project": None,
        "fingerprint": f"{id:0>32}",
        "state": "open",
        "url": f"https://github.com/owner/repo/issues/{id}",
        "created": datetime(2024, 1, 3, 9, 12, tzinfo=UTC),
        "duplicate_of": None,
        "score": 0.8,
    }
    return Member(id=id, title=title, **(fields | more))  # type: ignore[arg-type]


def pair(first: int, second: int, score: float, *, is_known: bool = False) -> MemberPair:
    return MemberPair(first, second, score, score - 0.71, None, is_known, REASONS)


def report(*clusters: DuplicateCluster, **more: object) -> Report:
    sample = Report(
        created=NOW,
        model="words",
        n_records=1234,
        parameters=Parameters(min_score=0.7, min_margin=0.02),
        n_pairs=9,
        n_known=1,
        n_rejected=2,
        n_unremarkable=3,
        n_marked=20,
        n_reached=9,
        n_clusters=len(clusters),
        n_open=sum(any(each.state != "closed" for each in one.members[1:]) for one in clusters),
        clusters=clusters,
        triage=Triage(
            n_still_open=31,
            still_open=((member("500", "Beep at night"), member("501", "Beeps when idle", state="closed")),),
            most_reported=((member("502", "Blue screen"), 17),),
            bursts=(1,),
        ),
        siblings=(
            Siblings(
                "platform",
                12,
                (
                    (
                        member("800", "iOS: no sound"),
                        member("801", "Android: no sound"),
                        Difference("platform", "ios", "android"),
                    ),
                ),
            ),
        ),
        series=(LookAlikes(3, (member("700", "Publish release notes"),)),),
        identical=(LookAlikes(4700, (member("600", "Crash in the tray icon"),)),),
        look_alikes=(LookAlikes(40, (member("900", "Confirm #1"), member("901", "Confirm #2"))),),
        histogram=(Bin(0.7, 1, 4), Bin(0.71, 0, 5)),
        curve=(CurvePoint(0.9, 0.5, 0.1), CurvePoint(0.7, 0.25, 0.4)),
    )
    return replace(sample, **more)  # type: ignore[arg-type]


def cluster(*members: Member, is_known: bool = False, bridges: tuple[Bridge, ...] = ()) -> DuplicateCluster:
    pairs = tuple(pair(0, place, 0.9 - place / 100, is_known=is_known) for place in range(1, len(members)))
    return DuplicateCluster(members, pairs, 0.8, (0, 1), 0.19, is_known, bridges)


BODY = """\
## Steps

1. Put a `%` into the password
2. Start the app

```python
import app  # the error is here
raise ValueError("bad escape")
```

| version | works |
| --- | --- |
| 3.1 | no |

[The log](https://example.org/log), ![the window](https://example.org/window.png)
"""

SAMPLE = report(
    cluster(
        member("12", "Crash on start", score=None, body=BODY),
        member("31", "App crashes at boot", score=0.89, body="It *crashes* at boot:\n\n    exit 1\n"),
        member("40", "It crashes", state="closed", score=0.88),
        bridges=(Bridge(1, member("77", "Slow start"), 0.72),),
    ),
    cluster(
        member("5", "Feeds are empty", score=None, state="closed"),
        member("6", "Empty feed", state="closed", duplicate_of="5"),
        is_known=True,
    ),
)

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "</script><script>alert(3)</script><!--",
    "\"'><svg onload=alert(4)>{{ 7*7 }}{% raw %}",
    "=cmd|'/c calc'!A0",
    "\x1b[31mred\x1b[0m \x07 bell",
    "safe\u202egnp.exe \u2066isolate",
    "   ",
    "m" * 1_000_000,
    "@maintainer see owner/repo#1, #2 and GH-3: https://github.com/owner/repo/issues/4 `code` [x](http://evil)",
    "lone \ud800 surrogate, \u2028 separator",
]


def hostile() -> Report:
    """Return a report with every hostile text as title, id, source, state and URL."""
    members = [
        member(
            f"{place} {text[:2000]}",
            text,
            source=f"tracker {text[:200]}",
            url=[
                "javascript:alert(5)",
                'https://x/" onclick="alert(6)',
                "data:text/html,<script>alert(7)</script>",
            ][place % 3],
            state=text[:50],
            duplicate_of=text[:500],
            body=f"{text}\n\n```js\n{text}\n```\n\n[link]({text[:100]}) ![picture]({text[:100]})",
        )
        for place, text in enumerate(HOSTILE)
    ]
    bad = Reasons(
        sentences=tuple(Aligned(((text[:300], True),), ((text[:300], False),)) for text in HOSTILE[:6]),
        words=tuple(text[:100] for text in HOSTILE),
        facts=(Fact("code", (HOSTILE[0],), (HOSTILE[1],), (HOSTILE[2],)),),
    )
    evil = cluster(*members, bridges=(Bridge(0, members[1], 0.7),))
    return report(
        replace(evil, pairs=tuple(replace(pair, reasons=bad) for pair in evil.pairs)),
        model=HOSTILE[0],
        triage=Triage(
            n_still_open=2,
            still_open=tuple(pairwise(members)),
            most_reported=tuple((one, 3) for one in members),
        ),
        siblings=(
            Siblings(
                "object",
                2,
                tuple(
                    (one, other, Difference("object", text, text))
                    for one, other, text in zip(members, members[1:], HOSTILE, strict=False)
                ),
            ),
        ),
        series=(LookAlikes(8, tuple(members)),),
        identical=(LookAlikes(7, tuple(members)),),
        look_alikes=(LookAlikes(9, tuple(members)),),
    )
