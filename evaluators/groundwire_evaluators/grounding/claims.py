"""Segmentation of an answer into claims, with character ranges.

Why: docs/decisions/0042-answers-as-rendered-text.md
"""
# ruff: noqa: E501  (tables of words and patterns)

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from groundwire_evaluators.grounding.bare_answers import complete
from groundwire_evaluators.text.markup import Block, Plain, blocks
from groundwire_evaluators.text.refusal import declines
from groundwire_evaluators.text.sentences import sentences

_FAREWELL = (
    r"(?:have|enjoy) (?:an?|your) (?:[a-z]+ ){0,3}(?:day|morning|afternoon|evening|night|week|weekend|trip|stay|one)(?: ahead| too)?"
    r"|(?:i |we )?wish(?:ing)? you\b[^.:]{0,40}|all the best|take care|(?:good|best of) luck|(?:good)?bye|see you soon"
    r"|(?:(?:noch )?einen |ein )?(?:schönen|guten|angenehmen) (?:tag|abend|aufenthalt)(?: noch)?|(?:ein )?schönes wochenende"
    r"|(?:ich wünsche|wir wünschen) (?:ihnen|dir|euch)\b[^.:]{0,40}|viel (?:erfolg|glück|spaß)"
    r"|(?:très )?bonne (?:journée|soirée|semaine)|bon (?:week-end|courage)"
    r"|que teng(?:a|as) (?:un )?(?:buen|bonito|excelente)[^.:]{0,20}|un saludo|saludos"
    r"|(?:ti auguro una |le auguro una )?buona (?:giornata|serata)|tenha um(?:a)? (?:bom|boa|ótimo|ótima)[^.:]{0,20}"
    r"|(?:nog )?een (?:fijne|prettige|mooie) (?:dag|avond)(?: verder)?|fijne dag(?: nog| verder)?"
)
_COURTESY = re.compile(
    rf"(?:(?:{_FAREWELL})\s*[.!,]*\Z|"
    r"(?:hi|hello|hey|dear|sure|certainly|of course|great question|good question|thanks|thank you|"
    r"good (?:morning|afternoon|evening)|"
    r"you['’]re welcome|absolutely|okay|hallo|guten tag|gerne|natürlich|bonjour|bien sûr|hola|"
    r"claro|por supuesto|ciao|certo|olá)\b[^.:]{0,40}[.!,:]*\Z"
    r"|(?:i['’]m |i am )?(?:happy|glad|pleased) (?:to (?:help|assist)|you asked)\b[^.:]{0,20}[.!]*\Z"
    r"|(?:i )?(?:hope|trust) (?:this|that|it)\b|(?:please )?(?:let me know|feel free|don['’]t hesitate)\b"
    r"|let me (?:look|check|see|find|explain|help)\b[^.:]{0,60}[.!:]*\Z"
    r"|if you (?:have|need|want|would like)\b.{0,60}\b(?:question|help|let me|ask|information)"
    r"|(?:here|below|following|these) (?:is|are|'s|’s)\b[^.]{0,120}:\Z"
    r"|(?:enjoy(?: it| your meal)?|guten appetit|bon appétit|buen provecho|buon appetito|"
    r"bom apetite|eet smakelijk)\s*[.!]*\Z"
    r"|here['’]s\b[^.]{0,120}:\Z|is there anything|how can i (?:help|assist)"
    r"|(?:please )?(?:contact|ask|write to|call) (?:me|us|support|our (?:team|support|staff)|customer (?:service|support|care))\b[^.:]{0,40}\bif you\b"
    r"|(?:as|being) an? (?:ai|artificial intelligence|language model|assistant|chatbot)\b"
    r"|(?:i['’]m |i am )?(?:so |very )?sorry for (?:the|any|my)\b|i (?:apologi[sz]e|understand)\b[^.:]{0,60}[.!]*\Z"
    r"|(?:based on|from|according to) (?:the|your) [^.:]{0,60}\bhere(?:['’]s| is| are)\b[^.]{0,80}"
    r"|here(?:['’]s| is| are) (?:a|an|the|my|your|what)\b[^.:]{0,60}[.:]*\Z"
    r"|that(?:['’]s| is) (?:correct|right|true|it|all)[.!]*\Z"
    r"|i(?: am|['’]m) (?:just |only )?an? (?:ai|bot|chatbot|assistant|language model)\b"
    r"|ich hoffe|bitte (?:lassen|wenden|melden)|n['’]hésitez|no dude|espero que|spero che|ik hoop)",
    re.IGNORECASE,
)
# Openings of sentences that close, comment or advise. What they then say is held against them
# only where it is wrong, or holds a number, a name or a rare word.
_COMMENT = re.compile(
    r"(?:overall|in (?:summary|conclusion|short|essence|sum)|to (?:summari[sz]e|sum up|conclude)|"
    r"all in all|ultimately|in the end|"
    r"(?:it is|it['’]s)(?: also| always| very)? (?:important|worth|essential|crucial|advisable|recommended|best|a good idea|necessary)\b|"
    r"(?:please|kindly|always|remember|note|keep in mind|be sure|make sure|be aware|bear in mind)\b|"
    r"(?:you|one|we|i)(?: may| might| can| should| would| could)?(?: want to| wish to| always)? (?:recommend|suggest|advise|consult|contact|check with|refer to|seek|consider)\b|"
    r"(?:consult|contact|check with|refer to|seek|speak (?:to|with)|talk to|see) (?:a|an|the|your|our|their|its)\b|"
    r"for (?:more|further|additional|specific|detailed|complete) (?:information|details?|advice|guidance|instructions)\b|"
    r"(?:(?:this|these|those|the (?:above|following)) (?:answer|response|summary|information|list|steps?|tips|methods|points|details|guidelines|instructions|factors|options) "
    r"(?:is|are|was|were|will|can|may|should|provides?|helps?|gives?|shows?|covers?|outlines?|highlights?)"
    r"|the (?:answer|response|summary|information|steps|tips|guidelines|instructions) (?:above|below|provides?|helps?|gives|covers|outlines|highlights))\b|"
    r"by following (?:this|these|those)\b|"
    r"(?:insgesamt|zusammenfassend|bitte beachten|es ist wichtig|en résumé|dans l['’]ensemble|il est important|"
    r"en resumen|es importante|in sintesi|è importante|em resumo|é importante|"
    r"samengevat|over het algemeen|het is belangrijk)\b)",
    re.IGNORECASE,
)
_ABOUT_QUESTION = re.compile(
    r"(?:you(?: have|['’]ve)? (?:asked|want(?:ed)? to know|are asking|were asking)|(?:your|the) question (?:is|was|asks)|"
    r"(?:sie|du) (?:haben |hast )?(?:gefragt|fragten|fragst)|vous (?:avez demandé|demandez)|"
    r"(?:ha|has) preguntado|hai chiesto|você perguntou|je vroeg|u vroeg)\b",
    re.IGNORECASE,
)
# What introduces an answer and says nothing itself.
_PREFACE = re.compile(
    r"(?:(?:the|your) (?:answer|response|question)(?: to (?:your|the|this) question)?(?: is| was)?|question|q|answer|a|"
    r"die antwort(?: lautet| ist)?|la réponse est|la respuesta es|la risposta è|a resposta é|het antwoord is)\s*:?\s*",
    re.IGNORECASE,
)
_ENDS = ".!?。！？…"
_SHORT = 12  # words a heading or lead-in has at most
_LONGEST_LEAD_IN = 30  # words of a line that leads to a list and gives no number
_LONGEST_LEAD = 300  # code points
_ECHO = 3  # words from which a part of the question is an echo of it
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Candidate:
    """Candidate claim: a sentence, list item or table row of an answer.

    `start`, `end` and `text` are its range and text in the answer. `skip_reason` states why it is
    no claim. `lead` is the line that a list item or a table row continues. `comment`: it opens like
    a closing, a comment or advice, and claims less than it seems to.
    """

    start: int
    end: int
    text: str
    skip_reason: str | None = None
    plain: Plain | None = None
    lead: str = ""
    comment: bool = False
    item: bool = False  # whether it is an item of a list

    @cached_property
    def read(self) -> Plain:
        """The text without marks, its characters placed in the answer."""
        if self.plain is not None:
            return self.plain
        here = range(self.start, self.end + 1)
        return Plain(self.text, here[:-1], here[1:])


