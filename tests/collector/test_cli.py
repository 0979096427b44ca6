"""Exit codes that scripts rely on: 2 is never a mistake of usage."""

import subprocess
import sys

import pytest

RUN = "import sys; from groundwire_collector.cli import main; sys.exit(main())"


def groundwire(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "arguments", [("reliance", "--no-such-option"), ("reliance",), ("reliance", "/no/file.jsonl")]
)
def test_a_mistake_is_told_on_standard_error_and_exits_with_1(arguments: tuple[str, ...]) -> None:
    result = groundwire(*arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("reliance", "--help")])
def test_what_was_asked_for_exits_with_0(arguments: tuple[str, ...]) -> None:
    result = groundwire(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout
