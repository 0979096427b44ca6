"""Signals of one claim: monotone counts of missing support.

Each function takes a `Comparison` and gives a number ≥ 0; the model (`model.py`) weighs their log(1
+ x)
with weights ≥ 0. The order of `SIGNALS` is the order of the weights.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from groundwire_evaluators.grounding.agreement import computed, disagreements, opening_days
from groundwire_evaluators.grounding.bare_answers import CompletedStatement
from groundwire_evaluators.grounding.cell_conflicts import (
    answer_conflicts,
    cell_conflicts,
    count_of_rows,
    only_row,
    other_row_conflicts,
)
from groundwire_evaluators.grounding.cells import Cells
from groundwire_evaluators.grounding.column_conflicts import column_conflicts
from groundwire_evaluators.grounding.conflict import Conflict, Kind
from groundwire_evaluators.grounding.conflicts import conflicts
from groundwire_evaluators.grounding.evidence import (
    NO_QUESTION,
    Evidence,
    QuestionContent,
    Statement,
)
from groundwire_evaluators.grounding.exclusivity import exclusivity_conflicts
from groundwire_evaluators.grounding.hours import hours_conflicts
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.grounding.short_answers import (
    AddedContent,
    added_content,
    is_of_another_item,
    misplaced,
    unbacked,
)
from groundwire_evaluators.grounding.stated import Stated, compare_stated
from groundwire_evaluators.grounding.subjects import other_subjects
from groundwire_evaluators.grounding.swaps import exchanged_values, swapped_values, turned_changes
from groundwire_evaluators.grounding.vocabulary import (
    ABSOLUTES,
    CONTRARY,
    GLUE,
    HEDGES,
    REPORTING,
)
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.names import Name
from groundwire_evaluators.text.quantities import Quantity, agree
from groundwire_evaluators.text.tokens import Token, tokenize

_HARDLY = 2  # content words of an item of a list
_SHORT = 4  # content words of a claim that says hardly more than a value
COMMON = 4  # floor of log2 of the count in the lexicon's texts
_LOG_FREQUENCIES = 14  # more than the commonest word has, by log2
_PRIOR_INFORMATION = 2.0  # of two rare words: shrinks claims of few words
_EXAMPLES = re.compile(
    r"\b(?:such as|including|like|e\.g\.|for example|especially)(?!\w)", re.IGNORECASE
)


@dataclass(frozen=True)
class Comparison:
    """A claim with its evidence: the input of every signal."""

    statement: Statement
    evidence: Evidence
    passages: Sequence[Passage]
    stop: frozenset[str]
    question_content: QuestionContent = NO_QUESTION
    overridden: Sequence[Conflict] = ()  # values given in place of the chunks'
    only_claim: bool = False  # whether the answer makes no other claim
    item: bool = False  # whether it is read with what introduces a list or heads a table
    bare_item: bool = False  # whether it is an item of an answer that is nothing but a list
    complete: CompletedStatement | None = None  # the statement read, where the answer is bare
    joined: Sequence[Cells] = ()  # tables of chunks that are one row each
    question: str | None = None  # the question, where the claim is the whole answer

    @cached_property
    def conflicts(self) -> list[Conflict]:
        """Conflicts with the evidence sentences, except about quantities that agree."""
        new = {q.start for q in (*self.evidence.new_quantities, *self.evidence.far_quantities)}
        agreeing = [(q.start, q.end) for q in self.statement.quantities if q.start not in new]
        found = [
            conflict
            for conflict in conflicts(self.statement, self.evidence, self.passages)
            if conflict.kind != "word"
            or not any(start <= conflict.start < end for start, end in agreeing)
        ]
        if self.stated.restated:
            found = [conflict for conflict in found if not self.stated.is_restated(conflict)]
        taken = {conflict.start for conflict in found if conflict.firm}
        return found + [each for each in self.paraphrase_conflicts if each.start not in taken]

    @cached_property
    def stated(self) -> Stated:
        """Statuses and relations in the claim compared with those in the chunks."""
        question = self.complete.question if self.complete else None
        return compare_stated(self.statement, self.evidence, self.passages, question)

    @cached_property
    def paraphrase_conflicts(self) -> list[Conflict]:
        """Conflicts with paraphrases of the claim anywhere in the chunks."""
        if not self.passages:
            return []
        swapped = list(swapped_values(self.statement, self.passages, self.passages[0].language))
        taken = {conflict.start for conflict in swapped}
        exchanged = exchanged_values(self.statement, self.passages)
        swapped += [each for each in exchanged if each.start not in taken]
        exclusive = exclusivity_conflicts(self.statement, self.passages, self.passages[0].language)
        changes = turned_changes(self.statement, self.passages, self.passages[0].language)
        return [*self.stated.conflicts, *swapped, *exclusive, *changes]

    @cached_property
    def disagreements(self) -> list[Conflict]:
        """Conflicts with fields of records and cells of tables among the chunks."""
        found = []
        for passage in self.passages:
            if passage.record is not None:
                found.extend(disagreements(self.statement, passage.record))
            elif passage.hours:
                found.extend(hours_conflicts(self.statement, passage.hours))
        for cells in self.tables:
            found.extend(cell_conflicts(self.statement, cells))
            if self.question is not None and self.added.short:
                language = self.passages[0].language
                found.extend(answer_conflicts(self.statement, self.question, cells, language))
                found.extend(other_row_conflicts(self.statement, self.question, cells, language))
        taken = {conflict.start for conflict in found}
        return found + [each for each in self._other_columns if each.start not in taken]

    @property
    def _other_columns(self) -> list[Conflict]:
        """Values of a short answer that stand under another column than the question's."""
        tables = list(self.tables)
        if self.question is None or not self.added.short or not tables:
            return []
        prose = [p for p in self.passages if p.record is None and not p.tables and not p.row]
        language = self.passages[0].language
        rows = [
            (cells, row)
            for cells in tables
            if (row := only_row(self.statement, self.question, cells, language)) is not None
        ]
        return [
            conflict
            for conflict, keys in column_conflicts(self.statement, self.question, rows, language)
            if not any(keys <= passage.words | passage.spellings for passage in prose)
        ]

    @property
    def tables(self) -> Iterator[Cells]:
        """Tables in chunks, and tables joined from chunks of one row each."""
        for passage in self.passages:
            yield from passage.cells
        yield from self.joined

    @cached_property
    def computed(self) -> dict[Quantity, str]:
        """New quantities computable from a record's rows, with the rule that yields them."""
        found = {}
        for quantity in self.evidence.new_quantities:
            for passage in self.passages:
                record = passage.record
                rule = record and (computed(quantity, record) or opening_days(quantity, record))
                if rule:
                    found[quantity] = rule
            keys = self.question_content.words | {t.key for t in self.statement.tokens}
            for cells in self.tables if quantity not in found else ():
                if rule := count_of_rows(quantity, keys, cells):
                    found[quantity] = rule
        return found

    @cached_property
    def added(self) -> AddedContent:
        """Content that the claim adds to its question."""
        return added_content(self.statement, self.question_content)

    @cached_property
    def unbacked(self) -> list[tuple[int, int]]:
        """Character ranges of a short claim without support in any chunk.

        The whole claim where no chunk shares content with it. In longer answers, short sentences
        often introduce, summarize or comment: only those of hardly more than a value or a name
        are considered.
        """
        if not (self.only_claim or (self.bare_item and self.added.short)) and (
            len(self.statement.content) > _HARDLY or not (self.added.quantities or self.added.names)
        ):
            return []
        known = self._answers or self.computed
        if not self.evidence.own and self.statement.content and not known:
            return [(0, len(self.statement.text))] if not self._ranges else self._ranges
        return self._ranges

    @property
    def _answers(self) -> bool:
        """Whether the answering sentence holds one of the quantities, in any spelling."""
        quantities = self.statement.quantities
        if self.evidence.answering_place is None:
            return bool(quantities) and not self.evidence.new_quantities
        chunk, sentence = self.evidence.answering_place
        passage = self.passages[chunk]
        # A row has a line for each field: the value need not stand in the line that is named.
        in_lines = passage.record is not None or passage.row
        lines = range(len(passage.bounds)) if in_lines else (sentence,)
        there = [shown for line in lines for shown in passage.quantities_of(line)]
        return any(agree(q, other) for q in quantities for other in there)

    @cached_property
    def _ranges(self) -> list[tuple[int, int]]:
        if not self.added.short:
            return []
        return unbacked(
            self.added,
            self.evidence,
            self.passages,
            list(self.computed),
            whole=self.only_claim or self.item or self.bare_item,
            text=self.statement.text if self.only_claim else "",
        )

    @cached_property
    def disputed(self) -> bool:
        """Whether a chunk conflicts with the statement."""
        return bool(self.conflicts or self.disagreements or self.overridden)

    @property
    def comments(self) -> bool:
        """Whether it is a comment: no value, no name and no rare word to check."""
        evidence, table = self.evidence, lexicon().commonness
        if self.added.quantities or evidence.new_names or self.disputed:
            return False
        return all(table.get(token.key, -1) >= COMMON for token in evidence.new)

    @cached_property
    def misplaced(self) -> list[Quantity | Name]:
        """Values of a short claim that answer a different question."""
        if not self.only_claim:
            return []
        found = misplaced(self.added, self.question_content, self.passages)
        if found or not self.question or not self.added.names or not self.added.short:
            return found
        language = self.passages[0].language
        question = tokenize(self.question, language.stemmer)
        return list(other_subjects(self.added.names, question, self.passages, language))

    @cached_property
    def of_another_item(self) -> bool:
        """Whether a short answer's words stand beside another code than the question's."""
        items = self.question_content.quantities
        short = self.only_claim and bool(items) and self.added.short
        return short and is_of_another_item(self.added, items, self.passages)

    @cached_property
    def frame(self) -> float:
        """Share of content words found in or next to the evidence sentences, in [0, 1]."""
        content = self.statement.content
        return len(self.evidence.near) / len(content) if content else 0.0

    @cached_property
    def own(self) -> frozenset[str]:
        return frozenset([token.lower for token in self.statement.tokens])

    @cached_property
    def shown(self) -> frozenset[str]:
        return frozenset([token.lower for token in self.evidence.sentence])

    @cached_property
    def plain(self) -> list[Token]:
        """New words that are neither names nor numbers nor speak of what a source does."""
        names = self.statement.names
        return [
            token
            for token in self.evidence.new
            if not token.text[0].isdecimal()
            and token.key not in REPORTING
            and not any(name.start <= token.start < name.end for name in names)
        ]

    def commonness(self, low: int, high: int) -> int:
        if not self.plain:
            return 0
        table = lexicon().commonness
        return sum([low <= table.get(token.key, -1) < high for token in self.plain])

    def loose(self, kind: Kind) -> float:
        """Number of conflicts of a kind that are not firm, times `frame`."""
        return self.frame * self._loose[kind] if self._loose else 0.0

    def firm(self, *kinds: Kind) -> float:
        """Number of firm conflicts of these kinds: the surrounding words are the same."""
        return sum(self._firm[kind] for kind in kinds) if self._firm else 0.0

    @cached_property
    def _loose(self) -> Counter[str]:
        return Counter([conflict.kind for conflict in self.conflicts if not conflict.firm])

    @cached_property
    def _firm(self) -> Counter[str]:
        return Counter([conflict.kind for conflict in self.conflicts if conflict.firm])


