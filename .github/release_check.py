"""Check that a release is consistent: tag, version, changelog and addresses.

    python .github/release_check.py v0.2.0

Prints one line for each fault and exits with 1 if there is any.
"""

import re
import sys
from pathlib import Path


def faults(root: Path, tag: str) -> list[str]:
    """Return what keeps a checkout from being released under a tag."""

    def text(name: str) -> str:
        return (root / name).read_text(encoding="utf-8")

    version = re.findall(r'__version__ = "(.+)"', text("dupfind/version.py"))[0]
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", text("CHANGELOG.md"), re.MULTILINE)
    lines = []
    if tag != f"v{version}":
        lines.append(f"the tag is {tag} and dupfind/version.py has {version}: they must agree")
    if not released or released[0] != version:
        lines.append(f"CHANGELOG.md does not begin with `## [{version}] - YYYY-MM-DD`")
    if "github.com/OWNER/" in text("pyproject.toml"):
        lines.append("pyproject.toml still has OWNER in [project.urls]: write the repository's owner")
    return lines


if __name__ == "__main__":
    problems = faults(Path(__file__).parents[1], sys.argv[1])
    print("\n".join(problems) or "ready to be released")
    sys.exit(bool(problems))
