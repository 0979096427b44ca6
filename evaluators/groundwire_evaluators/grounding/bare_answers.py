"""Bare answers ("yes", "(B)") completed to statements by their question."""

# ruff: noqa: E501  (tables of words and patterns)

import re
from dataclasses import dataclass

from groundwire_evaluators.grounding.vocabulary import FILLERS, NO, YES
from groundwire_evaluators.text.tokens import fold

_LONGEST_BARE = 60  # code points of a bare answer
_LONGEST_ELLIPTIC = 120  # of one with a phrase
_LONGEST_QUESTION = 4_000
_STATED = re.compile(
    r"\s*(?:true or false|right or wrong|yes or no|wahr oder falsch|richtig oder falsch|vrai ou faux|"
    r"verdadero o falso|vero o falso|verdadeiro ou falso|waar of niet waar)\W+",
    re.IGNORECASE,
)
# The verb that asks for a yes or a no, which the statement leaves out.
_ASKING = re.compile(
    r"[\s¿]*(?:is|are|am|was|were|do|does|did|can|could|may|must|should|will|would|has|have|had|"
    r"ist|sind|war|waren|hat|haben|kann|können|darf|dürfen|muss|müssen|gibt|wird|werden|"
    r"est-ce que|est|sont|peut|peut-on|puis-je|avez-vous|"
    r"es|está|están|hay|tiene|puedo|puede|è|sono|ha|posso|può|é|tem|pode|há|"
    r"zijn|heeft|mag|mogen|kunnen)\s+",
    re.IGNORECASE,
)
_OPEN = frozenset(
    "who whom whose what which when where why how wer wen wem wessen welche welcher welches wann wo warum wie wieviel "
    "qui que quoi quel quelle quels quelles quand ou pourquoi comment combien quien quienes cual cuales cuando donde como cuanto cuanta cuantos cuantas "
    "chi cosa quale quali quando dove perche come quanto quanta quanti quante quem qual quais onde "
    "wie wat welke waar waarom hoe hoeveel por".split()
)
_TAG = re.compile(
    r",\s*(?:right|correct|(?:is|are|was|do|does|did|can)n['’]t (?:it|they|you|he|she|there)|oder|nicht wahr|"
    r"n['’]est-ce pas|verdad|vero|certo|toch)\s*\?\s*\Z",
    re.IGNORECASE,
)
_EITHER = {
    code: re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for code, words in {
        "en": "or", "de": "oder", "fr": "ou", "es": "o|u", "it": "o|oppure", "pt": "ou", "nl": "of",
    }.items()
}  # fmt: skip
_OPTION = re.compile(
    r"\W*(?:(?:option|answer|choice)\s+)?(?P<open>[(\[])?(?P<letter>[A-Ha-h])[)\].:]*\s*\Z",
    re.IGNORECASE,
)
# "Not for stays up to 90 days": a phrase that a yes or a no, or a denial, leaves to its question.
_ELLIPTIC = re.compile(
    r"\W*(?:(?P<says>yes|no|ja|nein|oui|non|sí|si|sì|não|sim|nee)\b[\s,.;:!–—-]*)?"
    r"(?:(?P<not>not|nicht|pas|no|non|não|niet)\s+)?"
    r"(?P<phrase>(?:for|in|on|at|during|with|within|after|before|für|im|am|bei|während|mit|auf|nach|vor|"
    r"pour|dans|en|à|au|aux|pendant|avec|lors|para|a|durante|con|por|per|nel|nella|nei|alla|al|"
    r"no|na|nos|nas|com|voor|op|bij|tijdens|met)\s+[^.!?;\n]{2,80})[.!]?\s*\Z",
    re.IGNORECASE,
)
_VERBS = frozenset(
    "is are was were has have had do does did can must may will would need needs required ist sind hat haben kann darf muss wird "
    "est sont a ont peut doit faut es son tiene puede debe hay sono ha puo deve sao tem pode heeft mag moet kan zijn no not nicht pas non nao niet kein keine".split()
)
_ONLY = frozenset(
    "only nur seulement uniquement solo solamente soltanto apenas so alleen slechts".split()
)
# First words of a question whose statement has another order of words.
_INVERTED = frozenset(
    "is are am was were do does did can could may must should will would has have had "
    "ist sind war hat kann darf muss gibt wird zijn heeft mag kan kunnen".split()
)
_AUXILIARIES = frozenset(
    "am not darfst durfen durft konnen kannst muss mussen sind ist wird das sie sich peux peuvent c est sont on il ils elle elles puis puedes pueden "
    "posso puo possono sono esta son ela eles pode podem mag mogen kan kunnen zijn het die dat u je ze hij "
    "hay ha ce ne ci y en a pas gibt er es "
    "isn aren wasn weren don doesn didn can couldn may must mustn will won would wouldn has have had "
    "not t do does did he she they you we i there kann darf hat puo puede peut".split()
)


