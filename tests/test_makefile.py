"""The commands of the README on a machine where something is missing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True)


def python_without(what: str, folder: Path) -> Path:
    """An interpreter that fails where its program names `what`."""
    program = folder / "python3"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *{what}*) exit 1;; esac\nexec {sys.executable} "$@"\n'
    )
    program.chmod(0o755)
    return program


@pytest.fixture(autouse=True)
def _needs_make() -> None:
    assert shutil.which("make"), "apt-get install make"


def test_make_alone_lists_every_command_with_what_it_does():
    message = make().stdout
    for target in re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.M)[0].split():
        assert re.search(rf"^{target} +\w", message, re.M), target


@pytest.mark.parametrize(
    ("missing", "says"),
    [("ensurepip", "apt-get install python3-venv"), ("version_info", "needs Python 3.11")],
)
def test_install_says_what_is_missing_and_stops(missing, says, tmp_path):
    python = python_without(missing, tmp_path)
    done = make("install", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}")
    assert done.returncode != 0
    assert says in done.stdout
    assert not (tmp_path / "venv").exists()
