"""The page shows the example that is shipped, and what it prints."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "examples" / "show_evidence.py"
PAGE = (ROOT / "docs" / "howto" / "show-evidence.md").read_text(encoding="utf-8")


def test_the_page_shows_the_program_that_is_shipped() -> None:
    assert f"```python\n{PROGRAM.read_text(encoding='utf-8')}```" in PAGE


def test_the_page_shows_what_the_program_prints() -> None:
    printed = subprocess.run(
        [sys.executable, str(PROGRAM)], capture_output=True, text=True, check=True
    ).stdout
    assert f"```html\n{printed}```" in PAGE
    assert re.search(r"<sup>2</sup> <mark title=[^>]+>The desk opens at 8\.</mark>", printed)