def new_words(comparison: Comparison) -> float:
    """Content words without a match in any chunk, nor a related word near the evidence."""
    return sum(token.key not in REPORTING for token in comparison.evidence.new)


def uncommon_words(comparison: Comparison) -> float:
    """New words that are not common."""
    return comparison.commonness(0, COMMON)


def rare_words(comparison: Comparison) -> float:
    """New words that do not occur in the lexicon's texts."""
    return comparison.commonness(-1, 0)


def kindred_words(comparison: Comparison) -> float:
    """Words matched only by a more general or more specific one ("vehicle", "car")."""
    return len(comparison.evidence.related)


def synonyms(comparison: Comparison) -> float:
    """Words matched only by a synonym ("film", "movie")."""
    return len(comparison.evidence.same)


def new_share(comparison: Comparison) -> float:
    """Share of content words not found, shrunk for claims of few words."""
    size = len(comparison.statement.content)
    return (1.0 - comparison.evidence.support) * size / (size + 4)


def far_share(comparison: Comparison) -> float:
    """Share of content words that are neither in nor next to the evidence sentences."""
    size, near = len(comparison.statement.content), len(comparison.evidence.near)
    return (size - near) / size if size else 0.0


def far_share_of_item(comparison: Comparison) -> float:
    """`far_share` of a list item: lists combine facts that sources hold apart."""
    return far_share(comparison) if comparison.item else 0.0


