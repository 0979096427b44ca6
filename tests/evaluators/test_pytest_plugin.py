"""The pytest plugin as users get it: found by its entry point, light until it is used."""

import os
import subprocess
import sys
from pathlib import Path

SUITE = """
import json
from groundwire_evaluators.testing import assert_grounded

ROWS = [
    {"id": n, "question": f"What fee has parcel {n}?", "answer": f"{n + 100} euros",
     "contexts": [f"The fee for parcel {n} is {n + 100} euros."], "reference": f"{n + 100} euros"}
    for n in range(48)
]

def test_reads(gate):
    gate.ask(lambda question, contexts: contexts[0], ROWS)

def test_recites(gate):
    gate.ask(lambda question, contexts: "It is 975 dollars.", ROWS)

def test_grounded():
    assert_grounded("It is 100 euros.", ["The fee is 100 euros."], "What is the fee?")
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_gate_is_a_fixture_without_any_import(tmp_path: Path) -> None:
    (tmp_path / "test_bot.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = run(tmp_path)
    assert "2 passed" in done.stdout
    assert "1 failed" in done.stdout
    assert "right: worse" in done.stdout


def test_settings_of_the_gate_come_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "test_bot.py").write_text(SUITE.replace("def test_recites", "def not_run"))
    (tmp_path / "wide.toml").write_text(
        "".join(
            f"[measures.{n}]\nmargin = 0.2\n" for n in ("right", "faithful", "answered", "follows")
        )
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    assert "undecided" in run(tmp_path, "--groundwire-strict").stdout
    (tmp_path / "pytest.ini").write_text("[pytest]\ngroundwire_margins = wide.toml\n")
    assert run(tmp_path, "--groundwire-strict").returncode == 0


def test_a_run_that_does_not_use_it_loads_nothing_heavy(tmp_path: Path) -> None:
    """The wheel of the SDK alone has no numpy: every pytest run of its users loads the plugin."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_light.py").write_text(
        "import sys\n"
        "def test_light(pytestconfig):\n"
        "    assert pytestconfig.pluginmanager.has_plugin('groundwire')\n"
        "    assert 'groundwire_evaluators.pytest_plugin' in sys.modules\n"
        "    assert not {'numpy', 'groundwire_evaluators.grounding'} & sys.modules.keys()\n"
    )
    done = run(tmp_path, "-p", "no:hypothesispytest")
    assert done.returncode == 0, done.stdout
