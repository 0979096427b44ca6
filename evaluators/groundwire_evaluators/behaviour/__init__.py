"""Behaviour of answers: format, length, language, refusals, repetition, style."""

from groundwire_evaluators.behaviour.answer_rules import AnswerRule, RuleError, rule_of
from groundwire_evaluators.behaviour.evaluator import Behaviour
from groundwire_evaluators.behaviour.expected import BehaviourFile, BehaviourFileError
from groundwire_evaluators.behaviour.tone import Background, ToneError, ToneReference

__all__ = [
    "AnswerRule",
    "Background",
    "Behaviour",
    "BehaviourFile",
    "BehaviourFileError",
    "RuleError",
    "ToneError",
    "ToneReference",
    "rule_of",
]