def informative_share(comparison: Comparison) -> float:
    """Information of the new words as a share of that of all content words.

    A word's information falls with its background frequency (tagged texts of WordNet).
    """
    table = lexicon().commonness
    new = sum([_information(token, table) for token in comparison.evidence.new])
    if not new:
        return 0.0
    total = sum([_information(token, table) for token in comparison.statement.content])
    return new / (total + _PRIOR_INFORMATION)


def new_examples(comparison: Comparison) -> float:
    """New words after "such as", "including", "for example"."""
    if not comparison.evidence.new:
        return 0.0
    lead = _EXAMPLES.search(comparison.statement.text)
    return sum(token.start >= lead.end() for token in comparison.evidence.new) if lead else 0.0


def _information(token: Token, table: Mapping[str, int]) -> float:
    return max(0.0, 1.0 - (table.get(token.key, -1) + 1) / _LOG_FREQUENCIES)


def new_small_words(comparison: Comparison) -> float:
    """Function words, except articles and the like, that occur in no chunk."""
    stop = comparison.stop
    small = [t.key for t in comparison.statement.tokens if t.lower in stop and t.lower not in GLUE]
    absent = set(small)
    for passage in comparison.passages:
        absent -= passage.words
    return sum([key in absent for key in small]) if absent else 0


