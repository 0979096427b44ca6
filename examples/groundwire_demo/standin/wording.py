"""Answer phrasing of the stand-in: varied, never adding a fact."""

import random
import re

_SYNONYMS = (
    (re.compile(r"\bemployees\b"), "staff members"),
    (re.compile(r"\breceives?\b"), lambda found: "gets" if found[0].endswith("s") else "get"),
    (re.compile(r"\bmay\b"), "can"),
    (re.compile(r"\bat least\b"), "no less than"),
    (re.compile(r"\bat most\b"), "no more than"),
    (re.compile(r"\bup to\b"), "as much as"),
    (re.compile(r"\bneeded\b"), "required"),
    (re.compile(r"\btakes place\b"), "happens"),
    (re.compile(r"\btake place\b"), "happen"),
    (re.compile(r"\breimbursed\b"), "paid back"),
    (re.compile(r"\bis offered\b"), "is available"),
    (re.compile(r"\bcustomers\b"), "clients"),
)
_FRAMES = (
    "{sentence}",
    "{sentence}",
    "{sentence} [{number}]",
    "{sentence} [{number}]",
    "According to the page on {title}, {lowered}",
    "The handbook says that {lowered}",
    "Sure! {sentence}",
    "{sentence} Let me know if you need anything else.",
    "As of the current edition, {lowered} [{number}]",
    "Happy to help. {sentence}",
)
REFUSALS = (
    "I could not find that in the pages I was given.",
    "Sorry, the provided pages do not say anything about this.",
    "I don't know. The context does not contain an answer to your question.",
    "The handbook pages I have do not cover that, so I cannot answer it.",
)
_KEEP_CAPITAL = re.compile(r"^(?:Tarnwell|[A-Z]{2}|[A-Z][a-z]+ [A-Z])")


def worded(sentence: str, title: str, passage: str, draw: random.Random) -> str:
    """The sentence as an answer; one from a numbered passage of the prompt may cite it."""
    reworded = _reworded(sentence, draw)
    lowered = reworded if _KEEP_CAPITAL.match(reworded) else reworded[0].lower() + reworded[1:]
    # A sentence known by heart has no number to cite: the first passage has to serve.
    number = passage if passage.isdigit() else "1"
    frame = draw.choice(_FRAMES)
    return frame.format(sentence=reworded, lowered=lowered, title=title, number=number)


def refusal(draw: random.Random) -> str:
    return draw.choice(REFUSALS)


def _reworded(sentence: str, draw: random.Random) -> str:
    for pattern, synonym in _SYNONYMS:
        if draw.random() < 0.5:
            sentence = pattern.sub(synonym, sentence)
    return sentence
