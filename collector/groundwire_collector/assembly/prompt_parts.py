"""Context and question inside a prompt, by marks and position.

Many applications put what they retrieved into the prompt and trace the prompt alone. What a tag
(`<context>`), a label (`Context:`), a heading or a fence marks as context is context; what a label
marks as the question is the question, else what is left of the last message of the person. A text
without such marks is not divided.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from groundwire_collector.assembly.value_parsing import Message, try_unpack

LONGEST_LABEL = 160  # characters of a line that introduces context
LEAST_CONTEXT = 40  # characters of a context without a question beside it
LEAST_BESIDE = 12  # characters of a context whose question is another message
LONGEST_INSTRUCTION = 1_000  # characters of an instruction that are read
MOST_INSIDE = 200  # labels inside one context
LONGEST_PROMPT = 400_000  # characters that are divided; a longer prompt is not
_CONTEXT = (
    r"contexts?|documents?|docs|passages?|sources?|excerpts?|snippets?|chunks?|articles?"
    r"|search[ _-]results?|retrieved[ _-]\w+|references?|knowledge(?:[ _-]base)?|evidence|facts"
    r"|kontext|dokumente?|quellen|textstellen|auszüge|contexte|extraits|contexto|documentos|fuentes"
    r"|contesto|documenti|fonti|fontes|bronnen|documenten"
)
_QUESTION = (
    r"(?:user(?:'s)?[ _-]|current[ _-]|original[ _-]|my[ _-])?(?:question|query|input|request)"
    r"|frage|pregunta|consulta|domanda|pergunta|vraag|requête|user|human|q"
)
_ANSWER = (
    r"(?:helpful[ _-]|final[ _-]|your[ _-])?(?:answer|response|reply)|antwort|réponse|respuesta"
    r"|risposta|resposta|antwoord|assistant|ai|a"
)
_OTHER = (
    r"instructions?|rules|task|guidelines?|output[ _-]format|anweisung\w*"
    r"|chat[ _-]history|history|conversation|previous[ _-]\w+|system"
)
_CONTEXT_NAME, _QUESTION_NAME = re.compile(_CONTEXT), re.compile(_QUESTION)
_NO_LABEL = r"(?!(?:what|which|how|why|who|where|when|is|are|do|does|can|explain)\b)"
_TAG = re.compile(
    rf"<(?P<end>/?)(?P<name>(?P<context>{_CONTEXT})|(?P<question>{_QUESTION}))(?:\s[^<>]{{0,400}})?>",
    re.IGNORECASE,
)
_NESTED = re.compile(
    r"<(?P<end>/?)(?P<name>document|doc|passage|source|chunk|result|item|excerpt|article|snippet)"
    r"(?:\s[^<>]{0,400})?>",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:^|(?<=[.!?]\s))[#>*_\[( \t-]{0,40}"
    rf"{_NO_LABEL}(?:(?P<context>(?:\w[\w'-]* ){{0,3}}(?:{_CONTEXT})"
    r"(?: (?:information|data|passages?))?)"
    rf"|(?P<question>{_QUESTION})|(?P<answer>{_ANSWER})|(?P<other>{_OTHER}))"
    r"[ \t]*[\])*_]*[ \t]*(?::[ \t]*[*_]*|(?<=[*_\])])(?=\n))",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(
    r"^[ \t]*(?:#+[ \t]+|(?-i:(?=[A-Z][A-Z ]+$)))"
    rf"(?:(?P<context>(?:\w+ ){{0,3}}(?:{_CONTEXT}))|(?P<question>{_QUESTION})"
    rf"|(?P<answer>{_ANSWER})|(?P<other>{_OTHER}))[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_INTRODUCING = rf"^(?=.{{0,{LONGEST_LABEL}}}$)"
_SENTENCE = re.compile(
    rf"{_INTRODUCING}.*\b(?P<context>{_CONTEXT})\b[^\n]*:[ \t]*$"
    rf"|{_INTRODUCING}(?P<below>.*\b(?:{_CONTEXT})\b[^\n]*"
    r"\b(?:below|following|follows)\b[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_BEFORE_JSON = re.compile(
    rf"^(?=[^\n:]{{0,{LONGEST_LABEL}}}:)[^\n:]*\b(?P<context>{_CONTEXT})\b[^\n:]*:[ \t]*"
    r"(?=\[[ \t\n]*[\[{\"]|\{[ \t\n]*\")",
    re.IGNORECASE | re.MULTILINE,
)
_INSTRUCTION = re.compile(
    rf"\b(?:use|using|answer|based|given|following|only|below)\b.*\b(?:{_CONTEXT})\b",
    re.IGNORECASE | re.DOTALL,
)
_FENCE = re.compile(r"^[ \t]*(?:-{3,}|={3,}|\*{3,}|`{3}\w*|\"{3}|'{3}|#{3,})[ \t]*$", re.MULTILINE)
_ON_CONTEXT = re.compile(
    rf"^(?:given|using|based on|from|with|answer)\b.*\b(?:{_CONTEXT})\b", re.IGNORECASE
)
_PARAGRAPHS = re.compile(r"\n\s*\n+")
_RULES = re.compile(r"^[ \t]*(?:-{3,}|={3,}|\*{3,})[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PromptParts:
    """Question and pieces of context in a prompt; None if not marked."""

    question: str | None = None
    context: tuple[str, ...] = ()


def divided(prompt: Sequence[Message]) -> PromptParts:
    """Question and context of the last turn in a prompt.

    Context is looked for in instructions and in the messages of the person since the last answer.
    """
    users = _current(prompt)
    system = [m.text for m in prompt if m.role in ("system", "developer")]
    parts = [split(text, least=LEAST_BESIDE) for text in system]
    own = [split(m.text, least=LEAST_BESIDE) for m in users[:-1]]
    own += [split(m.text) for m in users[-1:]]
    if not users:
        return PromptParts(None, _united(parts))
    last = own[-1]
    question = last.question if last.question or last.context else users[-1].text.strip()
    if question is None and len(users) > 1:
        question = next((p.question for p in reversed(own[:-1]) if p.question), None)
    return PromptParts(question, _united([*parts, *own]))


def earlier(prompt: Sequence[Message]) -> tuple[str, ...]:
    """Pieces of context in messages of the person that were answered before."""
    current = {id(message) for message in _current(prompt)}
    before = [m for m in prompt if m.role == "user" and id(m) not in current]
    return _united([split(message.text) for message in before])


def split(text: str, least: int = LEAST_CONTEXT) -> PromptParts:
    """Question and context in one text; neither where nothing marks context.

    A context shorter than `least` characters counts only beside a question.
    """
    if len(text) > LONGEST_PROMPT:
        return PromptParts()
    if (parts := _of_json(text)) is not None:
        return parts
    tagged = _of_tags(text)
    if tagged.context:
        return tagged
    labelled = _of_labels(text)
    telling = labelled.question or sum(map(len, labelled.context)) >= least
    return labelled if labelled.context and telling else PromptParts()


def _of_json(text: str) -> PromptParts | None:
    """Parts of a prompt that is one JSON object with both; None of any other text."""
    value = try_unpack(text) if text.lstrip()[:1] == "{" else None
    if not isinstance(value, dict):
        return None
    named = {str(key).lower(): inner for key, inner in value.items()}
    context = next((named[key] for key in named if _CONTEXT_NAME.fullmatch(key)), None)
    question = next((named[key] for key in named if _QUESTION_NAME.fullmatch(key)), None)
    if not isinstance(question, str) or not context:
        return None
    pieces = context if isinstance(context, list) else [context]
    texts = [
        each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in pieces
    ]
    return PromptParts(question, tuple(texts))


def _current(prompt: Sequence[Message]) -> list[Message]:
    answered = max(
        (n for n, m in enumerate(prompt) if m.role == "assistant" and m.text), default=-1
    )
    last = max((n for n, m in enumerate(prompt) if m.role == "user"), default=-1)
    first = answered + 1 if answered < last else 0
    return [m for m in prompt[first:] if m.role == "user" and m.text.strip()]


def _united(parts: Iterable[PromptParts]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece for each in parts for piece in each.context))


@dataclass(frozen=True, slots=True)
class _Element:
    """A tag that is closed, and the text inside it."""

    start: int
    end: int
    inner: str
    opening: re.Match[str]


def _elements(text: str, tag: re.Pattern[str]) -> list[_Element]:
    """Outermost closed tags, in linear time."""
    tags = list(tag.finditer(text))
    closing: dict[str, list[re.Match[str]]] = {}
    for found in tags:
        if found["end"]:
            closing.setdefault(found["name"].lower(), []).append(found)
    elements: list[_Element] = []
    for opening in tags:
        if opening["end"] or (elements and opening.start() < elements[-1].end):
            continue
        closes = closing.get(opening["name"].lower(), [])
        at = bisect_left(closes, opening.end(), key=lambda found: found.start())
        if at < len(closes):
            close = closes[at]
            inner = text[opening.end() : close.start()]
            elements.append(_Element(opening.start(), close.end(), inner, opening))
    return elements


def _of_tags(text: str) -> PromptParts:
    found = _elements(text, _TAG)
    context = [piece for e in found if e.opening["context"] for piece in _pieces(e.inner)]
    questions = [e.inner.strip() for e in found if e.opening["question"] and e.inner.strip()]
    if not context:
        return PromptParts()
    if questions:
        return PromptParts(questions[-1], tuple(context))
    rest = [text[a.end : b.start] for a, b in pairwise(found)]
    outside = [text[: found[0].start], *rest, text[found[-1].end :]]
    return PromptParts(_last_words("\n\n".join(outside)), tuple(context))


@dataclass(frozen=True, order=True, slots=True)
class _Mark:
    """What introduces a part of a prompt: a label, a heading, a sentence."""

    start: int
    end: int
    kind: str


def _of_labels(text: str) -> PromptParts:
    """Parts by labels; the last label of a question counts, others may be in the context."""
    marks = sorted(_marks(text))
    contexts = [mark for mark in marks if mark.kind == "context"]
    questions = [mark for mark in marks if mark.kind == "question"]
    first = contexts[0].start if contexts else 0
    length = len(text.rstrip())
    after = [mark for mark in questions if mark.start > first and mark.end < length]
    marked = (after or questions)[-1:]
    question = _first_part(text[marked[0].end :], marks, marked[0]) if marked else None
    if not contexts:
        head = text[: marked[0].start] if marked else ""
        return PromptParts(question, tuple(_between(head)))
    pieces: list[str] = []
    for position, mark in enumerate(marks):
        if mark.kind != "context":
            continue
        end = _end(text, marks, position, marked[0] if marked else None)
        body, rest = _fenced(text[mark.end : end])
        if not marked and end is None and rest is None:
            body, rest = _without_question(body)
        pieces += _pieces(body)
        question = question or (rest and _last_words(rest))
    return PromptParts(question or _last_question(text[:first]), tuple(pieces))


def _end(text: str, marks: Sequence[_Mark], position: int, marked: _Mark | None) -> int | None:
    """Where the context that a mark introduces ends; None: with the prompt."""
    for mark in marks[position + 1 : position + 1 + MOST_INSIDE]:
        before = text[max(0, mark.start - 8) : mark.start].rstrip(" \t")
        closes = mark.kind == "answer" and mark is marks[-1] and not text[mark.end :].strip()
        apart = mark.kind == "other" and before.endswith("\n\n")
        if mark.kind == "context" or mark == marked or closes or apart:
            return mark.start
    return None


def _marks(text: str) -> Iterator[_Mark]:
    taken: list[_Mark] = []
    for pattern in (_LABEL, _HEADING, _SENTENCE, _BEFORE_JSON):
        found = [_mark(match) for match in pattern.finditer(text)]
        free = [mark for mark in found if not _overlaps(mark, taken)]
        yield from free
        taken = sorted([*taken, *free])


def _mark(found: re.Match[str]) -> _Mark:
    kind = next(name for name, value in found.groupdict().items() if value)
    return _Mark(found.start(), found.end(), "context" if kind == "below" else kind)


def _overlaps(mark: _Mark, taken: Sequence[_Mark]) -> bool:
    at = bisect_left(taken, mark)
    near = taken[max(0, at - 1) : at + 1]
    return any(other.start < mark.end and mark.start < other.end for other in near)


def _fenced(body: str) -> tuple[str, str | None]:
    """Text between two fences and what follows them; all of it where there are none."""
    fences = list(_FENCE.finditer(body))
    if len(fences) < 2 or body[: fences[0].start()].strip():
        return body, None
    return body[fences[0].end() : fences[-1].start()], body[fences[-1].end() :]


def _without_question(body: str) -> tuple[str, str | None]:
    """The last part of a prompt less a question in its last paragraph."""
    paragraphs = [p for p in _PARAGRAPHS.split(body.strip()) if p.strip()]
    if len(paragraphs) > 1 and paragraphs[-1].rstrip().endswith("?"):
        return "\n\n".join(paragraphs[:-1]), paragraphs[-1]
    return body, None


def _last_question(head: str) -> str | None:
    """A question before the context."""
    paragraphs = [p.strip() for p in _PARAGRAPHS.split(head)]
    return next((p for p in reversed(paragraphs) if p.endswith("?")), None)


def _between(head: str) -> list[str]:
    """Context between an instruction that speaks of it and the question."""
    paragraphs = [p for p in _PARAGRAPHS.split(head.strip()) if p.strip()]
    if len(paragraphs) > 1 and _INSTRUCTION.search(paragraphs[0][:LONGEST_INSTRUCTION]):
        return [piece for each in paragraphs[1:] for piece in _pieces(each)]
    return []


def _first_part(body: str, marks: Sequence[_Mark], marked: _Mark) -> str | None:
    """A question without what an application appends to it."""
    end = next((mark.start - marked.end for mark in marks if mark.start > marked.start), None)
    first = next((p for p in _PARAGRAPHS.split(body[:end]) if p.strip()), "")
    return first.strip().strip("\"'`").strip() or None


def _last_words(text: str) -> str | None:
    """The last paragraph that is no instruction on the context."""
    paragraphs = [p.strip() for p in _PARAGRAPHS.split(text) if p.strip()]
    questions = [p for p in paragraphs if p.endswith("?")]
    for paragraph in (*reversed(questions), *reversed(paragraphs)):
        lines = [line for line in paragraph.splitlines() if not _ON_CONTEXT.match(line.strip())]
        plain = _LABEL.sub("", "\n".join(lines)).strip()
        if plain:
            return plain
    return None


def _pieces(body: str) -> list[str]:
    """Pieces of a context: nested tags, else what rules or blank lines separate."""
    nested = [e.inner.strip() for e in _elements(body, _NESTED) if e.inner.strip()]
    if nested:
        return nested
    fences = list(_FENCE.finditer(body))
    if len(fences) == 2 and not body[: fences[0].start()].strip():
        body = body[fences[0].end() : fences[-1].start()]
    separator = _RULES if _RULES.search(body.strip()) else _PARAGRAPHS
    return [piece.strip() for piece in separator.split(body.strip()) if piece.strip()]
