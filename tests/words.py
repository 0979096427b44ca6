"""Glossary of the collector's rooms: every public class with its meaning.

    python -m tests.words     writes the table of docs/reference/words.md anew (`make docs` does)

The meaning is the first line of the class's docstring, so a class is explained in one place.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.layers import ROOMS, ROOT

PAGE = ROOT / "docs/reference/words.md"
BEGIN, END = "<!-- classes: make docs -->\n", "<!-- end of classes -->\n"
PACKAGE = "collector/groundwire_collector"


def first_line(node: ast.Module | ast.ClassDef) -> str:
    """First line of a docstring, empty without one."""
    return (ast.get_docstring(node) or "").partition("\n")[0]


def modules(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Parsed modules below a folder, or of one file, in the order of their paths."""
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def table() -> str:
    """Markdown tables of the public classes, one for each room."""
    lines = []
    for room, holds in ROOMS[PACKAGE].items():
        classes = sorted(
            (node.name, first_line(node))
            for _, tree in modules(ROOT / PACKAGE / room)
            for node in tree.body
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        )
        if classes:
            lines += [f"### `{room}`: {holds}", "", "| class | meaning |", "|---|---|"]
            lines += [f"| `{name}` | {meaning} |" for name, meaning in classes]
            lines += [""]
    return "\n".join(lines)


def rendered(page: str) -> str:
    """The page with the present tables between its marks."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
