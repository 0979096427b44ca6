"""Helpers for tests of applications: grounded answers, a gate as fixture.

    from groundwire_evaluators.testing import assert_grounded

    def test_the_bot_reads_the_handbook():
        assert_grounded(bot.ask("How long do refunds take?"), contexts=[HANDBOOK])

The pytest plugin `groundwire` (installed with the package) adds the fixture `gate`.
"""

from groundwire_evaluators.testing.assertions import assert_grounded
from groundwire_evaluators.testing.gate_check import GateCheck

__all__ = ["GateCheck", "assert_grounded"]
