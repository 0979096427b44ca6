"""Grounding: support of an answer's claims by the retrieved chunks."""

from groundwire_evaluators.grounding.evaluator import Grounding

__all__ = ["Grounding"]
