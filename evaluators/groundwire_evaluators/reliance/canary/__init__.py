"""Canaries: scheduled questions with a counterfactual context, whose two answers are known."""

from groundwire_evaluators.reliance.canary.item import (
    AnswerType,
    ProbeItem,
    ProbePack,
    ProbeStratum,
    load_pack,
)

__all__ = ["AnswerType", "ProbeItem", "ProbePack", "ProbeStratum", "load_pack"]
