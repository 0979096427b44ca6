"""Quality gate: measures, margins and the decision between two versions."""

from groundwire_evaluators.gate.margins import Better, MeasureRule, Rules, load_rules

__all__ = ["Better", "MeasureRule", "Rules", "load_rules"]
