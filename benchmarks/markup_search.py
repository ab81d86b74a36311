"""Does Jira's markup matter to the search: how many composed texts change with it converted, and does recall?

The data holds raw wiki markup. Each tracker is measured twice: as it is, and with every body converted to Markdown, as
the readers of Jira do. Queries and figures are those of `quality.py`.
"""

import argparse
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

from common import DATA, emit, indexed, issues
from quality import measured

from dupfind.evaluation.replay import ReplayOptions, replay
from dupfind.records import Record
from dupfind.sources.markup import jira
from dupfind.text.composition import compose

TRACKERS = (("hadoop", ""), ("titanium", "dev"))


def main() -> None:
    """Measure both trackers, raw and converted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--others", type=int, default=500, help="issues that are no duplicates, a tracker")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    numbers: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, part in TRACKERS:
            converted = Path(folder) / "converted"
            figures: dict[str, Any] = convert(name, part, options.data, converted)
            for label, data in (("raw", options.data), ("converted", converted)):
                with indexed(Path(folder) / label, name, part, data) as collection:
                    verdicts = collection.choice().verdicts
                    results = list(
                        replay(collection, ReplayOptions(n_others=options.others, seed=options.seed))
                    )
                    figures[label] = measured(results, verdicts, options.seed)["dupfind"]
            numbers[f"{name} {part}".strip()] = figures
    emit("markup_search", seed=options.seed, **numbers)


def convert(name: str, part: str, data: Path, target: Path) -> dict[str, int]:
    """Write a tracker with converted bodies, and count the bodies and composed texts that change."""
    counts = {"issues": 0, "bodies_changed": 0, "texts_changed": 0}
    folder = target / name
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / f"issues.{part}.jsonl.gz".replace("..", "."), "wt", encoding="utf-8") as lines:
        for issue in issues(name, part, data):
            raw, title = issue["body"] or "", issue["title"]
            body = jira.as_text(raw)
            texts = {compose(Record(id="1", title=title, body=text)).whole for text in (raw, body)}
            counts["issues"] += 1
            counts["bodies_changed"] += body != raw
            counts["texts_changed"] += len(texts) > 1
            lines.write(json.dumps({**issue, "body": body}) + "\n")
    return counts


if __name__ == "__main__":
    main()
