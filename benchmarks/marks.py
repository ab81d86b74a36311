"""Compare the originals that phrases in comments name with those that a tracker's data marks, and show some to read.

A closing is a closed issue with a comment that mentions another issue within three days of its last comment, which
stands for the time of its closing: the data does not have it. `--read 100` prints that many of them, drawn at random.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common import DATA, comments, emit, issues

from dupfind.records import Comment, Ref
from dupfind.sources.issue_mentions import MAX_COMMENT, TARGET, prose
from dupfind.sources.json_formats.comments import AT_CLOSING, originals_near_closing, repository_resolver

PROJECT = "rust-lang/rust"


@dataclass(frozen=True)
class Closing:
    """A closing, the originals that phrases name, and those that the data marks."""

    id: str
    near: tuple[Comment, ...]
    found: frozenset[str]
    marked: frozenset[str]

    @property
    def kind(self) -> str:
        """Return how both agree."""
        if not self.found and not self.marked:
            return "neither"
        if not self.found or not self.marked:
            return "phrases alone" if self.found else "marks alone"
        return "same" if self.found & self.marked else "different"


def main() -> None:
    """Count, and print a sample."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--part", action="append", choices=("train", "dev"))
    parser.add_argument("--sample", type=int, default=300, help="closings to count, drawn at random")
    parser.add_argument("--read", type=int, default=0, help="closings to print")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    parts = arguments.part or ["train", "dev"]
    everything = [closing for part in parts for closing in closings(part, arguments.data)]
    chosen = random.Random(arguments.seed).sample(everything, min(arguments.sample, len(everything)))
    for closing in chosen[: arguments.read]:
        show(closing)
    emit(
        benchmark="marks",
        data=f"rust {'+'.join(parts)}",
        seed=arguments.seed,
        n_closings=len(everything),
        all=dict(Counter(closing.kind for closing in everything)),
        sample=dict(Counter(closing.kind for closing in chosen)),
    )


def closings(part: str, data: Path) -> Iterator[Closing]:
    """Yield the closings of a part of the data."""
    said = comments("rust", part, data)
    for issue in issues("rust", part, data):
        own = said.get(str(issue["id"]), [])
        times = [comment.at for comment in own if comment.at is not None]
        if issue["status"] != "closed" or not times:
            continue
        closed = max(times)
        near = tuple(it for it in own if it.at is not None and closed - it.at <= AT_CLOSING)
        if not any(TARGET.search(prose(it.text[:MAX_COMMENT])) for it in near):
            continue
        ref = Ref(PROJECT, str(issue["id"]))
        found = originals_near_closing(own, closed, ref, repository_resolver(PROJECT))
        marked = frozenset(map(str, issue.get("duplicate_links") or ()))
        yield Closing(ref.id, near, frozenset(each.id for each in found), marked)


def show(closing: Closing) -> None:
    """Print a closing for a reader."""
    found, marked = (",".join(sorted(ids)) or "-" for ids in (closing.found, closing.marked))
    print(f"#{closing.id} phrases {found} marks {marked}")
    for comment in closing.near[-3:]:
        print(f"    | {' '.join(comment.text.split())[:300]}")


if __name__ == "__main__":
    main()
