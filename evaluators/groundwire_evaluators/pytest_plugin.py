"""Pytest plugin: the fixture `gate`.

Loaded by every pytest run where the package is installed, so it imports nothing but pytest.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from groundwire_evaluators.gate.suite_check import GateCheck


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the gate, on the command line and in the configuration file."""
    group = parser.getgroup("groundwire")
    group.addoption(
        "--groundwire-strict",
        action="store_true",
        help="Fail unless answers are shown to be within every margin.",
    )
    parser.addini("groundwire_margins", "TOML file with margins, over the shipped ones.")
    parser.addini("groundwire_task", "Task score: exact, f1, rule, or module:function.")


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> "GateCheck":
    """Quality gate: `gate.check(answers, baseline)`, `gate.ask(function, baseline)`."""
    try:
        from groundwire_evaluators.gate.suite_check import GateCheck
        from groundwire_evaluators.grounding import Grounding
    except ModuleNotFoundError as error:
        pytest.fail(f"{error}: pip install 'groundwire[evaluators]'", pytrace=False)
    margins = request.config.getini("groundwire_margins")
    return GateCheck(
        Grounding(),
        strict=request.config.getoption("--groundwire-strict"),
        margins=Path(request.config.rootpath, margins) if margins else None,
        task=request.config.getini("groundwire_task") or None,
    )
