"""The wheel alone, installed in an empty environment, used from an empty folder."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
import venv
from importlib import metadata
from pathlib import Path

import pytest
from tests.ports import free_port
from tests.test_bare_install import needed_by, normal

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"<!-- examples/quickstart\.py -->\n```python\n(.*?)```", re.S)
START_SECONDS = 60.0


class Installed:
    """An environment with the wheel, and an empty folder to work in."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self.bin, self.folder = environment / "bin", folder
        folder.mkdir()
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR", "LANG")}
        self.variables = {**kept, "COLUMNS": "100"}

    def run(self, *command: str, **further: str) -> subprocess.CompletedProcess[str]:
        program, *arguments = command
        return subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=self.folder,
            env={**self.variables, **further},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def groundwire(self, *arguments: str) -> str:
        done = self.run("groundwire", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    subprocess.run([sys.executable, *command, "--wheel-dir", out, ROOT], check=True)
    [found] = out.glob("groundwire-*.whl")
    return found


def install(wheel: Path, environment: Path) -> Path:
    """A new environment with the wheel and nothing else; its folder of packages."""
    venv.create(environment, symlinks=True)
    python = str(environment / "bin" / "python")
    options = ("--python", python, "install", "--quiet", "--no-deps", "--no-index")
    subprocess.run([sys.executable, "-m", "pip", *options, str(wheel)], check=True)
    [packages] = environment.glob("lib/python3*/site-packages")
    return packages


@pytest.fixture(scope="module")
def full(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """With what the extras need, taken from the environment of the tests."""
    place = tmp_path_factory.mktemp("full")
    packages = install(wheel, place / "venv")
    [ours] = {str(Path(metadata.distribution("pip").locate_file("")))}
    (packages / "dependencies.pth").write_text(f"{ours}\n")  # its own .pth files are not read
    return Installed(place / "venv", place / "empty")


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """As after `pip install groundwire`: OpenTelemetry and what it needs."""
    place = tmp_path_factory.mktemp("bare")
    packages = install(wheel, place / "venv")
    for name in needed_by("groundwire"):
        link(name, packages)
    return Installed(place / "venv", place / "empty")


def link(name: str, packages: Path) -> None:
    """Make the modules of a distribution importable, and its metadata."""
    found = metadata.distribution(name)
    for file in found.files or ():
        path, top = packages / file, Path(str(found.locate_file(file)))
        if file.parts[0] != ".." and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(top)


def test_what_pip_install_brings_and_no_more_is_in_the_bare_environment(bare: Installed):
    code = "from importlib import metadata; print(*[d.name for d in metadata.distributions()])"
    found = {normal(name) for name in bare.run("python", "-c", code).stdout.split()}
    assert {"groundwire", "opentelemetry-sdk"} <= found
    assert not {"typer", "fastapi", "numpy", "openai"} & found


@pytest.mark.parametrize(
    ("command", "extra"),
    [("demo", "demo"), ("mcp", "mcp"), *((each, "collector") for each in ("up", "--help", ".*"))],
)
def test_a_bare_installation_says_what_a_command_needs(bare: Installed, command: str, extra: str):
    done = bare.run("groundwire", command)
    assert done.returncode != 0
    assert f"pip install 'groundwire[{extra}]'" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_rules_dashboards_and_the_stack_are_written_from_the_wheel(full: Installed):
    full.groundwire("rules", "--out", "rules")
    full.groundwire("dashboards", "--out", "grafana", "--managed-alerts")
    full.groundwire("deploy", "--out", "stack")
    found = {path.relative_to(full.folder).as_posix() for path in full.folder.rglob("*.*")}
    assert {
        "rules/groundwire-alerts.yml",
        "rules/groundwire-recording.yml",
        "grafana/dashboards/overview.json",
        "grafana/provisioning/alerting/groundwire-rules.yaml",
        "stack/compose.yaml",
        "stack/alertmanager.yml",
        "stack/prometheus/prometheus.yml",
        "stack/grafana/dashboards/overview.json",
        "stack/grafana/provisioning/datasources/groundwire.yaml",
        "stack/.dockerignore",
    } <= found


def test_the_quickstart_ends_with_the_wrong_answer_first(full: Installed):
    page = (ROOT / "docs/tutorial/quickstart.md").read_text(encoding="utf-8")
    [program] = EXAMPLE.findall(page)
    (full.folder / "quickstart.py").write_text(program)
    url = f"http://127.0.0.1:{free_port()}"
    options = ("--port", url.rpartition(":")[2], "--grpc-port", "0")
    with (full.folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [full.bin / "groundwire", "up", *options],
            cwd=full.folder,
            env=full.variables,
            stdout=log,
            stderr=log,
        )
    try:
        key = generated_key(full.folder)
        done = full.run("python", "quickstart.py", GROUNDWIRE_API_KEY=key, GROUNDWIRE_ENDPOINT=url)
        assert "'exported': 6, 'dropped': 0, 'failed': 0" in done.stdout, done.stderr
        worst = worst_turn(url, key)
    finally:
        process.terminate()
        process.wait(30)
    assert "24 months" in worst["answer"]
    assert worst["claims"][0]["verdict"] != "supported"


def generated_key(folder: Path) -> str:
    """The key that `groundwire up` made; waits until it listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ready = re.search(rb"ready|listening", (folder / "log").read_bytes(), re.I)
        if ready and (folder / "groundwire-data/api-key").exists():
            return (folder / "groundwire-data/api-key").read_text().strip()
        time.sleep(0.1)
    raise AssertionError((folder / "log").read_text())


def worst_turn(url: str, key: str) -> dict[str, object]:
    """The worst of the two turns, once both are judged."""
    address = f"{url}/api/v1/turns?order=worst&limit=5"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"})
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with urllib.request.urlopen(request, timeout=30) as answer:
            turns = json.load(answer)["turns"]
        if len(turns) == 2:
            worst: dict[str, object] = turns[0]
            return worst
        time.sleep(0.2)
    raise AssertionError("the turns are not judged")
