"""`make test-matrix`: real emitters, each in its own environment, against a running collector.

Only recorded exports are replayed in `make test`; the live run is asked for by naming this folder.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.ports import free_port

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "groundwire-matrix"
ALWAYS = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http")
QUESTION = "How long do I have to return an item?"
ANSWER = "You have 30 days from the date of purchase, with a receipt."
TEXTS = [
    "Refunds are accepted within 30 days of purchase with a receipt.",
    "Gift cards cannot be refunded or exchanged for cash.",
    "Our stores open at 9am on weekdays.",
]
IDS = ["policy-0001", "policy-0002", "hours-0001"]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    requested = any("matrix" in str(argument) for argument in config.args)
    live = collection_path.name in {"test_emitters.py", "test_s3_archive.py"}
    return True if live and not requested else None


@dataclass(frozen=True)
class Emitter:
    """A line of emitters.toml."""

    name: str
    script: str
    packages: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    withholds: tuple[str, ...] = ()
    retrieval: bool = True
    opaque: bool = False  # sends its prompt, and no question apart from it
    local: bool = False  # traces with the SDK of this checkout

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def path(self) -> Path:
        return HERE / "emitters" / self.script

    def prepare(self) -> Path:
        """The program to run the script with, its environment made or found in the cache."""
        key = hashlib.sha256(json.dumps([self.script, self.packages]).encode()).hexdigest()[:12]
        folder = CACHE / f"{Path(self.script).stem}-{key}"
        if self.script.endswith(".js"):
            return self._prepare_node(folder)
        python = folder / "bin" / "python"
        if not (folder / "ready").exists():
            _install(folder, [*ALWAYS, *self.packages])
            (folder / "ready").touch()
        return python

    def _prepare_node(self, folder: Path) -> Path:
        if not (folder / "node_modules").exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.path.parent / "package.json", folder)
            _run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=folder)
        shutil.copy(self.path, folder)
        return folder / self.path.name

    def versions(self, program: Path) -> list[str]:
        """Of the packages it asks for, as installed."""
        if self.script.endswith(".js"):
            found = json.loads(_run(["npm", "ls", "--json"], cwd=program.parent))["dependencies"]
            return [f"{name} {found[name]['version']}" for name in self.packages]
        names = [re.split(r"[\[<>=]", package)[0] for package in self.packages]
        code = "import sys, importlib.metadata as m; [print(n, m.version(n)) for n in sys.argv[1:]]"
        return _run([str(program), "-c", code, *names]).splitlines()

    def run(self, program: Path, environment: dict[str, str]) -> None:
        command = ["node", str(program)]
        if not self.script.endswith(".js"):
            command = [str(program), str(self.path)]
        paths = [str(self.path.parent), *([str(ROOT / "sdk")] if self.local else [])]
        retained = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        _run(
            command,
            env={
                **retained,
                "PYTHONPATH": os.pathsep.join(paths),
                **environment,
                **self.environment,
            },
        )


def _install(folder: Path, packages: list[str]) -> None:
    uv = shutil.which("uv")
    if uv:
        _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
        python = str(folder / "bin" / "python")
        _run([uv, "pip", "install", "--quiet", "--python", python, *packages])
        return
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    _run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages])


def _run(command: list[str], **options: Any) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=1800, **options)
    assert ran.returncode == 0, f"{command[0]} failed:\n{ran.stdout[-2000:]}\n{ran.stderr[-4000:]}"
    return ran.stdout


def load_emitters() -> list[Emitter]:
    lines = tomllib.loads((HERE / "emitters.toml").read_text(encoding="utf-8"))["emitter"]
    return [
        Emitter(**{k: tuple(v) if isinstance(v, list) else v for k, v in line.items()})
        for line in lines
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "emitter" in metafunc.fixturenames:
        metafunc.parametrize("emitter", load_emitters(), ids=lambda emitter: emitter.slug)


@dataclass(frozen=True)
class Collector:
    url: str
    key: str

    def get(self, path: str) -> Any:
        request = urllib.request.Request(
            f"{self.url}{path}", headers={"Authorization": f"Bearer {self.key}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A collector as a user starts it."""
    key, port = "gw_matrix", free_port()
    environment = {
        **os.environ,
        "GROUNDWIRE_API_KEY": key,
        "GROUNDWIRE_PORT": str(port),
        "GROUNDWIRE_GRPC_PORT": str(free_port()),
        "GROUNDWIRE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "GROUNDWIRE_TRACE_IDLE_SECONDS": "1",
        "GROUNDWIRE_TRACE_MAX_SECONDS": "5",
        "GROUNDWIRE_EVALUATORS": "grounding",
        "GROUNDWIRE_PATH_PREFIX": "/api/public/otel",
    }
    start = "from groundwire_collector.cli import main; main()"
    command = [sys.executable, "-c", start, "up"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "is ready" in line:
                break
        yield Collector(f"http://127.0.0.1:{port}", key)
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    command = [sys.executable, str(HERE / "standin.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


Turn = dict[str, Any]  # as GET /api/v1/turns/{id} gives it
FACTS: dict[str, Callable[[Turn], object]] = {
    "question": lambda turn: turn["question"],
    "answer": lambda turn: turn["answer"],
    "chunk text": lambda turn: [c["text"] for c in turn["chunks"]] or None,
    "chunk id": lambda turn: [c["id"] for c in turn["chunks"] if c["id"]] or None,
    "chunk score": lambda turn: [c for c in turn["chunks"] if c["score"] is not None] or None,
    "requested model": lambda turn: turn["model"],
    "response model": lambda turn: (
        # Some emitters repeat what was asked for, where they do not know what was served.
        None if turn["response_model"] == "acme-chat" else turn["response_model"]
    ),
    "tokens": lambda turn: (
        None if turn["output_tokens"] is None else (turn["input_tokens"], turn["output_tokens"])
    ),
    "session": lambda turn: turn["session_id"],
    "prompt version": lambda turn: turn["prompt_version"],
}
TRUE: dict[str, Callable[[Any], bool]] = {
    "question": lambda found: found == QUESTION,
    "answer": lambda found: found == ANSWER,
    "chunk text": lambda found: sorted(found) == sorted(TEXTS),
    "chunk id": lambda found: sorted(found) == sorted(IDS),
    "chunk score": lambda found: len(found) == 3,
    "requested model": lambda found: found == "acme-chat",
    "response model": lambda found: found == "acme-chat-2026-05-01",
    "tokens": lambda found: found == (57, 14),
    "session": lambda found: found == "sess-42",
    "prompt version": lambda found: found == "v3",
}


def found_facts(emitter: Emitter, turns: list[Turn]) -> dict[str, str]:
    """For each fact "yes", "partly" (of some turns), "withheld", or how else it is."""
    return {fact: _found(emitter, fact, turns) for fact in FACTS}


def _found(emitter: Emitter, fact: str, turns: list[Turn]) -> str:
    values = [FACTS[fact](turn) for turn in turns]
    if fact == "chunk text" and all(value == ["\n".join(TEXTS)] for value in values):
        return "as one text"
    if not emitter.retrieval and fact.startswith("chunk"):
        return "none asked" if not any(values) else f"wrong: {values}"
    if emitter.opaque and fact == "question" and any(value != QUESTION for value in values):
        return "the prompt" if all(QUESTION in str(v) for v in values) else f"wrong: {values}"
    message = [value for value in values if value is not None]
    wrong = [value for value in message if not TRUE[fact](value)]
    if wrong:
        return f"wrong: {wrong[0]!r}"
    return "withheld" if not message else "yes" if len(message) == len(values) else "partly"


@pytest.fixture(scope="session")
def judge() -> Callable[[Emitter, list[Turn]], dict[str, str]]:
    return found_facts
