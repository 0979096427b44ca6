"""Probes: scheduled questions with a counterfactual context, whose two answers are known."""

from groundwire_evaluators.reliance.probe.item import (
    AnswerType,
    ProbeItem,
    ProbePack,
    ProbeStratum,
    load_pack,
)

__all__ = ["AnswerType", "ProbeItem", "ProbePack", "ProbeStratum", "load_pack"]
