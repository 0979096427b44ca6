"""Counterfactual probes: questions with an edited context and two known answers."""

from groundwire_evaluators.reliance.probe.item import (
    AnswerType,
    ProbeItem,
    ProbePack,
    ProbeStratum,
    load_pack,
)

__all__ = ["AnswerType", "ProbeItem", "ProbePack", "ProbeStratum", "load_pack"]
