"""Who may import whom. Data flows one way; this keeps it so."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

JUDGES = {"httpx", "openai", "ragas", "torch", "transformers"}  # extras; see the test below
MAY_IMPORT = {
    "sdk/groundwire": {"opentelemetry", "pytest"},  # pytest: the fixtures of groundwire.testing
    "evaluators/groundwire_evaluators": {"markdown_it", "numpy", "sentencex", "Stemmer"} | JUDGES,
    "collector/groundwire_collector": {
        "groundwire",
        "groundwire_evaluators",
        "alembic",
        "fastapi",
        "google",  # protobuf, googleapis
        "grpc",
        "httpx",
        "jinja2",
        "markupsafe",
        "matplotlib",  # the extra [plots]
        "numpy",  # with the evaluators, which it cannot do without
        "opentelemetry",  # the protobuf classes of OTLP
        "prometheus_client",
        "psycopg",
        "pydantic",
        "pydantic_core",
        "pydantic_settings",
        "rich",
        "sqlalchemy",
        "sqlmodel",
        "starlette",
        "tenacity",
        "typer",
        "uvicorn",
        "yaml",
        "zstandard",
    },
}

# The rooms a turn walks through, in order; a room may import those before it.
ROOMS = (
    "receiver",
    "storage",
    "assembly",
    "evaluation",
    "monitoring",
    "telling",
    "metrics",
    "routes",
    "pages",
)
# The receiver hands spans to storage; everything else only looks back.
FORWARD = {("receiver", "storage")}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_part_imports_only_what_it_may(part: str) -> None:
    own = Path(part).name
    found = {name.split(".")[0] for path in (ROOT / part).rglob("*.py") for name in imports(path)}
    assert found - set(sys.stdlib_module_names) - {own} <= MAY_IMPORT[part]


def test_only_the_judges_of_others_import_what_their_extras_bring() -> None:
    folder = ROOT / "evaluators/groundwire_evaluators"
    for path in folder.rglob("*.py"):
        found = {name.split(".")[0] for name in imports(path)} & JUDGES
        inside = path.relative_to(folder).as_posix()
        assert not found or inside.startswith(("judges/ragas", "judges/local")), inside


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_the_collector_looks_only_back(room: str) -> None:
    later = set(ROOMS[ROOMS.index(room) + 1 :])
    for path in (ROOT / "collector/groundwire_collector" / room).rglob("*.py"):
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "groundwire_collector" and len(parts) > 1 and parts[1] in later:
                assert (room, parts[1]) in FORWARD, f"{path.relative_to(ROOT)} imports {name}"


def test_the_collector_reads_only_the_attribute_names_and_masks_of_the_sdk() -> None:
    for path in (ROOT / "collector").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.ImportFrom)
                and (node.module or "").split(".")[0] == "groundwire"
            ):
                names = {alias.name for alias in node.names}
                shared = {"groundwire.attributes", "groundwire.redaction"}
                assert node.module in shared or names == {"attributes"}, path
