"""Yes/no polarity of answers, by counting negations."""

import re

from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import fold, tokenize

_YES = frozenset({"yes", "yeah", "yep", "true", "correct", "right", "indeed", "affirmative"})
_NO = frozenset({"no", "nope", "false", "incorrect", "wrong", "negative"})
_LEADS = re.compile(
    r"^\W*(?:answer\s*:\s*)?(yes|yeah|yep|true|correct|indeed|no|nope|false|incorrect)\b(?!\s+(?:one|information))"
    r"|\banswer\s+(?:is|would\s+be|:)\s+[\"“'*]*(yes|no|true|false)\b",
    re.IGNORECASE,
)
_NEGATIONS = """
    not no never cannot neither nor none nobody nothing nowhere hardly rarely without lack lacks
    lacked lacking unable impossible unlikely prohibited prohibits prohibit forbidden forbids banned
    illegal unlawful unsafe closed false incorrect untrue inaccurate ineligible invalid disallowed
    disallows excluded refuses denied fails failed unaware unknown unrelated dissimilar incapable
    insufficient incompatible implausible infeasible unnecessary improbable
"""
_NEGATIVE = frozenset(_NEGATIONS.split())
_NT = re.compile(r"n[’']t\b", re.IGNORECASE)
_SAME_MATTER = 0.5  # of the content words two statements of opposite polarity share


def is_polar(context_answer: str, parametric_answer: str) -> bool:
    """Whether the two answers differ in polarity alone."""
    if _lexical(context_answer) and _lexical(parametric_answer):
        return _lexical(context_answer) != _lexical(parametric_answer)
    one, other = (_matter(text) for text in (context_answer, parametric_answer))
    if not one or not other or len(tokenize(context_answer)) < 3:
        return False
    shared = len(one & other) / min(len(one), len(other))
    return (
        shared >= _SAME_MATTER and negations(context_answer) % 2 != negations(parametric_answer) % 2
    )


def affirms(text: str, question: str | None, matter: str) -> bool | None:
    """Whether `text` affirms what the question asks (or `matter` states); None: it does not say.

    A leading yes or no decides; else the negations of the sentence that speaks of the matter,
    counted against those of the question.
    """
    if found := _LEADS.search(text):
        return (found[1] or found[2]).lower() in _YES
    wanted = _matter(matter) | _matter(question or "")
    question_negations = negations(question or "") % 2
    best, overlap = None, 0.0
    for start, end in sentences(text):
        words = _matter(text[start:end])
        share = len(words & wanted) / max(1, min(len(wanted), len(words), 4))
        if share > overlap:
            best, overlap = text[start:end], share
    if best is None or overlap < _SAME_MATTER:
        return None
    return negations(best) % 2 == question_negations


def negations(text: str) -> int:
    """Number of negations in `text`."""
    words = [fold(token.text) for token in tokenize(text)]
    return sum(word in _NEGATIVE for word in words) + len(_NT.findall(text))


def _lexical(answer: str) -> str | None:
    words = [fold(token.text) for token in tokenize(answer)]
    if len(words) != 1:
        return None
    return "yes" if words[0] in _YES else "no" if words[0] in _NO else None


def _matter(text: str) -> frozenset[str]:
    plain = _NT.sub("", text)
    return frozenset(word for word in content_words(plain) if word not in _NEGATIVE_STEMS)


_NEGATIVE_STEMS = content_words(_NEGATIONS)

_ASKS = re.compile(
    r"^\W*(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might"
    r"|must)\b(?!.*\bor\b)",
    re.IGNORECASE,
)


def asks_yes_or_no(question: str) -> bool:
    """Whether a question opens with its verb and offers no choice."""
    return _ASKS.match(question) is not None
