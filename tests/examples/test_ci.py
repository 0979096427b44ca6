"""Workflow files for CI: valid by GitHub's schema, and their commands run."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.layers import ROOT
from tests.model_server import ChatServer, Response, chat, serving

CI = ROOT / "examples" / "ci"
FILES = sorted(CI.glob("*.yml"))


def steps(path: Path) -> list[dict[str, Any]]:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def commands(path: Path) -> list[str]:
    """The lines that call groundwire."""
    runs = (step.get("run", "") for step in steps(path))
    return [run for run in runs if run.startswith("groundwire ")]


def execute(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    binaries = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": binaries, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.needs("check-jsonschema")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_workflow_is_valid_by_githubs_schema(path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*command, "vendor.github-workflows", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    rows = [
        {
            "id": n,
            "question": f"What fee has parcel {n}?",
            "contexts": [f"The fee for parcel {n} is {n + 100} euros."],
            "answer": f"{n + 100} euros",
            "reference": f"{n + 100} euros",
        }
        for n in range(60)
    ]
    (tmp_path / "gate").mkdir()
    path = tmp_path / "gate" / "baseline.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "gate" / "margins.toml").write_text("[measures.faithful]\nmargin = 0.05\n")
    return tmp_path


def reading(_path: str, body: dict[str, Any]) -> Response:
    """A model that reads the passage."""
    user = body["messages"][-1]["content"]
    return 200, chat(user.split("[1] ")[1].split("\n")[0] if "[1] " in user else "Canberra"), {}


def declining(_path: str, _body: dict[str, Any]) -> Response:
    return 200, chat("I don't know."), {}


@pytest.mark.parametrize(("answer", "code"), [(reading, 0), (declining, 2)])
def test_the_gates_command_runs_and_writes_its_reports(
    baseline: Path, answer: Any, code: int
) -> None:
    [command] = commands(CI / "gate.yml")
    with serving() as server:
        made: ChatServer = server
        made.answer = answer
        done = execute(
            command, baseline, CANDIDATE_URL=made.url, CANDIDATE_MODEL="ft-2", OPENAI_API_KEY="k"
        )
    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)["failed"] is (code == 2)
    assert (baseline / "gate.md").read_text().startswith("## Groundwire gate")
    assert (baseline / "gate.xml").read_text().startswith("<?xml")


def test_the_announcement_reaches_the_collector(tmp_path: Path) -> None:
    [command] = commands(CI / "rollout.yml")
    received = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            received.append((self.path, json.loads(self.rfile.read(length))))
            body = b'{"rollouts": []}'
            self.send_response(201)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = execute(
            command,
            tmp_path,
            GROUNDWIRE_ENDPOINT=f"http://127.0.0.1:{server.server_port}",
            GROUNDWIRE_API_KEY="gw_x",
            SERVICE="bot",
            MODEL_VERSION="ft-2",
            TRAINED_AT="2026-11-01",
            GITHUB_SHA="4f1c2aa",
        )
        server.shutdown()
    assert done.returncode == 0, done.stderr
    [(path, body)] = received
    assert path == "/api/v1/rollouts"
    assert (body["model_version"], body["release"]) == ("ft-2", "4f1c2aa")
    assert body["trained_at"].startswith("2026-11-01T")