def candidates(
    answer: str, language: str = "en", question: str | None = None
) -> Iterator[Candidate]:
    """Split an answer into candidate claims, in order, with exact ranges.

    A line is one candidate or several sentences; Markdown marks, list signs, table rules and
    reasoning belong to none. A repeated sentence, or one that only repeats the question, is no
    claim. Raises `markup.UnfinishedError` if the answer ends inside its reasoning.
    """
    question_words = _words(question or "")[:_LONGEST_LEAD]
    seen: set[tuple[str, str]] = set()
    for candidate in _candidates(answer, language):
        if candidate.skip_reason is None:
            candidate = _after_question(candidate, question_words)
            words = _words(candidate.read.text)
            key = " ".join(words), candidate.lead
            if key in seen:
                candidate = _skipped(candidate, "said before")
            elif (
                question_words
                and _echoes(candidate.read.text, question_words)
                and complete(answer, question, language) is None
            ):
                candidate = _skipped(candidate, "repeats the question")
            seen.add(key)
        yield candidate


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORDS.findall(text)]


def _echoes(text: str, question_words: Sequence[str]) -> bool:
    """Whether a text is a part of the question, word for word."""
    if _ABOUT_QUESTION.match(text):
        return True
    preface = _PREFACE.match(text)
    own = _words(text[preface.end() :] if preface else text)
    if len(own) < min(_ECHO, len(question_words)) or len(own) * 2 < len(question_words):
        return False
    return f" {' '.join(own)} " in f" {' '.join(question_words)} "


