"""Remarks as a SARIF log, the format of code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from dupfind.reports.display import plain
from dupfind.reports.listing import Annotation
from dupfind.reports.workflow_commands import MAX_MESSAGE
from dupfind.version import __version__

VERSION = "2.1.0"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RULES = {
    "likely": "A new issue is a likely duplicate of an older one.",
    "possible": "A new issue is a possible duplicate of an older one.",
    "score": "A new issue is as similar to an older one as --min-score asks.",
}
"""The rules of a check, with what breaks each."""

_LEVELS = {"error": "error", "warning": "warning", "notice": "note"}


def sarif_log(annotations: Sequence[Annotation]) -> dict[str, Any]:
    """Return a log with one run.

    Args:
        annotations: Each has a rule of `RULES`.
    """
    rules = list(RULES)
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "dupfind",
                        "version": __version__,
                        "rules": [
                            {"id": rule, "shortDescription": {"text": text}} for rule, text in RULES.items()
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(annotation, rules) for annotation in annotations],
            }
        ],
    }


def _result(annotation: Annotation, rules: Sequence[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": annotation.rule,
        "ruleIndex": rules.index(annotation.rule),
        "level": _LEVELS[annotation.level],
        "message": {"text": plain(annotation.message, MAX_MESSAGE)},
        "partialFingerprints": {"duplicate/v1": _fingerprint(annotation.key)},
    }
    if annotation.file is not None:
        result["locations"] = [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(PurePath(annotation.file)),
                    "region": {"startLine": annotation.line},
                }
            }
        ]
    return result


def _fingerprint(key: str) -> str:
    # A file's name may hold bytes that are no UTF-8; Python reads them as lone surrogates.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _artifact(path: PurePath) -> dict[str, str]:
    """Return where a file is: a URI, or a path from the folder of the run."""
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix(), errors="surrogateescape"), "uriBaseId": "%SRCROOT%"}
