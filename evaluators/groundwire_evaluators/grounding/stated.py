"""Comparison of a claim's statuses and relations with the chunks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from groundwire_evaluators.grounding import relations, status
from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.evidence import Evidence, Statement
from groundwire_evaluators.grounding.exceptions import compare_exceptions
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.text.tokens import Token, tokenize
from groundwire_evaluators.text.words import Language

_MOST_SENTENCES = 24  # of a chunk, compared with a claim


# What another wording turns without another meaning: "A sold it to B", "B bought it from A".
_OF_SIDES, _OF_VERBS = frozenset(("name", "roles")), frozenset(("opposite", "word"))
_OF_STATUSES = frozenset("opposite negated affirmed".split())
# Words that pick out some of what the chunks speak of: "these amino acids".
_SUBSET = frozenset(
    "these those such diese dieser ces estos estas questi queste estes deze".split()
)


@dataclass(frozen=True, slots=True)
class Stated:
    """Conflicts and agreement of the chunks with a claim's statuses and relations.

    `restated` are ranges of the claim and the kinds of conflicts in them that are nothing but
    another wording of the evidence.
    """

    conflicts: tuple[Conflict, ...] = ()
    agrees: bool = False
    restated: tuple[tuple[int, int, frozenset[str]], ...] = ()
    entailed: bool = False  # whether an exception says so in other words

    def is_restated(self, conflict: Conflict) -> bool:
        """Whether a conflict is only another wording."""
        return any(
            conflict.kind in kinds and conflict.start < end and start < conflict.end
            for start, end, kinds in self.restated
        )


NOTHING = Stated()


def compare_stated(
    statement: Statement,
    evidence: Evidence,
    passages: Sequence[Passage],
    question: str | None = None,
) -> Stated:
    """Compare a claim with every sentence about the same things.

    `question`: that of a bare "yes", whose own words hold the status ("Can dogs come?").
    """
    if not passages or not statement.tokens:
        return NOTHING
    language = passages[0].language
    tokens, text = statement.tokens, statement.text
    if question is not None:
        tokens, text = tokenize(question, language.stemmer), question
    whole = 0, len(statement.text)
    found = status.StatusComparison()
    if question is not None or _SUBSET.isdisjoint([token.lower for token in tokens]):
        found = _compare_status(tokens, text, passages, language)
    conflicts, same_sides = _compare_relations(statement.tokens, evidence, passages, language)
    if found.conflict is not None:
        conflicts.append(found.conflict)
    restated = []
    for relation in same_sides:
        if relation.meaning != "way":
            restated += [(*whole, _OF_SIDES), (relation.start, relation.end, _OF_VERBS)]
    for each, place in found.agreeing:
        if question is not None:
            restated.append((*whole, _OF_STATUSES))
        elif place == evidence.best:
            restated.append((each.start, each.end, _OF_STATUSES))
    excepted = compare_exceptions(tokens, passages, language)
    if excepted.conflict is not None:
        conflict = excepted.conflict
        end = min(conflict.end, len(statement.text))
        conflicts.append(replace(conflict, start=min(conflict.start, max(end - 1, 0)), end=end))
    if excepted.agrees:
        restated.append((*whole, _OF_STATUSES | _OF_VERBS))
    agrees = not conflicts and bool(same_sides or found.agreeing or excepted.agrees)
    return Stated(tuple(conflicts), agrees, tuple(restated), excepted.agrees and agrees)


def _compare_status(
    tokens: Sequence[Token], text: str, passages: Sequence[Passage], language: Language
) -> status.StatusComparison:
    claimed = status.statuses(tokens, text, language)
    about = status.subject(tokens, language) if claimed else []
    if not about:
        return status.StatusComparison()
    sentences = (
        ((chunk, index), passage.sentence(index), shown)
        for chunk, passage in enumerate(passages)
        for index, shown in _with_status(passage)
    )
    return status.compare(claimed, about, sentences, language)


def _with_status(passage: Passage) -> list[tuple[int, list[status.Status]]]:
    """The sentences of a chunk that have a status; kept with the chunk."""
    found = passage.statuses
    if found is None:
        found = passage.statuses = [
            (index, shown)
            for index in range(len(passage.bounds))
            if (tokens := passage.sentence(index))
            and (shown := status.statuses(tokens, passage.text, passage.language))
        ]
    return found


def _compare_relations(
    tokens: Sequence[Token],
    evidence: Evidence,
    passages: Sequence[Passage],
    language: Language,
) -> tuple[list[Conflict], list[relations.Relation]]:
    passive = relations.passive_verbs(tokens, language)
    claimed = relations.relations(tokens, language, passive)
    places = list(_places(claimed, passages))
    if evidence.best is not None and evidence.best not in places:
        places.append(evidence.best)
    conflicts: list[Conflict] = []
    for chunk, index in places[:_MOST_SENTENCES]:
        sentence = passages[chunk].sentence(index)
        verbs = passive | relations.passive_verbs(sentence, language)
        if not claimed and not verbs:
            continue
        ours = relations.relations(tokens, language, verbs)
        shown = relations.relations(sentence, language, verbs)
        found, agreeing = relations.compare(ours, shown, language, chunk)
        if agreeing:
            return [], agreeing
        conflicts += found
    return conflicts[:1], []


def _places(
    claimed: Sequence[relations.Relation], passages: Sequence[Passage]
) -> Iterator[tuple[int, int]]:
    """The sentences that hold a word of each side of a relation."""
    for relation in claimed:
        for chunk, passage in enumerate(passages):
            sides = [
                {passage.sentence_of[at] for key in side for at in passage.places.get(key, ())}
                for side in (relation.agent, relation.patient)
            ]
            for index in sorted(sides[0] & sides[1]):
                yield chunk, index