def _after_question(candidate: Candidate, question_words: Sequence[str]) -> Candidate:
    """Strip a repeated question from a candidate ("How long is it: 30 days.")."""
    if len(question_words) < _ECHO:
        return candidate
    plain = candidate.read
    found = list(islice(_WORDS.finditer(plain.text), len(question_words) + 1))
    if len(found) <= len(question_words) or [m.group().casefold() for m in found[:-1]] != list(
        question_words
    ):
        return candidate
    before = plain.text[found[-2].end() : found[-1].start()]
    if before.isspace():
        return candidate  # "C'è un parcheggio in hotel": a statement in the question's words
    rest = plain.part(found[-2].end() + len(before.rstrip("€$£-−(")), len(plain.text)).stripped()
    start, end = rest.place(0, len(rest.text))
    text = candidate.text[start - candidate.start :]
    return Candidate(start, end, text, None, rest, candidate.lead)


def _skipped(candidate: Candidate, reason: str) -> Candidate:
    return Candidate(
        candidate.start, candidate.end, candidate.text, reason, candidate.plain, candidate.lead
    )


def _candidates(answer: str, language: str) -> Iterator[Candidate]:
    lines = blocks(answer)
    prose = any(line.kind in ("text", "item", "row") for line in lines)
    for at, line in enumerate(lines):
        if line.kind == "code":
            yield _candidate(answer, line, line.plain, "code")
        elif prose and (
            line.kind == "header"
            or _is_heading(line, lines[at + 1] if at + 1 < len(lines) else None)
        ):
            yield _candidate(answer, line, line.plain, "heading")
        elif line.kind in ("row", "header"):
            yield _candidate(answer, line, line.plain)
        else:
            for start, end in sentences(line.plain.text, language):
                part = line.plain.part(start, end)
                yield _candidate(answer, line, part, _skip_reason(part.text))


def _candidate(answer: str, line: Block, plain: Plain, skip_reason: str | None = None) -> Candidate:
    start, end = plain.place(0, len(plain.text))
    comment = skip_reason is None and _COMMENT.match(plain.text) is not None
    lead = line.lead[-_LONGEST_LEAD:]
    item = line.kind == "item"
    return Candidate(start, end, answer[start:end], skip_reason, plain, lead, comment, item)


def _is_heading(line: Block, following: Block | None) -> bool:
    """A line that names what comes after it; one in bold that ends like a sentence does not."""
    if line.kind == "heading":
        return True
    text = line.plain.text
    leads = following is not None and following.kind in ("item", "header", "row")
    if not line.bold and not text.endswith((":", "：")):
        return False
    words = sum(1 for _ in islice(_WORDS.finditer(text), _LONGEST_LEAD_IN + 1))
    if text.endswith((":", "：")):
        return words <= (_LONGEST_LEAD_IN if leads and not _has_digit(text) else _SHORT)
    if words > _SHORT:
        return False
    is_statement = text.endswith(tuple(_ENDS)) or _has_digit(text)
    return line.kind == "text" and line.bold and following is not None and not is_statement


def _has_digit(text: str) -> bool:
    return any(character.isdecimal() for character in text)


def _skip_reason(text: str) -> str | None:
    if text.rstrip("\"'”’*_) ").endswith(("?", "？")):
        return "question"
    if _WORDS.search(text) is None:
        return "no words"
    if _COURTESY.match(text):
        return "courtesy"
    return "declines" if declines(text) else None
