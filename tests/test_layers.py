"""Who may import whom. Data flows one way; this keeps it so."""

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from tests.layers import PAGE, ROOMS, rendered

ROOT = Path(__file__).parent.parent

# Packages of extras, and the rooms that may import them: see the test below.
JUDGES = {"httpx", "onnxruntime", "openai", "ragas", "tokenizers", "torch", "transformers"}
HEAVY = ("judges/ragas", "judges/local", "reader/onnx_reader")
MAY_IMPORT = {
    "sdk/groundwire": {"opentelemetry", "pytest"},  # pytest: the fixtures of groundwire.testing
    "evaluators/groundwire_evaluators": {
        "jsonschema",
        "markdown_it",
        "numpy",
        "pytest",  # the fixture `gate`
        "referencing",
        "sentencex",
        "Stemmer",
    }
    | JUDGES,
    "collector/groundwire_collector": {
        "groundwire",
        "groundwire_evaluators",
        "alembic",
        "fastapi",
        "google",  # protobuf, googleapis
        "duckdb",
        "fsspec",
        "grpc",
        "httpx",
        "jinja2",
        "markdown_it",  # pages of runbooks
        "markupsafe",
        "matplotlib",  # the extra [plots]
        "mcp",  # the extra [mcp]
        "numpy",  # with the evaluators, which it cannot do without
        "opentelemetry",  # the protobuf classes of OTLP
        "prometheus_client",
        "psycopg",
        "ray",  # the extra [ray]
        "pyarrow",  # with duckdb and fsspec the extra [archive]
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


def test_only_judges_of_others_and_the_reader_import_what_their_extras_bring() -> None:
    folder = ROOT / "evaluators/groundwire_evaluators"
    for path in folder.rglob("*.py"):
        found = {name.split(".")[0] for name in imports(path)} & JUDGES
        inside = path.relative_to(folder).as_posix()
        assert not found or inside.startswith(HEAVY), inside


PACKAGES = sorted(ROOMS)


def rooms_of(package: str) -> dict[str, list[Path]]:
    """The files of each room of a package."""
    found: dict[str, list[Path]] = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        first = path.relative_to(ROOT / package).parts[0].removesuffix(".py")
        if first != "__init__":
            found.setdefault(first, []).append(path)
    return found


def imported_rooms(package: str, paths: list[Path]) -> set[str]:
    """The rooms of the same package that these files import."""
    own, rooms = Path(package).name, rooms_of(package)
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == own:
                found |= {alias.name for alias in node.names} & rooms.keys()
        found |= {name.split(".")[1] for name in imports(path) if name.startswith(f"{own}.")}
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_and_every_loose_module_is_on_the_map(package: str) -> None:
    assert rooms_of(package).keys() == ROOMS[package].keys()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_room_imports_only_rooms_before_it(package: str) -> None:
    order = list(ROOMS[package])
    upward = {
        (room, other)
        for room, paths in rooms_of(package).items()
        for other in imported_rooms(package, paths) - {room}
        if order.index(other) > order.index(room)
    }
    assert upward == set()


def test_the_collector_has_few_rooms_and_few_loose_modules() -> None:
    folder = ROOT / "collector/groundwire_collector"
    loose = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(loose) <= 8
    assert len(ROOMS["collector/groundwire_collector"]) <= 26


def test_the_table_of_contributing_is_made_from_the_map() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert rendered(page) == page, "make docs"


def test_the_collector_reads_only_the_names_masks_and_records_of_the_sdk() -> None:
    for path in (ROOT / "collector").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.ImportFrom)
                and (node.module or "").split(".")[0] == "groundwire"
            ):
                names = {alias.name for alias in node.names}
                shared = {
                    *("groundwire.attributes", "groundwire.redaction"),
                    "groundwire.reading.records",
                }
                assert node.module in shared or names == {"attributes"}, path


def module_imports() -> dict[str, set[str]]:
    """For each module of the packages, the modules of the packages that it imports."""
    modules = {
        ".".join(path.relative_to((ROOT / package).parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }
    found = {}
    for name, path in modules.items():
        imported = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                inside = {f"{node.module}.{alias.name}" for alias in node.names}
                imported |= {each if each in modules else node.module or "" for each in inside}
        found[name] = (imported & modules.keys()) - {name}
    return found


def longest_chain(graph: Mapping[str, set[str]]) -> tuple[str, ...]:
    @cache
    def below(name: str) -> tuple[str, ...]:
        return (name, *max((below(each) for each in sorted(graph[name])), key=len, default=()))

    return max((below(name) for name in sorted(graph)), key=len)


def test_no_chain_of_imports_is_longer_than_sixteen_modules() -> None:
    chain = longest_chain(module_imports())
    assert len(chain) <= 16, " -> ".join(chain)
