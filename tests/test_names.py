"""Names say what they hold: no riddles, one class a name, docstrings that can be searched for."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.layers import ROOT
from tests.words import PAGE, first_line, modules, rendered

PACKAGES = (
    "sdk/groundwire",
    "evaluators/groundwire_evaluators",
    "collector/groundwire_collector",
    "dashboards",
    "examples",
)
# Parts of identifiers that name a grammatical form, not a thing: `told` may be a report, an
# estimate or a document, `kept` a retained row or a stored estimate.
BANNED = {"told", "said", "given", "asked", "heard", "kept", "look", "stands"}
# Metaphors and adverbs that nobody would search for.
BANNED |= {"shelf", "kin", "teller", "leans", "leant", "ripe", "dear", "purse", "pot", "strays"}
BANNED |= {
    "tell",
    "tells",
    "speaks",
    "anew",
    "lately",
    "lasting",
    "elsewhere",
    "otherwise",
    "aside",
}
BANNED |= {"promise", "promised", "standings", "standing"}
MOST_WORDS = 12  # of the first line of a docstring
# Rooms that are not yet checked; this set only ever shrinks.
EXEMPT: tuple[str, ...] = ()


def parts(name: str) -> set[str]:
    """The words of an identifier: `told_at` and `ToldAt` hold `told`."""
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def identifiers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every name a module binds or reads, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, node.lineno
            case ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.keyword(arg=str(name)):
                yield name, node.value.lineno
            case ast.alias(name=name, asname=other):
                yield (other or name).rpartition(".")[2], node.lineno


def checked(package: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules of a package outside the exempt rooms, by path from the root."""
    for path, tree in modules(ROOT / package):
        where = path.relative_to(ROOT).as_posix()
        if not where.startswith(EXEMPT):
            yield where, tree


@pytest.mark.parametrize("package", PACKAGES)
def test_no_identifier_is_a_riddle(package: str) -> None:
    found = {
        f"{where}:{line} {name}"
        for where, tree in checked(package)
        for name, line in identifiers(tree)
        if parts(name) & BANNED
    }
    assert found == set()


def test_no_class_name_is_used_twice() -> None:
    homes = defaultdict[str, list[str]](list)
    for package in PACKAGES:
        for path, tree in modules(ROOT / package):
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    homes[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_first_line_of_a_docstring_can_be_searched_for(package: str) -> None:
    lines: dict[str, str] = {}
    for where, tree in checked(package):
        lines |= {where: first_line(tree)} if tree.body else {}
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                lines[f"{where} {node.name}"] = first_line(node)
    long = {owner: line for owner, line in lines.items() if len(line.split()) > MOST_WORDS}
    assert long == {}
    assert [owner for owner, line in lines.items() if not line] == []


def test_every_class_of_a_room_stands_in_the_glossary() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == rendered(page), "python -m tests.words"


def test_a_word_inside_an_identifier_is_found() -> None:
    tree = ast.parse("class ToldAt: pass\ndef f(said_score): return x.KEPT_NS + lookup + landlook")
    assert sorted(name for name, _ in identifiers(tree) if parts(name) & BANNED) == [
        "KEPT_NS",
        "ToldAt",
        "said_score",
    ]


def test_exempt_rooms_exist() -> None:
    assert [room for room in EXEMPT if not Path(ROOT, room).is_dir()] == []
