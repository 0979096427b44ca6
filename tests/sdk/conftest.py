"""The spans fixture, and the page of the decorator matrix written from the tests' results.

GROUNDWIRE_WRITE_MATRIX=1 pytest tests/sdk/test_decorator_matrix.py
"""

import os
from collections import defaultdict
from pathlib import Path

import pytest

from groundwire.testing import groundwire_spans as spans

__all__ = ["spans"]

MATRIX = "test_decorator_matrix.py"
PAGE = Path(__file__).parents[2] / "docs/reference/decorator-matrix.md"
HEAD = """# What the decorator keeps

Each row is a test of `tests/sdk/test_decorator_matrix.py`; this page is written from their results:
`GROUNDWIRE_WRITE_MATRIX=1 pytest tests/sdk/test_decorator_matrix.py`.

| behaviour | holds for |
|---|---|
"""
_results: dict[str, dict[str, bool]] = defaultdict(dict)


def row_of(nodeid: str) -> tuple[str, str]:
    """The behaviour and the kind of callable that a test is about."""
    name, _, kind = nodeid.rpartition("::")[2].partition("[")
    return name.removeprefix("test_").replace("_", " "), kind.removesuffix("]")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if MATRIX in report.nodeid and (report.when == "call" or report.failed):
        behaviour, kind = row_of(report.nodeid)
        _results[behaviour][kind] = report.passed and _results[behaviour].get(kind, True)


def pytest_sessionfinish() -> None:
    if os.environ.get("GROUNDWIRE_WRITE_MATRIX") and _results:
        rows = [f"| {behaviour} | {cell(kinds)} |" for behaviour, kinds in _results.items()]
        PAGE.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


def cell(kinds: dict[str, bool]) -> str:
    if list(kinds) == [""]:
        return "yes" if kinds[""] else "**no**"
    return ", ".join(kind if passed else f"**not {kind}**" for kind, passed in kinds.items())