@dataclass(frozen=True, slots=True)
class CompletedStatement:
    """Statement made from a bare "yes", "no" or option letter."""

    text: str
    denied: bool = False
    question: str | None = None
    elliptic: bool = False  # whether the answer adds a phrase: "No, not on Sundays"


def complete(answer: str, question: str | None, language: str = "en") -> CompletedStatement | None:
    """Statement made by a bare answer; None if the answer has words of its own."""
    if not question or len(answer) > _LONGEST_ELLIPTIC:
        return None
    if elliptic := _elliptic(answer, question[:_LONGEST_QUESTION], language):
        return elliptic
    if len(answer) > _LONGEST_BARE:
        return None
    option = _OPTION.match(answer)
    if option:
        listed = re.search(
            rf"(?:^|[\s(\[]){option.group('letter')}[).:\]]\s*([^\n;,?()]{{1,200}})",
            question,
            re.IGNORECASE,
        )
        return CompletedStatement(listed.group(1).strip()) if listed else None
    if _repeats(answer, question):
        return CompletedStatement(answer.strip(), question=question[:_LONGEST_QUESTION])
    says = polarity(answer)
    if says is None:
        return None
    question = question[:_LONGEST_QUESTION]
    statement = statement_of_question(question, language)
    return CompletedStatement(statement, not says, question) if statement else None


def _elliptic(answer: str, question: str, language: str) -> CompletedStatement | None:
    """The statement of "No, not for stays up to 90 days." to a yes-no question."""
    match = _ELLIPTIC.match(answer)
    if match is None or not (match["says"] or match["not"]):
        return None
    phrase = match["phrase"]
    words = {fold(word) for word in re.findall(r"[^\W_]+", phrase)}
    if words & _VERBS or words & _ONLY:
        return None
    statement = statement_of_question(question, language)
    if statement is None:
        return None
    says = fold(match["says"] or "")
    denied = bool(match["not"]) or says in NO
    whole = f"{question.strip(' ?!.')} {phrase}?"
    return CompletedStatement(f"{statement} {phrase}", denied, whole, elliptic=True)


def _repeats(answer: str, question: str) -> bool:
    """Whether an answer affirms a yes-no question in its own words: "Hay piscina."."""
    words = [fold(word) for word in re.findall(r"[^\W_]+", question[:_LONGEST_BARE])]
    if not words or words[0] in _OPEN or fold("".join(words[:1])) in _INVERTED:
        return False
    return words == [fold(word) for word in re.findall(r"[^\W_]+", answer)]


def polarity(text: str) -> bool | None:
    """True of an answer that is nothing but a yes, False of a no, None of any other."""
    words = [fold(word) for word in re.findall(r"[^\W_]+", text[:_LONGEST_BARE])]
    own = [word for word in words if word not in FILLERS and word not in _AUXILIARIES]
    if not own:
        return None
    return True if YES.issuperset(own) else False if NO.issuperset(own) else None


def statement_of_question(question: str, language: str = "en") -> str | None:
    """Statement affirmed by a yes to a question; None if it is no yes-no question."""
    tag = _TAG.search(question)
    if tag:
        return question[: tag.start()].strip() or None
    stated = _STATED.match(question)
    if stated is None:
        first = re.search(r"[^\W_]+", question)
        if first is None or fold(first.group()) in _OPEN or "?" not in question:
            return None
        either = _EITHER.get(language)
        if either and either.search(question):
            return None
    start = stated.end() if stated else asking.end() if (asking := _ASKING.match(question)) else 0
    return question[start:].strip(" ¿?!.\n") or None
