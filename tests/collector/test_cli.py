"""Exit codes that scripts rely on: 2 is never a mistake of usage."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from groundwire_collector import __version__

RUN = "import sys; from groundwire_collector.cli import main; sys.exit(main())"


def groundwire(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | ({"PYTHONPATH": str(path)} if path else {}),
    )


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """A distribution with a command whose package, of its extra `maps`, is not installed."""
    (tmp_path / "atlas_plugin.py").write_text("import atlas_maps.world\n")
    info = tmp_path / "atlas-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: atlas\nVersion: 1.0\nProvides-Extra: maps\n"
        "Requires-Dist: atlas-maps-core; extra == 'core'\n"
        "Requires-Dist: Atlas-Maps>=2; extra == 'maps'\n"
    )
    (info / "entry_points.txt").write_text("[groundwire.commands]\natlas = atlas_plugin:draw\n")
    return tmp_path


@pytest.mark.parametrize(
    "arguments", [("reliance", "--no-such-option"), ("reliance",), ("reliance", "/no/file.jsonl")]
)
def test_a_mistake_is_reported_on_standard_error_and_exits_with_1(
    arguments: tuple[str, ...],
) -> None:
    result = groundwire(*arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("reliance", "--help")])
def test_what_was_asked_for_exits_with_0(arguments: tuple[str, ...]) -> None:
    result = groundwire(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout


def test_help_loads_no_command() -> None:
    run = (
        f"try:\n    {RUN.replace('; ', chr(10) + '    ')}\nfinally:\n    print(sorted(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", run, "--help"], capture_output=True, text=True, check=True
    )
    assert "Run the collector" in result.stdout
    loaded = result.stdout.splitlines()[-1]
    assert "groundwire_collector.commands.source" in loaded
    for module in (
        "groundwire_collector.commands.up",
        "sqlalchemy",
        "numpy",
        "groundwire_demo.run",
    ):
        assert f"'{module}'" not in loaded


def test_a_listed_command_runs_if_it_is_called_after_all() -> None:
    result = groundwire("--", "reliance", "/no/file.jsonl")
    assert (result.returncode, result.stdout) == (1, "")
    assert "/no/file.jsonl" in result.stderr


@pytest.mark.parametrize(
    ("words", "completions"),
    [("groundwire rel", {"reliance"}), ("groundwire up --por", {"--port"})],
)
def test_the_shell_completes_commands_and_options(words: str, completions: set[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", RUN],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ
        | {
            "_GROUNDWIRE_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        },
    )
    assert set(result.stdout.split()) == completions


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "groundwire", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == f"groundwire {__version__}\n"


def test_help_lists_the_other_commands_where_one_lacks_a_package(plugins: Path) -> None:
    result = groundwire("--help", path=plugins)
    assert (result.returncode, result.stderr) == (0, "")
    assert "Not available: needs the package atlas_maps" in result.stdout
    assert "Run the collector" in result.stdout


@pytest.mark.parametrize("arguments", [(), ("--scale", "3", "world.svg"), ("--help",)])
def test_a_command_that_lacks_a_package_names_the_extra(
    plugins: Path, arguments: tuple[str, ...]
) -> None:
    result = groundwire("atlas", *arguments, path=plugins)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "groundwire: `groundwire atlas` needs the package atlas_maps: pip install 'atlas[maps]'\n"
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("up", "--help"), "[grpc]"),
        (("up", "--help"), "[groundwire-data]"),
        (("drift", "replay", "--help"), "[standard output]"),
    ],
)
def test_help_shows_words_in_brackets(arguments: tuple[str, ...], text: str) -> None:
    assert text in groundwire(*arguments).stdout
