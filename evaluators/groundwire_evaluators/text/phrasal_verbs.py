"""Phrasal verbs of English as one word: "sent back" is "return".

Verb and particle beside each other, or with a pronoun between.
"""

from collections.abc import Sequence

from groundwire_evaluators.text.tokens import Token, keys

_VERBS = {
    "send back": "return", "give back": "return", "bring back": "return", "pay back": "repay",
    "call off": "cancel", "put off": "postpone", "push back": "postpone", "turn down": "reject",
    "hand in": "submit", "fill in": "complete", "fill out": "complete", "set up": "establish",
    "carry out": "perform", "find out": "discover", "throw away": "discard",
    "throw out": "discard", "go up": "rise", "go down": "fall", "take over": "acquire",
    "give up": "abandon", "shut down": "close", "close down": "close", "leave out": "omit",
    "pick up": "collect", "look into": "investigate", "take off": "remove", "put out": "extinguish",
    "go back": "return", "come back": "return", "get back": "return", "hand over": "deliver",
    "take on": "hire", "lay off": "dismiss", "knock down": "demolish", "tear down": "demolish",
    "speed up": "accelerate", "slow down": "decelerate", "switch off": "disable",
    "switch on": "enable", "turn off": "disable", "turn on": "enable", "sort out": "resolve",
}  # fmt: skip
_PRONOUNS = frozenset("it them him her this that these those".split())
_PAIRS = {
    (keys("english")[phrase.split()[0]], phrase.split()[1]): verb for phrase, verb in _VERBS.items()
}
_PARTICLES = frozenset(particle for _, particle in _PAIRS)


def joined(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens with each phrasal verb as the one token of its meaning."""
    if _PARTICLES.isdisjoint([token.lower for token in tokens]):
        return tokens
    found: list[Token] = []
    for token in tokens:
        at = -2 if len(found) > 1 and found[-1].lower in _PRONOUNS else -1
        verb = _PAIRS.get((found[at].key, token.lower)) if found else None
        if verb is None:
            found.append(token)
            continue
        one = found[at]
        text = f"{one.text} {token.text}"
        found[at] = Token(one.start, token.end, text, keys("english")[verb], verb)
    return found
