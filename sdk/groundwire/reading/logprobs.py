"""The log-probabilities of an answer, in three numbers."""

import math
from typing import Any, NamedTuple

from groundwire.reading.fields import field, number


class Logprobs(NamedTuple):
    """Mean and minimum log-probability and mean entropy, nats per token.

    The entropy is that of the alternatives the provider listed, renormalised: a lower bound of
    the model's own, and None where only the chosen token was listed.
    """

    mean: float
    minimum: float
    entropy: float | None


def read_logprobs(source: Any) -> Logprobs | None:
    """From OpenAI's `logprobs` (also as a mapping or a list of tokens) or Google's result."""
    tokens = field(source, "content") or field(source, "chosen_candidates")
    if tokens is None and isinstance(source, list):
        tokens = source
    if not isinstance(tokens, list) or not tokens:
        return _completions(source)
    chosen = [_logprob(token) for token in tokens]
    known = [value for value in chosen if value is not None]
    if not known:
        return None
    alternatives = [field(token, "top_logprobs") for token in tokens]
    if not any(alternatives):
        alternatives = [field(top, "candidates") for top in field(source, "top_candidates") or ()]
    return Logprobs(sum(known) / len(known), min(known), _mean_entropy(alternatives))


def _completions(source: Any) -> Logprobs | None:
    """The older completions form: {"token_logprobs": [...], "top_logprobs": [{token: value}]}."""
    values = field(source, "token_logprobs")
    known = [v for value in values or () if (v := number(value)) is not None]
    if not known:
        return None
    tops = [list(top.values()) for top in field(source, "top_logprobs") or () if top]
    return Logprobs(sum(known) / len(known), min(known), _mean_entropy(tops))


def _logprob(token: Any) -> float | None:
    value = number(field(token, "logprob"))
    if value is None:
        value = number(field(token, "log_probability"))
    return value if value is not None else number(token)


def _mean_entropy(alternatives: list[Any]) -> float | None:
    entropies = []
    for listed in alternatives:
        values = [v for token in listed or () if (v := _logprob(token)) is not None]
        if len(values) > 1:
            top = max(values)
            weights = [math.exp(value - top) for value in values]
            total = sum(weights)
            entropies.append(-sum(w / total * math.log(w / total) for w in weights if w > 0))
    return sum(entropies) / len(entropies) if entropies else None
