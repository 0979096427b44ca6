"""Canaries: scheduled questions with a counterfactual context, whose two answers are known."""

from groundwire_evaluators.reliance.canary.item import AnswerType, Item, Pack, Stratum, load_pack

__all__ = ["AnswerType", "Item", "Pack", "Stratum", "load_pack"]
