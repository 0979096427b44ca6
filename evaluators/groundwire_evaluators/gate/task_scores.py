"""Task scores of an answer: exact match, token F1, rule, own scorer."""

import importlib
import re
from collections import Counter
from collections.abc import Callable
from math import isfinite

from groundwire_evaluators.behaviour.answer_rules import normalized, rule_of
from groundwire_evaluators.gate.records import AnswerRecord

TaskScorer = Callable[[AnswerRecord], float | bool | None]
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_WORD = re.compile(r"\w+")


def scorer_of(name: str) -> TaskScorer:
    """Scorer by name (`exact`, `f1`, `rule`) or `module:function`.

    A function of your own takes the record (a mapping with `answer`, `reference` and whatever else
    the line holds) and returns a number in [0, 1], or None where it does not apply.

    Raises:
        ValueError: there is none of this name.
    """
    if name in SCORERS:
        return SCORERS[name]
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        known = ", ".join(SCORERS)
        raise ValueError(f"unknown task score {name!r}; known: {known}, or module:function")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"task score {name}: {error}") from error
    if not callable(found):
        raise ValueError(f"task score {name}: not a function")
    return _checked(name, found)


def exact_match(record: AnswerRecord) -> float | None:
    """1 where the answer is its reference, up to case, spacing, quotes and a closing mark.

    >>> from groundwire_evaluators.gate.task_scores import exact_match
    >>> exact_match({"answer": "**30 days**.", "reference": "30 days"})
    1.0
    """
    reference, answer = record.get("reference"), record.get("answer")
    if not isinstance(reference, str) or not reference.strip():
        return None
    return float(isinstance(answer, str) and normalized(answer) == normalized(reference))


def token_f1(record: AnswerRecord) -> float | None:
    """F1 of the words that answer and reference share, as SQuAD counts it.

    Rajpurkar et al. (2016, https://arxiv.org/abs/1606.05250): case, punctuation and English
    articles do not count.

    >>> from groundwire_evaluators.gate.task_scores import token_f1
    >>> token_f1({"answer": "It takes 30 days.", "reference": "30 days"})
    0.6666666666666666
    """
    reference, answer = record.get("reference"), record.get("answer")
    if not isinstance(reference, str) or not reference.strip():
        return None
    wanted, found = _words(reference), _words(answer if isinstance(answer, str) else "")
    shared = (wanted & found).total()
    if not shared:
        return float(wanted == found)
    return 2 * shared / (wanted.total() + found.total())


def rule_holds(record: AnswerRecord) -> float | None:
    """1 where the answer fulfils the line's `rule`; None without one.

    Rules are those of the retention set (`behaviour.answer_rules.rule_of`): `exact`, `regex`,
    `json`, `schema`, `count`, `language`.

    Raises:
        RuleError: it is no rule.

    >>> from groundwire_evaluators.gate.task_scores import rule_holds
    >>> rule_holds({"answer": '{"days": 30}', "rule": {"schema": {"required": ["days"]}}})
    1.0
    """
    if record.get("rule") is None:
        return None
    rule, answer = rule_of(record["rule"]), record.get("answer")
    return float(isinstance(answer, str) and rule.failure(answer) is None)


SCORERS: dict[str, TaskScorer] = {"exact": exact_match, "f1": token_f1, "rule": rule_holds}


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(_ARTICLES.sub(" ", text.casefold())))


def _checked(name: str, scorer: Callable[[AnswerRecord], object]) -> TaskScorer:
    def score(record: AnswerRecord) -> float | None:
        found = scorer(record)
        if found is None:
            return None
        number = float(found) if isinstance(found, bool | int | float) else float("nan")
        if not (isfinite(number) and 0 <= number <= 1):
            raise ValueError(f"task score {name}: must be in [0, 1] or None, not {found!r:.40}")
        return number

    return score
