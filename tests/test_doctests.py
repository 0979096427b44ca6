"""Every detector and estimator shows a short example, and the example is true."""

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import groundwire_evaluators.drift

ROOMS = (
    "groundwire_evaluators.drift",
    "groundwire_evaluators.reliance",
    "groundwire_evaluators.statistics",
    "groundwire_collector.estimates",
)
# Estimators that stand among other things in their modules.
ESTIMATORS = (
    "groundwire_collector.estimates.agreement.EvaluatorAgreement",
    "groundwire_collector.estimates.confidence_sequence.FaithfulnessSequence",
    "groundwire_collector.estimates.faithfulness.FaithfulnessEstimate",
    "groundwire_collector.estimates.faithfulness.outcomes",
    "groundwire_evaluators.reliance.closed_book.compare_closed_book",
    "groundwire_evaluators.reliance.memorization.estimate_memorization",
)


def modules(room: str) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
        yield importlib.import_module(found.name)


def public_functions(room: str) -> Iterator[str]:
    for module in modules(room):
        for name, value in inspect.getmembers(module, inspect.isfunction):
            if value.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__}.{name}"


def required() -> list[str]:
    """Detectors, and what computes an estimate."""
    detectors = (f"groundwire_evaluators.drift.{n}" for n in groundwire_evaluators.drift.__all__)
    statistics = public_functions("groundwire_evaluators.statistics")
    return sorted({*detectors, *statistics, *ESTIMATORS})


def with_examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    every = (test for room in ROOMS for module in modules(room) for test in finder.find(module))
    return [test for test in every if test.examples]


@pytest.mark.parametrize("name", required())
def test_a_detector_or_estimator_shows_an_example(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    docstring = inspect.getdoc(getattr(importlib.import_module(module), attribute)) or ""
    assert doctest.DocTestParser().get_examples(docstring), f"{name} has no example (>>>)"


@pytest.mark.parametrize("test", with_examples(), ids=lambda test: test.name)
def test_an_example_prints_what_it_shows(test: doctest.DocTest) -> None:
    report: list[str] = []
    failed, _ = doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert not failed, "".join(report)
