"""Check new issues from a JSON file against an index, and print what each may be a duplicate of.

python examples/check_new_issues.py INDEX NEW.json

The exit code is 1 when an issue is a likely duplicate, as with `dupfind check`.
"""

import json
import subprocess
import sys
from pathlib import Path

index, issues = sys.argv[1:]
command = [sys.executable, "-m", "dupfind", "check", "-", "--json", "--index", index]
process = subprocess.run(command, input=Path(issues).read_text(), stdout=subprocess.PIPE, text=True)
if process.returncode not in (0, 1):  # 2 is an error; its message is on standard error
    sys.exit(process.returncode)
for finding in json.loads(process.stdout)["findings"]:
    original = next((hit for hit in finding["originals"] if hit["verdict"]), None)
    if original is None:
        print(f"{finding['id']}: no duplicate")
    else:
        print(f"{finding['id']}: {original['verdict']} duplicate of #{original['id']}: {original['why']}")
sys.exit(process.returncode)
