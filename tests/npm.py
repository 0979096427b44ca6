"""Packages of npm that tests run against, kept between runs."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest


def installed(config: pytest.Config, name: str, packages: Mapping[str, str]) -> Path:
    """The folder in pytest's cache with these packages (name to version) and no others."""
    cache = config.cache
    assert cache is not None
    folder: Path = cache.mkdir(name)
    wanted = json.dumps({"private": True, "dependencies": dict(packages)})
    provided = folder / "package.json"
    if not (folder / "node_modules").exists() or provided.read_text() != wanted:
        provided.write_text(wanted)
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


def installed_from(config: pytest.Config, folder: Path) -> Path:
    """A folder in pytest's cache with the packages of this folder's lock file."""
    cache = config.cache
    assert cache is not None
    target: Path = cache.mkdir(f"npm-{folder.name}")
    lock = (folder / "package-lock.json").read_text()
    provided = target / "package-lock.json"
    if not provided.exists() or provided.read_text() != lock or not (target / ".done").exists():
        for name in ("package.json", "package-lock.json", ".npmrc"):
            (target / name).write_text((folder / name).read_text())
        command = ["npm", "ci", "--ignore-scripts", "--silent"]
        subprocess.run(command, cwd=target, check=True, capture_output=True)
        (target / ".done").touch()
    return target
