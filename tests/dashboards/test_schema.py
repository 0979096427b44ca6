"""The dashboards have the types of Grafana's own schema, as npm has it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.dashboards.test_boards import BOARDS
from tests.npm import installed

pytestmark = pytest.mark.needs("node")

PACKAGES = {"@grafana/schema": "13.2.3", "typescript": "5.9.3"}
SCHEMA = Path(__file__).with_name("schema.ts")
OPTIONS = "--strict --noEmit --skipLibCheck --module esnext --moduleResolution bundler".split()


@pytest.fixture(scope="session")
def folder(pytestconfig: pytest.Config) -> Path:
    """Where the compiler and the schema are installed, kept between runs."""
    folder = installed(pytestconfig, "grafana-schema", PACKAGES)
    shutil.copy(SCHEMA, folder)
    return folder


def complaints(folder: Path, *names: str) -> str:
    command = ["node_modules/.bin/tsc", *OPTIONS, *(f"{name}.ts" for name in names)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout


def write(folder: Path, name: str, text: str) -> None:
    head = "import type { Shipped } from './schema';\nexport const dashboard: Shipped = "
    (folder / f"{name}.ts").write_text(f"{head}{text};\n", encoding="utf-8")


def test_every_dashboard_has_the_types_of_the_schema(folder: Path) -> None:
    text = json.dumps(BOARDS["health"])
    misspelt = {
        "misspelt": text.replace('"gridPos"', '"gridPosition"'),
        "wrong": text.replace('"mode": "absolute"', '"mode": "absolutely"'),
    }
    for name, document in {**{n: json.dumps(b) for n, b in BOARDS.items()}, **misspelt}.items():
        write(folder, name, document)
    reported = complaints(folder, *BOARDS, *misspelt).splitlines()
    assert [
        line for line in reported if not line.startswith((" ", "misspelt.ts", "wrong.ts"))
    ] == []
    # It would have been seen:
    assert any(line.startswith("misspelt.ts") and "gridPosition" in line for line in reported)
    assert any(line.startswith("wrong.ts") and "absolutely" in line for line in reported)