def new_names(comparison: Comparison) -> float:
    """Names that no chunk mentions, by any alias."""
    return len(comparison.evidence.new_names)


def new_quantities(comparison: Comparison) -> float:
    """Numbers, dates and amounts found in no chunk in any spelling, nor computable."""
    return len(comparison.evidence.new_quantities) - len(comparison.computed)


def overridden_values(comparison: Comparison) -> float:
    """Values that replace another value of the chunks, as `override` finds them."""
    return len(comparison.overridden)


def foreign_quantities(comparison: Comparison) -> float:
    """New quantities, except counts in words ("two ways", "first")."""
    return sum(
        quantity not in comparison.computed and (comparison.only_claim or not _counts(quantity))
        for quantity in comparison.evidence.new_quantities
    )


def _counts(quantity: Quantity) -> bool:
    """Whether it may count what the claim itself lists: "two reasons", "the first step"."""
    return quantity.kind == "ordinal" or (
        quantity.kind == "number" and quantity.text.isalpha() and quantity.value <= 12
    )


def foreign_answer(comparison: Comparison) -> float:
    """A one-value answer whose value is in no chunk ("It is Friday.")."""
    if not comparison.only_claim:
        return 0.0
    words = [
        t for t in comparison.statement.content if t.key not in comparison.question_content.words
    ]
    new = comparison.evidence.new_quantities or comparison.evidence.new_names
    if not 0 < len(words) <= _SHORT:
        return float(not words and bool(new))
    foreign = {token.start for token in (*comparison.evidence.new, *comparison.evidence.related)}
    return float(all(token.start in foreign for token in words))


def new_pairs(comparison: Comparison) -> float:
    """Word pairs that are adjacent in no chunk."""
    return comparison.evidence.new_pairs


def broken_pairs(comparison: Comparison) -> float:
    """Neighbouring content words that share no sentence of a chunk."""
    return comparison.evidence.broken


def other_quantity(comparison: Comparison) -> float:
    """Evidence with another number of the same kind."""
    return comparison.loose("quantity")


def other_name(comparison: Comparison) -> float:
    """Evidence with another name."""
    return comparison.loose("name")


def swapped_quantity(comparison: Comparison) -> float:
    """Another number between the same words."""
    return comparison.firm("quantity")


def swapped_name(comparison: Comparison) -> float:
    """Another name between the same words."""
    return comparison.firm("name")


def swapped_word(comparison: Comparison) -> float:
    """Another word between the same words ("red", "blue"), in an answer of several claims."""
    return 0.0 if comparison.only_claim else comparison.firm("word")


def swapped_word_alone(comparison: Comparison) -> float:
    """Another word between the same words, in an answer of one claim."""
    return comparison.firm("word") if comparison.only_claim else 0.0


def swapped_roles(comparison: Comparison) -> float:
    """Two arguments of a relation changed places ("A is heavier than B")."""
    return comparison.firm("roles")


def firmly_denied(comparison: Comparison) -> float:
    """A negation on one side only, between the same words ("not", "never", "no")."""
    return comparison.firm("negated", "affirmed")


def firmly_opposed(comparison: Comparison) -> float:
    """An antonym between the same words ("rose", "fell")."""
    return comparison.firm("opposite")


def firmly_turned(comparison: Comparison) -> float:
    """An opposite preposition or particle between the same words ("before", "after")."""
    return comparison.firm("turned")


def overstated(comparison: Comparison) -> float:
    """All for some, an added "only", must for may, or a hedge dropped, between the same words."""
    return comparison.firm("extent", "duty", "hedge")


def unbacked_answer(comparison: Comparison) -> float:
    """Whether a short claim adds values, names or words that no chunk holds."""
    return float(bool(comparison.unbacked))


def misplaced_value(comparison: Comparison) -> float:
    """Values of a short claim found only where another question is answered."""
    return len(comparison.misplaced) + comparison.of_another_item


