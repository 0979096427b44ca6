"""Stock answers: the same text given to many different questions."""

import re
from collections import Counter
from collections.abc import Sequence

SHARE = 0.1  # of the answers that may be alike
FEWEST = 20  # questions below which a repetition tells nothing
_WORD = re.compile(r"\w+")
_POLAR = frozenset({"yes", "no", "ja", "nein", "oui", "non", "sí", "si", "true", "false"})


def stock_answers(answered: Sequence[tuple[str, str]]) -> list[bool]:
    """Whether each (question, answer) repeats an answer given to more than 1 in 10 questions.

    "Glad you asked. Have a bright day." or "10." to one question in three is no answer to any of
    them. Letter case and punctuation do not count, a plain yes or no is never one, and fewer
    than `FEWEST` different questions tell nothing. Linear in the texts.
    """
    texts = [_plain(answer) for _, answer in answered]
    pairs = {(_plain(question), text) for (question, _), text in zip(answered, texts, strict=True)}
    alike = Counter(text for _, text in pairs)
    questions = len({question for question, _ in pairs})
    most = SHARE * questions if questions >= FEWEST else questions
    return [bool(text) and text not in _POLAR and alike[text] > most for text in texts]


def _plain(answer: str) -> str:
    return " ".join(_WORD.findall(answer.casefold()))
