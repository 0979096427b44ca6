"""Denials: whether the words around a token deny it."""

from collections.abc import Sequence

from groundwire_evaluators.text.tokens import Token

_DENYING = frozenset(
    "no not none neither nor without lack lacks lacking unavailable isn't aren't doesn't don't "
    "cannot can't didn't never n't except".split()
)
# From here on, what was denied before no longer is.
_TURNING = frozenset(
    "but however although though while yet offers provides accepts has features includes is are "
    "takes serves boasts allows".split()
)
_BEING = frozenset("is are was were be".split())
_REACH = 14  # tokens a denial reaches


def is_denied(tokens: Sequence[Token], at: int) -> bool:
    """Whether the words before or after a token deny it ("no wifi", "wifi is not available")."""
    for before in range(at - 1, max(at - _REACH, 0) - 1, -1):
        word = tokens[before].lower.replace("’", "'")
        if word in _DENYING:
            return True
        if word in _TURNING:
            break
    return _denied_after(tokens, at)


def _denied_after(tokens: Sequence[Token], at: int) -> bool:
    """ "Garage parking and valet are not available": the denial follows a form of to be."""
    previous = ""
    for after in range(at + 1, min(at + _REACH, len(tokens))):
        word = tokens[after].lower.replace("’", "'")
        if word in ("isn't", "aren't", "unavailable") or (word == "not" and previous in _BEING):
            return True
        if word in _TURNING and word not in _BEING:
            return False
        previous = word
    return False
