"""Best evidence for a claim: chunk, sentence, and uncovered words."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise

from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.grounding.vocabulary import OPENERS
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.names import Name, names
from groundwire_evaluators.text.quantities import Quantity, agree, quantities
from groundwire_evaluators.text.tokens import Token, fold, tokenize
from groundwire_evaluators.text.words import META, Language

Place = tuple[int, int]  # (chunk, sentence)


@dataclass(frozen=True, slots=True)
class Statement:
    """Parsed claim: tokens, content words, quantities and names."""

    text: str
    tokens: Sequence[Token]
    content: Sequence[Token]
    quantities: Sequence[Quantity]
    names: Sequence[Name]


# "(Passage 1)", "[2]", "documents 1 and 3": where a claim comes from is no part of what it says.
_POINTER = re.compile(
    r"【[^【】\n]{1,80}】|\ue200[^\ue200\ue201\n]{0,200}\ue201|\(\d{1,2}\)(?=[.!?]?\s*\Z)|"
    r"\[[^\[\]\n]{1,40}\]|\(?\b(?:passages?|documents?|sources?|contexts?|articles?|steps?|options?)"
    r"\s{1,2}#?\d{1,3}(?:\s?(?:,|and|&|-|–|, and)\s?\d{1,3}){0,8}\)?"
    r"|\b(?:first|second|third|fourth|fifth|last) (?:passage|document|source|article)\b",
    re.IGNORECASE,
)


_SAYING_FIRST = re.compile(r"\s?[,.;:!–—]")


def parse_statement(text: str, language: Language) -> Statement:
    """Parse a text into a statement."""
    tokens = tokenize(text, language.stemmer)
    pointers = [match.span() for match in _POINTER.finditer(text)]
    if pointers:
        tokens = [t for t in tokens if not any(a <= t.start < b for a, b in pointers)]
    stop = language.stop
    if tokens and _SAYING_FIRST.match(text, tokens[0].end) and fold(tokens[0].text) in OPENERS:
        tokens = tokens[1:]  # "Yes, it is open": what follows is the claim
    content = [t for t in tokens if t.key not in META and t.lower not in stop]
    found = quantities(text, tokens, language.code)
    named = names(text, tokens, lexicon().commonness, language.code)
    return Statement(text, tokens, content, found, [n for n in named if not _within(n, found)])


def _within(name: Name, found: Sequence[Quantity]) -> bool:
    """Whether a name is a part of a quantity: a month, a unit, a quarter."""
    return any(q.start <= name.start and name.end <= q.end for q in found)


@dataclass(slots=True)
class Evidence:
    """Evidence for a statement, and the words without any.

    `best` is the sentence with most of its content words, None if none of them occurs anywhere;
    `second` holds most of the rest. Each content word is in exactly one of `near` (in or beside
    these two), `far` (elsewhere in the chunks), `same` (a synonym is near), `related` (a related
    word is near) and `new`.
    """

    best: Place | None = None
    second: Place | None = None
    near: list[Token] = field(default_factory=list)
    far: list[Token] = field(default_factory=list)
    same: list[Token] = field(default_factory=list)
    related: list[Token] = field(default_factory=list)
    new: list[Token] = field(default_factory=list)
    new_quantities: list[Quantity] = field(default_factory=list)
    far_quantities: list[Quantity] = field(default_factory=list)
    new_names: list[Name] = field(default_factory=list)
    far_names: list[Name] = field(default_factory=list)
    broken: int = 0  # neighbours that share no sentence
    reversed: int = 0  # neighbours found side by side only the other way round
    new_pairs: int = 0  # words side by side that are so in no chunk
    sentence: Sequence[Token] = ()  # of the best place
    own: bool = False  # whether a content word of the statement itself elected the best place
    answering_place: Place | None = None  # the sentence that holds most of what is asked
    answering_overlap: float = 0.0  # of the asked words, those that stand in it

    @property
    def support(self) -> float:
        """Share of content words found; far words and related words count in part."""
        total = len(self.near) + len(self.far) + len(self.same) + len(self.related) + len(self.new)
        found = (
            len(self.near) + 0.5 * len(self.far) + 0.8 * len(self.same) + 0.5 * len(self.related)
        )
        return found / total if total else 1.0


@dataclass(frozen=True, slots=True)
class QuestionContent:
    """Content of the question, which needs no support."""

    words: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()  # folded words
    quantities: Sequence[Quantity] = ()
    content: frozenset[str] = frozenset()  # keys of its content words

    @classmethod
    def of(cls, question: str | None, language: Language) -> "QuestionContent":
        if not question:
            return NO_QUESTION
        question = question[:_LONGEST_QUESTION]
        tokens = tokenize(question, language.stemmer)
        return cls(
            frozenset([token.key for token in tokens]),
            frozenset([fold(token.text) for token in tokens]),
            quantities(question, tokens, language.code),
            _content_keys(tokens, language),
        )

    def with_lead_in(self, lead: str, language: Language) -> "QuestionContent":
        """Add the lead-in of a list item or table row; its values still need support."""
        if not lead:
            return self
        tokens = tokenize(lead, language.stemmer)
        return QuestionContent(
            self.words | {token.key for token in tokens},
            self.names | {fold(token.text) for token in tokens},
            self.quantities,
            _content_keys(tokens, language) or self.content,
        )


def _content_keys(tokens: Sequence[Token], language: Language) -> frozenset[str]:
    return frozenset(t.key for t in tokens if t.key not in META and t.lower not in language.stop)


NO_QUESTION = QuestionContent()
FEW_WORDS = 4  # found content words up to which the question helps to find the evidence
_LONGEST_QUESTION = 4_000  # code points


def find_evidence(
    statement: Statement,
    passages: Sequence[Passage],
    question_content: QuestionContent = NO_QUESTION,
) -> Evidence:
    """Find the evidence for one statement in the passages."""
    evidence = Evidence()
    where = _sentences_with({token.key for token in statement.content}, passages)
    evidence.best = _best_sentence(where) or _best_sentence(
        _sentences_with_related(statement, passages)
    )
    evidence.own = evidence.best is not None
    if question_content.content and len(where) <= FEW_WORDS:
        _find_answering_sentence(where, passages, question_content, evidence)
    near: frozenset[str] = frozenset()
    if evidence.best is not None:
        chunk, sentence = evidence.best
        near = passages[chunk].near(sentence)
        evidence.sentence = passages[chunk].sentence(sentence)
        evidence.second = _best_sentence({key: at for key, at in where.items() if key not in near})
        if evidence.second is not None:
            other = passages[evidence.second[0]]
            near |= {token.key for token in other.sentence(evidence.second[1])}
    _quantities(statement, passages, question_content, evidence)
    _sort_words(statement, where, near, passages, question_content, evidence)
    _names(statement, passages, near, question_content, evidence)
    _pairs(statement, passages, where, evidence)
    return evidence


def _find_answering_sentence(
    where: dict[str, frozenset[Place]],
    passages: Sequence[Passage],
    question_content: QuestionContent,
    evidence: Evidence,
) -> None:
    """Find the sentence that answers the question; short statements are matched to it."""
    known = _sentences_with(question_content.content, passages)
    evidence.answering_place = _best_sentence(known)
    if evidence.answering_place is None:
        return
    held = sum(evidence.answering_place in places for places in known.values())
    evidence.answering_overlap = held / len(question_content.content)
    evidence.best = _best_sentence(known | where) if where else evidence.answering_place


def _sentences_with(keys: Set[str], passages: Sequence[Passage]) -> dict[str, frozenset[Place]]:
    """Each content key that occurs, and the sentences it occurs in."""
    found: dict[str, list[Place]] = {}
    for chunk, passage in enumerate(passages):
        sentence_of = passage.sentence_of
        for key in keys & passage.places.keys():
            places = [(chunk, sentence_of[at]) for at in passage.places[key]]
            found.setdefault(key, []).extend(places)
    return {key: frozenset(places) for key, places in found.items()}


def _sentences_with_related(
    statement: Statement, passages: Sequence[Passage]
) -> dict[str, frozenset[Place]]:
    """Sentences with related words, for statements without a literal match."""
    table = lexicon()
    found = {}
    for token in statement.content[:FEW_WORDS]:
        akin = _sentences_with(table.synonyms_of(token.key) | table.related_to(token.key), passages)
        if akin:
            found[token.key] = frozenset().union(*akin.values())
    return found


def _best_sentence(where: dict[str, frozenset[Place]]) -> Place | None:
    """Sentence with most votes by words; a word in many sentences votes less."""
    votes: dict[Place, float] = {}
    for places in where.values():
        weight = 1.0 if len(places) < 4 else 3.0 / len(places)
        for place in places:
            votes[place] = votes.get(place, 0.0) + weight
    if not votes:
        return None
    top = max(votes.values())
    return min(place for place, vote in votes.items() if vote >= top - 1e-9)


def _sort_words(
    statement: Statement,
    where: dict[str, frozenset[Place]],
    near: frozenset[str],
    passages: Sequence[Passage],
    question_content: QuestionContent,
    evidence: Evidence,
) -> None:
    table = lexicon()
    new = {quantity.start for quantity in evidence.new_quantities}
    backed = [(q.start, q.end) for q in statement.quantities if q.start not in new]
    backed += [(n.start, n.end) for n in statement.names if any(p.calls(n) for p in passages)]
    for token in statement.content:
        key = token.key
        if key in near or (key in question_content.words and key not in where):
            evidence.near.append(token)
        elif backed and any(start <= token.start < end for start, end in backed):
            evidence.near.append(token)  # in whatever spelling
        elif key in where:
            evidence.far.append(token)
        elif not near.isdisjoint(table.synonyms_of(key)):
            evidence.same.append(token)
        elif not near.isdisjoint(table.related_to(key)):
            evidence.related.append(token)
        else:
            evidence.new.append(token)


def _quantities(
    statement: Statement,
    passages: Sequence[Passage],
    question_content: QuestionContent,
    evidence: Evidence,
) -> None:
    for quantity in statement.quantities:
        if any(agree(quantity, known) for known in question_content.quantities):
            continue
        if not any(passage.shows(quantity) for passage in passages):
            evidence.new_quantities.append(quantity)
        elif evidence.best is not None and not _is_nearby(quantity, passages, evidence):
            evidence.far_quantities.append(quantity)


def _is_nearby(quantity: Quantity, passages: Sequence[Passage], evidence: Evidence) -> bool:
    """Whether a quantity occurs in the evidence sentences or next to them."""
    for place in (evidence.best, evidence.second):
        if place is None:
            continue
        chunk, sentence = place
        passage = passages[chunk]
        for index in range(max(sentence - 1, 0), min(sentence + 2, len(passage.bounds))):
            if any(agree(quantity, shown) for shown in passage.quantities_of(index)):
                return True
    return False


def _names(
    statement: Statement,
    passages: Sequence[Passage],
    near: frozenset[str],
    question_content: QuestionContent,
    evidence: Evidence,
) -> None:
    for name in statement.names:
        if question_content.names.issuperset(name.words):
            continue
        found = any(passage.calls(name) for passage in passages) or all(
            any(word in passage.folded for passage in passages) for word in name.words
        )
        if not found:
            evidence.new_names.append(name)
        elif not any(t.key in near for t in statement.tokens if name.start <= t.start < name.end):
            evidence.far_names.append(name)


def _pairs(
    statement: Statement,
    passages: Sequence[Passage],
    where: dict[str, frozenset[Place]],
    evidence: Evidence,
) -> None:
    pairs = list(pairwise([token.key for token in statement.tokens]))
    unseen = set(pairs)
    for passage in passages:
        unseen = unseen - passage.follows
    evidence.new_pairs = sum([pair in unseen for pair in pairs]) if unseen else 0
    content = statement.content
    for one, other in pairwise(content):
        if one.key in where and other.key in where and one.key != other.key:
            if where[one.key].isdisjoint(where[other.key]):
                evidence.broken += 1
            elif _is_reversed(one.key, other.key, passages):
                evidence.reversed += 1


def _is_reversed(one: str, other: str, passages: Sequence[Passage]) -> bool:
    """Whether two words stand within four words of each other, but never in this order."""
    turned = False
    for passage in passages:
        first, second = passage.places.get(one), passage.places.get(other)
        if not first or not second:
            continue
        for a in first:
            for b in second:
                if 0 < b - a <= 6:
                    return False
                turned = turned or 0 < a - b <= 4
    return turned
