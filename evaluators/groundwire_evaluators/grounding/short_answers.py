"""Short answers, completed with the question into a statement.

"€15", "It is €15." and "The answer is **€15**" say what the question leaves open. Such a claim has
too few words of its own to be compared by their share: what it adds to the question must stand in
a chunk, and together.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from groundwire_evaluators.grounding.evidence import Evidence, QuestionContent, Statement
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.grounding.segments import is_in_other_segment
from groundwire_evaluators.grounding.sentence_parts import Subject, rival_of_part
from groundwire_evaluators.grounding.vocabulary import FILLERS
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.names import Name
from groundwire_evaluators.text.quantities import Quantity, agree, comparable
from groundwire_evaluators.text.tokens import Token, fold

MOST_WORDS = 3  # of its own, beside values and names, that a short answer has


@dataclass(frozen=True, slots=True)
class AddedContent:
    """Words, values and names that a statement adds to its question."""

    words: Sequence[Token]
    quantities: Sequence[Quantity]
    names: Sequence[Name]

    @property
    def short(self) -> bool:
        return len(self.words) <= MOST_WORDS


def added_content(statement: Statement, question_content: QuestionContent) -> AddedContent:
    """What is left of a statement without what the question says and without fillers."""
    quantities = [
        q
        for q in statement.quantities
        if not any(agree(q, known) for known in question_content.quantities)
    ]
    names = [name for name in statement.names if not question_content.names.issuperset(name.words)]
    taken = [(q.start, q.end) for q in statement.quantities]
    taken += [(name.start, name.end) for name in statement.names]
    content = {token.start for token in statement.content}
    words = [
        token
        for token in statement.tokens
        if (token.start in content or _is_value(token))
        and token.key not in question_content.words
        and fold(token.text) not in FILLERS
        and not any(start <= token.start < end for start, end in taken)
    ]
    return AddedContent(words, quantities, names)


def _is_value(token: Token) -> bool:
    """Whether a stop word alone is a value: "one", "May"."""
    return token.lower == "one" or token.text in _MONTHS


def unbacked(
    own: AddedContent,
    evidence: Evidence,
    passages: Sequence[Passage],
    computed: Sequence[Quantity],
    *,
    whole: bool,
    text: str,
) -> list[tuple[int, int]]:
    """The ranges of a short statement that no chunk backs, in order.

    Plain words count only where the statement is the whole of an answer or an item of a list
    (`whole`): among other sentences a short one may lead over to the next.
    """
    found = [(q.start, q.end) for q in evidence.new_quantities if q not in computed]
    new_names = {name.start for name in evidence.new_names}
    found += [(name.start, name.end) for name in own.names if name.start in new_names]
    found += [(name.start, name.end) for name in own.names if not _names_together(name, passages)]
    if whole:
        found += _unbacked_words(own, evidence, passages, text)
    return sorted(set(found))


def _unbacked_words(
    own: AddedContent, evidence: Evidence, passages: Sequence[Passage], text: str
) -> Iterator[tuple[int, int]]:
    near = {token.start for token in (*evidence.same, *evidence.related)}
    absent = [t for t in own.words if t.start not in near and not _is_shown(t, passages)]
    if (absent and _is_enumeration(own.words, text)) or (
        absent and len(absent) == len(own.words) and not own.names and not own.quantities
    ):
        yield from ((token.start, token.end) for token in absent)
    elif not absent and not near and not _in_one_sentence(own.words, passages):
        yield own.words[0].start, own.words[-1].end


def _is_enumeration(words: Sequence[Token], text: str) -> bool:
    """Whether words are listed: with nothing but commas and conjunctions between."""
    return len(words) > 1 and all(
        _LISTING.fullmatch(text, one.end, other.start) for one, other in pairwise(words)
    )


def _is_shown(token: Token, passages: Sequence[Passage]) -> bool:
    if token.text in _MONTHS:
        return any(token.text in passage.spellings for passage in passages)
    return any(token.key in p.words for p in passages)


def _names_together(name: Name, passages: Sequence[Passage]) -> bool:
    """Whether one chunk holds all words of a name, or knows it by another form."""
    return any(p.folded.issuperset(name.words) or p.calls(name) for p in passages)


def _in_one_sentence(words: Sequence[Token], passages: Sequence[Passage]) -> bool:
    """Whether the parts of a phrase stand in one sentence; words listed apart need not.

    Nor need those about a record, of which each field is a line.
    """
    if any(passage.record is not None for passage in passages):
        return True
    if len(words) < 2 or any(b.start - a.end > 1 for a, b in pairwise(words)):
        return True
    for passage in passages:
        places = [passage.places.get(token.key) for token in words]
        if all(places):
            sentences = [{passage.sentence_of[at] for at in found or ()} for found in places]
            if set.intersection(*sentences):
                return True
    return False


def misplaced(
    own: AddedContent, question: QuestionContent, passages: Sequence[Passage]
) -> list[Quantity | Name]:
    """Values of the statement that answer another question than the one that was asked.

    They stand only in sentences that hold a part of the question's words, while
    another sentence holds these and more, and a value of the same kind. Records and sentences that
    go on with a pronoun are left out: what they speak of stands elsewhere.
    """
    question_keys = question.content
    if not question_keys or any(p.record or p.tables or p.row for p in passages):
        return []
    values: list[Quantity | Name] = [*own.quantities, *own.names]
    if not values or len(values) > _MOST_VALUES or len(own.words) > MOST_WORDS:
        return []
    known = [
        (chunk, index, words)
        for chunk, passage in enumerate(passages)
        for index in range(len(passage.bounds))
        if (words := _question_part(question_keys, passages, (chunk, index)))
    ]
    alone = len(own.quantities) + len(own.names) == 1
    return [value for value in values if _is_misplaced(value, question, known, passages, alone)]


def is_of_another_item(
    own: AddedContent, items: Sequence[Quantity], passages: Sequence[Passage]
) -> bool:
    """Whether the words of an answer stand only beside a rival of what the question names.

    "Low pressure." to "What does E42 mean?", where E41 means low pressure. `items`: the codes of
    the question.
    """
    codes = [each for each in items if each.kind == "code"]
    if len(codes) != 1 or own.quantities or own.names or not own.words:
        return False
    if any(passage.record or passage.tables or passage.row for passage in passages):
        return False
    keys, named, places = {token.key for token in own.words}, False, []
    for passage in passages:
        for index in range(len(passage.bounds)):
            shown = passage.quantities_of(index)
            here = any(agree(codes[0], each) for each in shown)
            named = named or here
            if keys <= {token.key for token in passage.sentence(index)}:
                rival = any(comparable(codes[0], each) for each in shown)
                places.append(rival and not here)
    return named and bool(places) and all(places)


def _is_misplaced(
    value: Quantity | Name,
    question: QuestionContent,
    known: Sequence[tuple[int, int, frozenset[str]]],
    passages: Sequence[Passage],
    alone: bool,
) -> bool:
    """Whether all sentences with a value hold less of the question than one with a rival."""
    places = _places_of(value, passages)
    if isinstance(value, Quantity) and _MAY & question.words and _is_limit(value, passages):
        return False
    if not places or any(_goes_on(passages, place) for place in places):
        return False
    question_keys = question.content
    if alone and all(
        is_in_other_segment(value, question_keys, passages[chunk], index)
        or _is_in_other_part(value, question, passages[chunk], index)
        for chunk, index in places
    ):
        return True
    held = [_question_part(question_keys, passages, place) for place in places]
    return any(
        len(words) >= _ANSWERING * len(question_keys)
        and all(part < words for part in held)
        and _holds_rival(value, passages[chunk], index)
        for chunk, index, words in known
    )


def _is_limit(value: Quantity, passages: Sequence[Passage]) -> bool:
    """Whether a chunk sets the same limit: "at most 8", "no more than 8"."""
    return any(
        value.bound and value.bound == shown.bound and agree(value, shown)
        for passage in passages
        for shown in passage.quantities
    )


def _is_in_other_part(
    value: Quantity | Name, question: QuestionContent, passage: Passage, index: int
) -> bool:
    if not isinstance(value, Quantity):
        return False
    subject = Subject(question.content, question.quantities, question.names)
    return rival_of_part(value, subject, passage, index) is not None


def _places_of(value: Quantity | Name, passages: Sequence[Passage]) -> list[tuple[int, int]]:
    """The sentences (chunk, index) that show a value."""
    return [
        (chunk, index)
        for chunk, passage in enumerate(passages)
        if not isinstance(value, Quantity) or passage.shows(value)
        for index in range(len(passage.bounds))
        if _shows(value, passage, index)
    ]


def _shows(value: Quantity | Name, passage: Passage, index: int) -> bool:
    if isinstance(value, Quantity):
        return any(agree(value, other) for other in passage.quantities_of(index))
    return {fold(token.text) for token in passage.sentence(index)}.issuperset(value.words)


def _question_part(
    question_keys: Set[str], passages: Sequence[Passage], place: tuple[int, int]
) -> frozenset[str]:
    """The words of the question, or words of their meaning, that stand in a sentence."""
    keys = {token.key for token in passages[place[0]].sentence(place[1])}
    table = lexicon()
    return frozenset(
        key for key in question_keys if key in keys or not keys.isdisjoint(table.synonyms_of(key))
    )


def _goes_on(passages: Sequence[Passage], place: tuple[int, int]) -> bool:
    """Whether a sentence speaks of what the one before it named: "It takes …"."""
    words = passages[place[0]].sentence(place[1])[:_OPENING]
    return any(token.lower in _PRONOUNS for token in words)


def _holds_rival(value: Quantity | Name, passage: Passage, index: int) -> bool:
    if isinstance(value, Quantity):
        return any(comparable(value, other) for other in passage.quantities_of(index))
    return len(value.words) > 1 and any(len(other.words) > 1 for other in passage.names_of(index))


_LISTING = re.compile(r",?\s+(?:and|or|und|oder|et|ou|y|o|e|en)\s+|,\s+", re.IGNORECASE)
_PRONOUNS = frozenset(
    "it its they their them he his she her this these that those such there then both each "
    "es sie er dies diese dieser dieses ihre seine dort il elle ils elles ce cette ces son sa ses "
    "esto este esta estos estas su sus ello él ella questo questa questi suo sua loro esso essa "
    "isto isso este esta ele ela seu sua het zij ze hij dit dat deze zijn haar hun".split()
)
_MOST_VALUES = 4  # of an answer that are looked for
_OPENING = 4  # words of a sentence among which a pronoun goes on with the last one
_MAY = frozenset(  # of questions for a limit
    "may can could maximum minimum most least limit darf dürfen kann peut puede può pode "
    "mag".split()
)
_MONTHS = frozenset(("May", "March"))  # small words too, told by their capital
_ANSWERING = 0.5  # share of the question's words from which a sentence is taken to answer it
