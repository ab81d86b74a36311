"""What a fresh interpreter has imported, and what a quick command must not import."""

import json
import subprocess
import sys

from tests.support.paths import ROOT

SLOW = {
    "torch",
    "transformers",
    "sentence_transformers",
    "faiss",
    "sqlalchemy",
    "psycopg2",
    "alembic",
    "numpy",
    "nanoarrow",
    "pydantic",
    "typing_extensions",
    "rich",
    "httpx2",
    "tenacity",
}


def loaded_by(statements: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after some statements."""
    return {name.split(".")[0] for name in loaded_modules(statements)}


def loaded_modules(statements: str) -> set[str]:
    """All modules that it has loaded, by their full names."""
    done = subprocess.run(
        [sys.executable, "-c", f"{statements}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))
