"""Version of the installed package, by the package and in the User-Agent."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import groundwire as gw

HIDDEN = """
from importlib import metadata
def missing(name):
    raise metadata.PackageNotFoundError(name)
metadata.version = missing
import groundwire
print(groundwire.__version__)
"""


def test_it_is_that_of_the_distribution() -> None:
    assert gw.__version__ == metadata.version("groundwire")


def test_a_copy_without_metadata_can_be_imported(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", HIDDEN], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found.stdout == "unknown\n"
