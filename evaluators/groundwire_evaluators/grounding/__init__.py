"""Grounding: whether the chunks that were given support each claim of the answer, and which
words not.
"""

from groundwire_evaluators.grounding.evaluator import Grounding

__all__ = ["Grounding"]
