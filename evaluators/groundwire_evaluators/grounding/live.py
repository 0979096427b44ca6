"""Grounding evaluator of live traffic: bounded reading, reader by name."""

from groundwire_evaluators.grounding.evaluator import Grounding
from groundwire_evaluators.grounding.reading_budget import ReadingBudget
from groundwire_evaluators.reader import reader_named


def live_grounding(flag_threshold: float | None = None, reader: str = "") -> Grounding:
    """Grounding evaluator whose reading never makes a worker lag.

    `reader` is a folder, "off", or empty for the installed one.

    Raises:
        ReaderError: the reader cannot be loaded.
    """
    return Grounding(
        flag_threshold=flag_threshold, reader=reader_named(reader), reading_budget=ReadingBudget()
    )
