"""A model is pushed by the hub's own library, with a token from the environment only."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dupfind.encoders.hub import push
from dupfind.errors import DupfindError
from tests.support.modules import import_line

pytest.importorskip("huggingface_hub")

TOKEN = "hf_secret"


class Hub(BaseHTTPRequestHandler):
    """Answers the requests of a push, and records them."""

    server: "HubServer"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.requests.append((self.path, self.headers.get("authorization"), body))
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            self._answer({"error": "Invalid credentials"}, 401)
        elif self.path == "/api/repos/create":
            self._answer({"url": f"{self.server.url}/owner/name"})
        elif self.path == "/api/validate-yaml":
            self._answer({"errors": [], "warnings": []})
        elif self.path.startswith("/api/models/owner/name/preupload/"):
            files = json.loads(body)["files"]
            self._answer(
                {
                    "files": [
                        {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files
                    ]
                }
            )
        elif self.path.startswith("/api/models/owner/name/commit/"):
            self._answer(
                {"commitUrl": f"{self.server.url}/owner/name/commit/1", "commitOid": "1", "success": True}
            )
        else:
            self._answer({"error": "what?"}, 404)

    def _answer(self, value: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class HubServer(ThreadingHTTPServer):
    """A stand-in for the hub on this machine."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hub)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests: list[tuple[str, str | None, bytes]] = []


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def run_push(
    folder: Path, hub: HubServer, token: str | None, repository: str = "owner/name"
) -> "subprocess.CompletedProcess[str]":
    """Push in a process of its own, since the library reads its settings once."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    environment |= {
        "HF_ENDPOINT": hub.url,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(folder.parent / "home"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    if token is not None:
        environment["HF_TOKEN"] = token
    code = (
        f"import sys; from pathlib import Path\n{import_line(push, DupfindError)}"
        "try: print(push(Path(sys.argv[1]), sys.argv[2], is_private=True))\n"
        "except DupfindError as error: sys.exit(str(error))"
    )
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(folder), repository],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def test_a_push_makes_a_private_repository_and_commits_every_file(model: Path, hub: HubServer) -> None:
    ran = run_push(model, hub, TOKEN)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == f"{hub.url}/owner/name/commit/1"
    assert all(authorization == f"Bearer {TOKEN}" for _, authorization, _ in hub.requests)
    requests = {path: body for path, _, body in hub.requests}
    assert json.loads(requests["/api/repos/create"])["visibility"] == "private"
    lines = [json.loads(line) for line in requests["/api/models/owner/name/commit/main"].splitlines()]
    sent = {line["value"]["path"]: line["value"]["content"] for line in lines if line["key"] == "file"}
    assert {name: base64.b64decode(content) for name, content in sent.items()} == {
        path.relative_to(model).as_posix(): path.read_bytes() for path in model.rglob("*") if path.is_file()
    }


def test_without_a_token_no_request_is_sent(model: Path, hub: HubServer) -> None:
    ran = run_push(model, hub, None)
    assert ran.returncode == 1
    assert "HF_TOKEN" in ran.stderr
    assert hub.requests == []


def test_a_refusal_of_the_hub_is_one_line_without_the_token(model: Path, hub: HubServer) -> None:
    ran = run_push(model, hub, "hf_wrong")
    assert ran.returncode == 1
    assert "owner/name was not pushed" in ran.stderr
    assert "401" in ran.stderr
    assert "hf_wrong" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_an_invalid_repository_name_is_reported(model: Path, hub: HubServer) -> None:
    ran = run_push(model, hub, TOKEN, "no name/at/all")
    assert ran.returncode == 1
    assert "owner/name" in ran.stderr


def test_an_unreachable_hub_is_reported(model: Path, hub: HubServer) -> None:
    hub.url = "http://127.0.0.1:9"
    ran = run_push(model, hub, TOKEN)
    assert ran.returncode == 1
    assert "was not pushed" in ran.stderr
    assert "Traceback" not in ran.stderr
