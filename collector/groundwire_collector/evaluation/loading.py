"""Loading of evaluators by entry point or `module:object`."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from groundwire_collector.errors import UsageError
from groundwire_evaluators.evaluation import Evaluator

GROUP = "groundwire.evaluators"
OURS = "groundwire"  # the distribution
# Default evaluators are found without installed metadata too: in a checkout that was installed
# before one of them came.
DEFAULTS = {
    "grounding": "groundwire_evaluators.grounding:Grounding",
    "override": "groundwire_evaluators.reliance:Override",
    "retrieval": "groundwire_evaluators.retrieval:Retrieval",
    "behaviour": "groundwire_evaluators.behaviour:Behaviour",
}


def load(name: str, **parameters: Any) -> Evaluator:
    """Create an evaluator with these parameters and defaults for the others.

    Raises:
        UsageError: there is none of this name, or it cannot be made, or is none.
    """
    try:
        made = find(name).load()(**parameters)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"{type(error).__name__}: {error}") from error
    if not isinstance(made, Evaluator):
        raise UsageError("missing name, revision or judge()")
    return made


def is_ours(name: str) -> bool:
    """Shipped with Groundwire, and so trusted to end."""
    if ":" in name:
        return False
    if name in DEFAULTS:
        return True
    distribution = find(name).dist
    return distribution is not None and distribution.name == OURS


def find(name: str) -> EntryPoint:
    """Resolve an evaluator's name; raises UsageError if there is none."""
    if ":" in name:
        return EntryPoint(name, name, GROUP)
    found = entry_points(group=GROUP)
    if name not in found.names and name in DEFAULTS:
        return EntryPoint(name, DEFAULTS[name], GROUP)
    if name not in found.names:
        known = ", ".join(sorted({*found.names, *DEFAULTS}))
        raise UsageError(f"unknown; known: {known}, or a dotted path module:object")
    return found[name]
