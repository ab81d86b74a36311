"""Index a few issues and search them.

python examples/index_and_query.py INDEX
"""

import sys

from dupfind import Collection, Record

ISSUES = [
    Record(id="1", title="Crash on startup", body="ValueError: invalid percent-escape in the Redis URL"),
    Record(id="2", title="Priority queues", body="Urgent jobs should overtake the bulk ones."),
    Record(id="3", title="Dark mode", body="The dashboard is too bright at night.", state="closed"),
]

index = sys.argv[1]
with Collection.create(index) as collection:
    run = collection.index(ISSUES, source="examples")
    print(f"{run.n_new} new, {run.n_same} unchanged, {run.n_encoded} texts encoded")
with Collection.open(index) as collection:
    for hit in collection.search("the worker dies when the password has special characters", k=2):
        print(f"{hit.rank}. #{hit.id} {hit.title} (score {hit.score:.2f})")
