"""The page of the decorator matrix tells of every test of it, and that each one passes."""

import ast
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/reference/decorator-matrix.md"


def test_the_page_has_a_passing_row_for_each_test() -> None:
    tree = ast.parse((HERE / "test_decorator_matrix.py").read_text(encoding="utf-8"))
    tests = [
        node.name.removeprefix("test_").replace("_", " ")
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]
    page = PAGE.read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")]
    assert rows[1:] == tests
    assert "**no" not in page
