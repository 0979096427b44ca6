import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from groundwire_collector.commands.source import CommandSource, read_command

FUNCTION = '''
import json
from no_such_package.part import thing

def draw() -> None:
    """Draw a map
    of the world.

    Nothing else.
    """
    raise AssertionError("not imported")
'''


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (FUNCTION, CommandSource("Draw a map\nof the world.", ("no_such_package",))),
        ("draw = Typer(no_args_is_help=True, help='Draw maps.')", CommandSource("Draw maps.")),
        ("draw: Typer = Typer(help=TEXT)", CommandSource("")),
        ("from .maps import draw", CommandSource("")),
        ("def draw(:", CommandSource("")),
        ("\0", CommandSource("")),
    ],
)
def test_a_command_is_summarized_from_its_source_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, found: CommandSource
) -> None:
    package = tmp_path / "atlas_source"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('not imported')")
    (package / "maps.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("draw", "atlas_source.maps:draw", "groundwire.commands")
    assert read_command(entry) == found
    assert "atlas_source" not in sys.modules


def test_a_command_without_a_source_has_no_summary() -> None:
    for module in ("no_such_package.maps", "sys", "json.no_such_module"):
        entry = EntryPoint("draw", f"{module}:draw", "groundwire.commands")
        assert read_command(entry) == CommandSource("")
