"""The existing file or folder whose name is nearest to a misspelt one."""

import os
import re
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

_MOST_NAMES = 2_000
"""Names of a folder that are compared with a misspelt one."""

_SEPARATORS = os.sep + (os.altsep or "")

_CUTOFF = 0.8  # of difflib's ratio: "trackr.db" and "tracker.db" have 0.95, "gone.txt" and "notes.txt" 0.71

_PROJECT = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9_-]{1,100}")
"""A project of GitHub; a name with a dot is rather a file's."""


def misspelt(path: str | Path) -> str:
    """Return a question after the nearest existing path, such as "; did you mean tracker.db?"; "" for none."""
    folder, name = os.path.split(os.fspath(path).rstrip(_SEPARATORS))
    try:
        with os.scandir(folder or ".") as entries:
            listed = [entry.name for entry in islice(entries, _MOST_NAMES)]
    except (OSError, ValueError):
        return ""
    # A link to a missing file has the name itself.
    names = {each.casefold(): each for each in listed if each != name}
    # ".csv" for ".csv.gz", and a name without its ending, are as near as a letter.
    nearest = get_close_matches(name.casefold(), sorted(names), n=1, cutoff=_CUTOFF) if name else []
    stems = [each for each in sorted(names) if name and each.startswith(f"{name.casefold()}.")]
    found = [*nearest, *stems][:1]
    return f"; did you mean {os.path.join(folder, names[found[0]])}?" if found else ""


def as_project(path: str | Path) -> str:
    """Return how a project is written, if a path without its folder looks like owner/repo; else ""."""
    written = os.fspath(path).replace(os.sep, "/")
    if not _PROJECT.fullmatch(written) or os.path.exists(os.path.dirname(path)):
        return ""
    return f"; a project on GitHub is github:{written}"
