"""Decision records: one form, and each is cited by the code that it explains."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "docs/decisions").glob("*.md"))
PLACES = (
    "sdk",
    "evaluators",
    "collector",
    "examples",
    "dashboards",
    "benchmarks",
    "pyproject.toml",
)
CITED = re.compile(r"docs/decisions/([\w.-]+\.md|\d{4}\b)")


def citations() -> set[str]:
    """What the code names under docs/decisions."""
    files = [
        path
        for place in PLACES
        for path in ((ROOT / place).rglob("*.py") if (ROOT / place).is_dir() else [ROOT / place])
    ]
    return {name for path in files for name in CITED.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_cited_by_the_code_that_it_explains(record: Path) -> None:
    assert record.name in citations()


def test_every_record_that_the_code_cites_exists() -> None:
    assert citations() <= {record.name for record in RECORDS}


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_states_problem_choice_and_what_was_given_up(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {record.name[:4]}: ")
    headings = re.findall(r"^\*\*(Problem|Choice|Given up)\.\*\* ", text, re.MULTILINE)
    assert headings == ["Problem", "Choice", "Given up"]
