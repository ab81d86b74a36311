"""Time a whole `dupfind index` of real issues, only encoding their texts, and indexing them again."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from common import DATA, emit, issues, make_tracker

from dupfind.encoders.load import load_encoder
from dupfind.encoders.weights import find_model
from dupfind.records import Record
from dupfind.text.composition import compose


def main() -> None:
    """Make a tracker.db of titanium's issues, index it twice, and encode the same texts in between."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=16_000)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--keep", type=Path, help="keep tracker.db and its index in this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.keep or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        tracker, index = folder / "tracker.db", folder / ".dupfind"
        n_issues = make_tracker(
            tracker, islice(issues("titanium", "train", arguments.data), arguments.issues)
        )
        index_s = run(["index", "-q", "--index", str(index), str(tracker)])

        texts = {}
        for issue in islice(issues("titanium", "train", arguments.data), arguments.issues):
            text = compose(Record(id=issue["id"], title=issue["title"] or "", body=issue["body"] or ""))
            texts.update(dict.fromkeys((text.title, text.whole)))
        encoder = load_encoder(find_model())
        encoder.encode(list(texts)[:64])
        started = time.perf_counter()
        encoder.encode(list(texts))
        encode_s = time.perf_counter() - started

        again_s = run(["index", "-q", "--index", str(index), str(tracker)])
        info = json.loads(subprocess.check_output(dupfind("info", "--json", "--index", str(index))))
        emit(
            "indexing",
            data="titanium train",
            issues=n_issues,
            texts=len(texts),
            engine=encoder.engine,
            index_s=round(index_s, 2),
            encode_s=round(encode_s, 2),
            again_s=round(again_s, 2),
            index_over_encode=round(index_s / encode_s, 3),
            index_over_again=round(index_s / again_s, 1),
            marked_pairs=info["marked_pairs"],
            megabytes=round(info["bytes"] / 1e6, 1),
        )


def dupfind(*arguments: str) -> list[str]:
    """Return the path of the command in this environment."""
    return [sys.executable, "-m", "dupfind", *arguments]


def run(arguments: list[str]) -> float:
    """Return the wall time of a dupfind command, with its start."""
    started = time.perf_counter()
    subprocess.run(dupfind(*arguments), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
