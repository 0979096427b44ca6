"""Twice the text costs about twice the time: no answer, context or question stops all judging.

Each kind of text is one that some expression or loop could take a quadratic time for. Sizes are
doubled and the CPU compared; what is done at once needs no ratio.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from groundwire_evaluators.behaviour import Behaviour
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.reliance.override import Override
from groundwire_evaluators.retrieval import Retrieval
from groundwire_evaluators.turn import Chunk, Turn

SIZE = 4000  # characters; quadratic ones take seconds of twice as many
AT_ONCE = 0.2  # CPU seconds
MOST = 3.3  # times the CPU for twice the size; 2 is linear, 4 quadratic
TRIES = 3  # the machine may be busy with something else
PLACES = ("answer", "context", "both", "question")
NUMBERS = itertools.count(1)  # make every text a new one: a cached reading costs nothing
EVALUATORS: tuple[Evaluator, ...] = (Grounding(), Override(), Retrieval(), Behaviour())


def repeated(text: str) -> Callable[[int], str]:
    return lambda size: (text * (size // len(text) + 1))[:size]


def counted(template: str) -> Callable[[int], str]:
    """`template` again and again with another number each time."""

    def text(size: int) -> str:
        parts: list[str] = []
        length = 0
        while length < size:
            parts.append(template.format(len(parts) + 11, (len(parts) + 3) * 7))
            length += len(parts[-1])
        return "".join(parts)

    return text


REPEATED = {
    "parentheses": "(",
    "digits": "7",
    "one word": "a",
    "newlines": "\n",
    "carriage returns": "\r\n",
    "tabs": "\t",
    "spaces": " ",
    "no-break spaces": "\u00a0",
    "combining marks": "\u0301",
    "joiners": "\u200d",
    "letters with dots": "a.",
    "initials": "A. B. ",
    "commas": ",",
    "digits with commas": "1,",
    "digits with dots": "1.",
    "digits with spaces": "1 ",
    "digits with slashes": "1/",
    "digits with colons": "12:34:",
    "ranges": "1-2-",
    "exponents": "1e",
    "factors": "1x",
    "ordinals": "1st ",
    "per cent": "1% ",
    "dollars": "$1 ",
    "euros": "1 € ",
    "dates": "2024-01-01 ",
    "months": "January 1 ",
    "number words": "twenty one ",
    "scales": "million ",
    "joined numbers": "1 and ",
    "roman numerals": "IV ",
    "names": "Abc ",
    "capitals": "ABC ",
    "negations": "not ",
    "articles": "the ",
    "dashes": "-",
    "words with hyphens": "a-",
    "underscores": "_",
    "quotes": '"',
    "apostrophes": "'",
    "words with apostrophes": "a'",
    "brackets": "[",
    "markers": "[1]",
    "footnotes": "[^1] ",
    "lenticular markers": "【1†a】",
    "links": "[a](b) ",
    "stars": "*",
    "headings": "# a\n",
    "bullets": "- x\n",
    "numbered items": "1. x\n",
    "table rows": "| a | b |\n",
    "pipes": "|",
    "backticks": "`",
    "fences": "```\n",
    "addresses": "http://a.b/",
    "e-mail addresses": "a@a.",
    "tags": "<a>",
    "open tags": "<",
    "entities": "&amp;",
    "thoughts": "<think>",
    "open maths": "$",
    "colons": "a: ",
    "semicolons": "a;",
    "exclamations": "!?",
    "ellipses": "...",
    "Chinese": "漢",
    "Thai": "ก",
    "Arabic digits": "٣",
    "emoji": "👨‍👩‍👧",
}
COUNTED = {
    "different words": "w{0} ",
    "different numbers": "{0} ",
    "different amounts": "${0}.50 ",
    "different dates": "{0} January 20{1} ",
    "different names": "Name{0} Surname{1} ",
    "different sentences": "Fact {0} is {1}. ",
    "a table of amounts": "| item {0} | ${1}.00 |\n",
    "lines of a CSV file": "{0},{1},item {0},{1}.50\n",
    "different codes": "AB-{0}/{1} ",
}
TEXTS = {name: repeated(text) for name, text in REPEATED.items()} | {
    name: counted(template) for name, template in COUNTED.items()
}


@dataclass(frozen=True)
class Case:
    """A kind of text at one place of a turn."""

    text: Callable[[int], str]
    place: str

    def turn(self, size: int) -> Turn:
        text = f"{self.text(size)}\n{next(NUMBERS)}"
        answer = text if self.place in {"answer", "both"} else "The leave is 20 days from 3 May."
        chunk = text if self.place in {"context", "both"} else "The leave is 30 days from 4 May."
        question = text if self.place == "question" else "How long is the leave?"
        return Turn(id="t", question=question, answer=answer, chunks=(Chunk(text=chunk),))


def cpu_seconds(case: Case, size: int) -> float:
    turn = case.turn(size)
    began = time.process_time()
    for evaluator in EVALUATORS:
        evaluator.judge(turn)
    return time.process_time() - began


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", TEXTS)
def test_twice_the_text_costs_about_twice_the_time(kind: str, place: str) -> None:
    case = Case(TEXTS[kind], place)
    ratios: list[float] = []
    while len(ratios) < TRIES:
        long = cpu_seconds(case, 2 * SIZE)
        if long <= AT_ONCE:
            return
        ratios.append(long / max(cpu_seconds(case, SIZE), AT_ONCE / 10))
        if ratios[-1] <= MOST:
            return
    raise AssertionError(f"{ratios} times the CPU for {2 * SIZE} characters")