def opposites(comparison: Comparison) -> float:
    """An antonym in the evidence ("rise", "fall"; "happy", "unhappy")."""
    return comparison.loose("opposite")


def negated(comparison: Comparison) -> float:
    """The claim negates what the evidence affirms."""
    return comparison.loose("negated")


def affirmed(comparison: Comparison) -> float:
    """The claim affirms what the evidence negates."""
    return comparison.loose("affirmed")


def turned(comparison: Comparison) -> float:
    """An opposite preposition or particle in the evidence ("before", "after")."""
    return comparison.loose("turned")


def strengthened(comparison: Comparison) -> float:
    """Absolute words that the evidence lacks ("only", "always"), and dropped hedges ("may")."""
    dropped = bool(comparison.shown & HEDGES) and not comparison.own & HEDGES
    return comparison.frame * (len(comparison.own & ABSOLUTES - comparison.shown) + dropped)


def contrary_words(comparison: Comparison) -> float:
    """Words of refusal, failure or opposition that are not near the evidence ("unable")."""
    evidence = comparison.evidence
    return sum(
        token.key in CONTRARY
        or (len(token.key) > 5 and token.key.startswith(("un", "in", "dis", "mis", "non", "im")))
        for tokens in (evidence.new, evidence.related, evidence.same, evidence.far)
        for token in tokens
    )


def record_denies(comparison: Comparison) -> float:
    """The claim affirms what a record field denies (False, "no", 0)."""
    return _count_disagreements(comparison, "denied")


def record_denies_loosely(comparison: Comparison) -> float:
    """`record_denies` without naming the field's group ("intimate" for "ambience")."""
    return _count_disagreements(comparison, "loosely_denied")


def record_grants(comparison: Comparison) -> float:
    """The claim denies what a record field affirms (True, "yes")."""
    return _count_disagreements(comparison, "granted")


def record_is_silent(comparison: Comparison) -> float:
    """The claim mentions a record field that is null."""
    return _count_disagreements(comparison, "untold")


def record_cells(comparison: Comparison) -> float:
    """Values that differ from the table cell that the claim is about."""
    return _count_disagreements(comparison, "cell")


def record_hours(comparison: Comparison) -> float:
    """Opening hours or days that differ from the record's."""
    return _count_disagreements(comparison, "hours")


def _count_disagreements(comparison: Comparison, kind: str) -> float:
    found = comparison.disagreements
    return sum([conflict.kind == kind for conflict in found]) if found else 0


SIGNALS: tuple[Callable[[Comparison], float], ...] = (
    new_words,
    uncommon_words,
    rare_words,
    kindred_words,
    synonyms,
    new_share,
    far_share,
    far_share_of_item,
    informative_share,
    new_examples,
    new_small_words,
    new_names,
    new_quantities,
    foreign_quantities,
    overridden_values,
    foreign_answer,
    new_pairs,
    broken_pairs,
    other_quantity,
    other_name,
    swapped_quantity,
    swapped_name,
    swapped_word,
    unbacked_answer,
    misplaced_value,
    swapped_word_alone,
    swapped_roles,
    firmly_denied,
    firmly_opposed,
    firmly_turned,
    overstated,
    opposites,
    negated,
    affirmed,
    turned,
    strengthened,
    contrary_words,
    record_denies,
    record_denies_loosely,
    record_grants,
    record_is_silent,
    record_hours,
    record_cells,
)
# The signals that count each kind of conflict.
COUNTED: dict[Kind, tuple[Callable[[Comparison], float], ...]] = {
    "value": (overridden_values,),
    "quantity": (other_quantity, swapped_quantity),
    "name": (other_name, swapped_name),
    "word": (swapped_word, swapped_word_alone),
    "roles": (swapped_roles,),
    "negated": (negated, firmly_denied),
    "affirmed": (affirmed, firmly_denied),
    "opposite": (opposites, firmly_opposed),
    "turned": (turned, firmly_turned),
    "extent": (overstated,),
    "duty": (overstated,),
    "hedge": (overstated,),
    "denied": (record_denies,),
    "loosely_denied": (record_denies_loosely,),
    "granted": (record_grants,),
    "untold": (record_is_silent,),
    "hours": (record_hours,),
    "cell": (record_cells,),
}
NAMES = tuple(signal.__name__ for signal in SIGNALS)


def measure_signals(comparison: Comparison) -> list[float]:
    """Compute every signal of one claim, in the order of `SIGNALS`."""
    return [float(signal(comparison)) for signal in SIGNALS]
