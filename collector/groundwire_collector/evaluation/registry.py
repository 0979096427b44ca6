"""Which evaluators run: by the name of an entry point, or a dotted name `module:object`."""

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import entry_points

from groundwire_collector.errors import UsageError
from groundwire_evaluators.evaluation import Evaluator

GROUP = "groundwire.evaluators"


def evaluators(names: Iterable[str]) -> list[Evaluator]:
    """The evaluators of `names`, made with their defaults."""
    return [_evaluator(name) for name in names]


def _evaluator(name: str) -> Evaluator:
    try:
        made = _load(name)()
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"evaluator {name}: {type(error).__name__}: {error}") from error
    if not isinstance(made, Evaluator):
        raise UsageError(f"evaluator {name} lacks name, revision or evaluate()")
    return made


def _load(name: str):  # type: ignore[no-untyped-def]
    if ":" in name:
        module, _, attribute = name.partition(":")
        return getattr(import_module(module), attribute)
    found = entry_points(group=GROUP)
    if name not in found.names:
        known = ", ".join(sorted(found.names))
        raise UsageError(f"no evaluator {name!r}; known: {known}, or a dotted name module:object")
    return found[name].load()
