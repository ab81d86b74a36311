"""What each extra installs, by the metadata of the installed packages: only two bring torch."""

import tomllib
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
WITH_TORCH = {"gpu", "train", "all"}
"""`all` contains `train`."""


def applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Whether a requirement holds on this machine, with these extras of the package that has it."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""})


def installs(extra: str) -> tuple[set[str], set[str]]:
    """Return the names of all packages that an extra installs, and those whose metadata is not on this machine."""
    names: set[str] = set()
    unknown: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(each) for each in (*PROJECT["dependencies"], *EXTRAS.get(extra, ()))]
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        if name == "dupfind":
            waiting += [Requirement(each) for inner in extras for each in EXTRAS[inner]]
            continue
        names.add(name)
        try:
            required = distribution(name).requires or []
        except PackageNotFoundError:
            unknown.add(name)
            continue
        waiting += [each for each in map(Requirement, required) if applies(each, extras)]
    return names, unknown


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_only_gpu_and_train_bring_torch(extra: str) -> None:
    names, unknown = installs(extra)
    if unknown - {"faiss-gpu"}:
        pytest.skip(f"not installed here: {', '.join(sorted(unknown))}")
    heavy = {name for name in names if name in ("torch", "transformers") or name.startswith("nvidia-")}
    assert bool(heavy) == (extra in WITH_TORCH), heavy


def test_the_walk_finds_what_is_required_through_other_packages() -> None:
    assert "torch" in installs("train")[0]
    assert {"huggingface-hub", "mako"} <= installs("")[0]  # by tokenizers, and by Alembic
