"""Rule cascade that labels a response under a context conflict.

Clean the response; yes/no polarity where the answers differ in nothing else; mentions of either
answer by words, value, alias or list, on what tells the two apart; assertion and negation; parts
of names and vaguer values; refusal; then, where given, an entailment model and a judge.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from groundwire_evaluators.reliance.mentions import Mention, Response, find_mentions, find_parts
from groundwire_evaluators.reliance.outcome import ConflictCase, Outcome, OutcomeDecision
from groundwire_evaluators.reliance.polarity import affirms, is_polar
from groundwire_evaluators.reliance.stance import Stance, conclusion, stance
from groundwire_evaluators.text.refusal import declines, is_refusal
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import fold, tokenize
from groundwire_evaluators.text.words import ENGLISH

_REASONING = re.compile(r"<(think|thinking|reasoning)>.*?</\1>|^.*?</think>", re.DOTALL)
_MARKUP = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}|\[\d{1,3}\]")
_NEXT_QUESTION = re.compile(r"\n\s*(?:question|q|context|passage|###\s*\w+)\s*:", re.IGNORECASE)
_OPTION = re.compile(r"(?<![\w])\(?([A-Z])[).:]\s*(.+?)(?=\s+\(?[A-Z][).:]\s|\s*$)", re.DOTALL)
_CHOICE = re.compile(
    r"^\W*(?:the\s+)?(?:correct\s+)?(?:answer|option|choice)?\s*(?:is|:)?\s*(?:option\s+)?\(?([A-Z])\b\W*$",
    re.IGNORECASE,
)
_SAYS_NOTHING = re.compile(
    r"\W*(?:unknown|unanswerable|n/?a|none|no\s+(?:answer|idea|information)|not\s+(?:stated|given|found"
    r"|mentioned|specified|available|provided|known|answerable|sure|clear))\W*",
    re.IGNORECASE,
)
# "It cannot be found in Miami" answers a yes/no question; "the text does not say" declines.
_SPEAKER = re.compile(
    r"\b(?:i|we|my|context|passages?|documents?|texts?|information|sources?)\b|^\W*(?:un|not\b)",
    re.I,
)
_SHORT_RESPONSE = 60  # words; a longer one that declines somewhere says something else too
_MOST_MENTIONS = 20  # of one answer whose stance is looked at; a text that repeats it says no more
_LONGEST_RESPONSE = 20_000  # code points that are read

Entailment = Callable[[str, str], float]
"""Premise, hypothesis → probability that the premise entails it."""
Judge = Callable[[ConflictCase], Outcome | None]
"""A last resort that may look at everything, e.g. a language model; None where it cannot tell."""


@dataclass(frozen=True)
class Labeller:
    """Labels responses under a conflict, in under 1 ms without models.

    `entailment` is asked only where no rule found either answer or both stand unresolved, and
    decides at `entailment_threshold`; `judge` only where that did not decide either.
    """

    entailment: Entailment | None = None
    judge: Judge | None = None
    entailment_threshold: float = 0.8

    def label(self, conflict: ConflictCase) -> OutcomeDecision:
        """Label what the response of `conflict` follows. Never raises for any text."""
        if conflict.response is None:
            return OutcomeDecision(followed=None, rule="no response")
        if not conflict.context_spellings and not conflict.parametric_spellings:
            return OutcomeDecision(followed=None, rule="no answers")
        found = _by_rules(conflict)
        if found.followed not in (Outcome.NEITHER, Outcome.BOTH):
            return found
        return self._by_models(conflict) or found

    def _by_models(self, conflict: ConflictCase) -> OutcomeDecision | None:
        if self.entailment is not None and (label := self._entailed(conflict, self.entailment)):
            return label
        if self.judge is not None and (outcome := self.judge(conflict)):
            return OutcomeDecision(followed=outcome, rule="judge")
        return None

    def _entailed(self, conflict: ConflictCase, entailment: Entailment) -> OutcomeDecision | None:
        premise = f"{conflict.question or ''} {conflict.response or ''}".strip()
        supported = [
            outcome
            for outcome, answer in (
                (Outcome.CONTEXT, conflict.context_answer),
                (Outcome.PARAMETRIC, conflict.parametric_answer),
            )
            if answer
            and entailment(premise, f"{conflict.question or ''} {answer}".strip())
            >= self.entailment_threshold
        ]
        if len(supported) != 1:
            return None
        return OutcomeDecision(followed=supported[0], rule="entailment")


def label(conflict: ConflictCase) -> OutcomeDecision:
    """`Labeller().label`: by rules alone."""
    return Labeller().label(conflict)


def _by_rules(conflict: ConflictCase) -> OutcomeDecision:
    text = _clean(conflict.response or "", conflict.question)
    if not re.search(r"\w", text):
        return OutcomeDecision(followed=Outcome.NEITHER, rule="empty")
    if _same_answer(conflict):
        return OutcomeDecision(followed=Outcome.NEITHER, rule="the two answers are one")
    if found := _by_polarity(conflict, text):
        return found
    response = Response.read(text)
    sides = _sides(conflict, response)
    if not any(sides):
        context, parametric = conflict.context_spellings, conflict.parametric_spellings
        sides = (
            find_parts(context, response, parametric),
            find_parts(parametric, response, context),
        )
    if any(sides):
        return _decide(text, conflict, *sides)
    if _SAYS_NOTHING.fullmatch(text) or is_refusal(text) or _only_declines(text, response):
        return OutcomeDecision(followed=Outcome.REFUSAL, rule="declines")
    return OutcomeDecision(followed=Outcome.NEITHER, rule="names neither")


def _only_declines(text: str, response: Response) -> bool:
    return len(response.tokens) < _SHORT_RESPONSE and declines(text)


def _clean(response: str, question: str | None) -> str:
    """The answer itself: without reasoning, markup, invented further questions, option letters."""
    text = _REASONING.sub("", response[:_LONGEST_RESPONSE]).strip()
    text = _MARKUP.sub("", text)
    if (after := _NEXT_QUESTION.search(text)) and after.start():
        text = text[: after.start()]
    chosen = _CHOICE.match(text)
    if chosen and question:
        options = {match[1]: match[2] for match in _OPTION.finditer(question)}
        text = options.get(chosen[1].upper(), text) if len(options) > 1 else text
    return text


def _same_answer(conflict: ConflictCase) -> bool:
    one, other = (
        [fold(token.text) for token in tokenize(answer or "")]
        for answer in (conflict.context_answer, conflict.parametric_answer)
    )
    return bool(one) and one == other


def _by_polarity(conflict: ConflictCase, text: str) -> OutcomeDecision | None:
    context, parametric = conflict.context_answer, conflict.parametric_answer
    if not context or not parametric or not is_polar(context, parametric):
        return None
    if is_refusal(text) and _SPEAKER.search(text):
        return OutcomeDecision(followed=Outcome.REFUSAL, rule="declines")
    matter = max(context, parametric, key=len)
    polarity = affirms(text, conflict.question, matter)
    if polarity is None:
        return OutcomeDecision(followed=Outcome.NEITHER, rule="polarity: says neither yes nor no")
    followed = Outcome.CONTEXT
    if polarity is not affirms(context, conflict.question, matter):
        followed = Outcome.PARAMETRIC
    return OutcomeDecision(followed=followed, rule="polarity")


def _sides(conflict: ConflictCase, response: Response) -> tuple[list[Mention], list[Mention]]:
    """Mentions of either answer, without those inside a longer mention of the other and those
    that only repeat the question."""
    context = find_mentions(conflict.context_spellings, response)
    parametric = find_mentions(conflict.parametric_spellings, response)
    context, parametric = _outermost(context, parametric), _outermost(parametric, context)
    question = conflict.question or ""
    distinctive = _own(context, response, question), _own(parametric, response, question)
    return distinctive if any(distinctive) else (context, parametric)


def _outermost(mentions: list[Mention], others: list[Mention]) -> list[Mention]:
    """Not inside a longer mention of the other answer: "New York" in "New York City"."""
    return [
        each
        for each in mentions
        if not any(
            other.start <= each.start
            and each.end <= other.end
            and other.end - other.start > each.end - each.start
            for other in others
        )
    ]


def _own(mentions: list[Mention], response: Response, question: str) -> list[Mention]:
    """Without mentions that repeat the question: a content word beside them is the same there."""
    if not mentions or not question:
        return mentions
    question_words = [fold(token.text) for token in tokenize(question)]
    return [each for each in mentions if not _repeats(each, response, question_words)]


def _repeats(mention: Mention, response: Response, question_words: list[str]) -> bool:
    inside = [
        i
        for i, token in enumerate(response.tokens)
        if mention.start <= token.start and token.end <= mention.end
    ]
    if not inside:
        return False
    first, last = inside[0], inside[-1]
    words = list(response.words[first : last + 1])
    for at in range(len(question_words) - len(words) + 1):
        if question_words[at : at + len(words)] != words:
            continue
        before = response.words[first - 1] if first else ""
        after = response.words[last + 1] if last + 1 < len(response.words) else ""
        if _is_content_word(before) and at and question_words[at - 1] == before:
            return True
        if _is_content_word(after) and question_words[at + len(words) : at + len(words) + 1] == [
            after
        ]:
            return True
    return False


def _is_content_word(word: str) -> bool:
    return len(word) > 1 and word not in ENGLISH.stop


def _decide(
    text: str, conflict: ConflictCase, context: list[Mention], parametric: list[Mention]
) -> OutcomeDecision:
    announced = conclusion(text)
    if announced and any(each.start >= announced for each in (*context, *parametric)):
        context = [each for each in context if each.start >= announced]
        parametric = [each for each in parametric if each.start >= announced]
    stances = _stances(text, context, parametric), _stances(text, parametric, context)
    rule = (context or parametric)[0].rule
    follows = [Stance.ASSERTED in each for each in stances]
    if all(follows):
        return _both(text, conflict, context, parametric)
    if not any(follows):
        if is_refusal(text):
            return OutcomeDecision(followed=Outcome.REFUSAL, rule="declines")
        return OutcomeDecision(followed=Outcome.NEITHER, rule=f"{rule}, rejected")
    followed = Outcome.CONTEXT if follows[0] else Outcome.PARAMETRIC
    chosen = context if follows[0] else parametric
    if not all(stances):
        return OutcomeDecision(followed=followed, rule=chosen[0].rule)
    corrects = follows[1] and Stance.REJECTED in stances[0]
    return OutcomeDecision(
        followed=followed, rule=f"{chosen[0].rule}, assertion", corrects_context=corrects
    )


def _stances(text: str, mentions: Sequence[Mention], others: Sequence[Mention]) -> set[Stance]:
    places = [(each.start, each.end) for each in others]
    looked_at = mentions[:_MOST_MENTIONS]
    return {stance(text, (each.start, each.end), places) for each in looked_at}


def _both(
    text: str, conflict: ConflictCase, context: list[Mention], parametric: list[Mention]
) -> OutcomeDecision:
    """Both are asserted, unless one only opens the sentence as it stands in the question."""
    question_words = fold(conflict.question or "")
    subjects = [
        all(
            fold(text[each.start : each.end]) in question_words and _opens(text, each)
            for each in mentions
        )
        for mentions in (context, parametric)
    ]
    if subjects[0] is not subjects[1]:
        followed = Outcome.PARAMETRIC if subjects[0] else Outcome.CONTEXT
        return OutcomeDecision(followed=followed, rule="the other stands in the question")
    return OutcomeDecision(followed=Outcome.BOTH, rule="names both")


def _opens(text: str, mention: Mention) -> bool:
    """Whether the mention opens its sentence, followed by a verb rather than by "or" or a stop."""
    starts = [start for start, _ in sentences(text)]
    opens = any(0 <= mention.start - start <= 4 for start in starts)
    return opens and re.match(r"(?:'s|’s)?\s+(?!or\b|and\b)\w", text[mention.end :]) is not None
