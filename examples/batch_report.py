"""Write one line for each pair of likely duplicates in an index, as tab-separated values.

python examples/batch_report.py INDEX > pairs.tsv
"""

import csv
import json
import subprocess
import sys

command = [sys.executable, "-m", "dupfind", "report", "--quiet", "--format", "json", "--index", sys.argv[1]]
report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
assert report["schema_version"] == 1, "written for version 1 of the report: see docs/stability.md"

rows = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
rows.writerow(["cluster", "duplicate", "canonical", "score", "title"])
for cluster in report["clusters"]:
    canonical, *duplicates = cluster["members"]
    for duplicate in duplicates:
        rows.writerow(
            [cluster["cluster"], duplicate["id"], canonical["id"], duplicate["score"], duplicate["title"]]
        )
