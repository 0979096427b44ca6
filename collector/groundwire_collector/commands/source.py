"""Read a command's summary and missing packages without importing it.

Why: docs/decisions/0005-commands-are-entry-points.md
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, requires
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class CommandSource:
    """What `groundwire --help` says of a command that is not loaded."""

    summary: str
    missing_packages: tuple[str, ...] = ()


def read_command(entry: EntryPoint) -> CommandSource:
    """Summary and missing packages of a command; empty where its source cannot be read."""
    try:
        path = _path(entry.module)
        tree = ast.parse(path.read_bytes()) if path else None
    except (OSError, SyntaxError, ValueError):
        tree = None
    if tree is None:
        return CommandSource("")
    return CommandSource(_summary(tree, entry.attr), tuple(_missing(tree)))


def _path(module: str) -> Path | None:
    """Source file of a module. Only the top-level package is looked up, so nothing is imported."""
    package, *names = module.split(".")
    spec = find_spec(package)
    if spec is None:
        return None
    if not names:
        return Path(spec.origin) if spec.origin else None
    for folder in spec.submodule_search_locations or ():
        path = Path(folder, *names)
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def _summary(tree: ast.Module, name: str) -> str:
    """First paragraph of a function's docstring, or the `help` of a typer application."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n\n")[0]
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return _keyword(node.value, "help")
    return ""


def _keyword(call: ast.Call, name: str) -> str:
    for keyword in call.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return ""


def _missing(tree: ast.Module) -> Iterator[str]:
    """Top-level packages that the module imports and that are not installed."""
    for node in tree.body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            package = name.partition(".")[0]
            if find_spec(package) is None:
                yield package


def extra_with(package: str, command: str) -> str:
    """The extra named like a command, where it brings a package; else `collector`."""
    brought = re.compile(rf"{re.escape(package)}\b.*extra == ['\"]{re.escape(command)}['\"]")
    return command if any(map(brought.match, requires("groundwire") or ())) else "collector"
