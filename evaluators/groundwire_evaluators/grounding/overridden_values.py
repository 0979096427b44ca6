"""Values of a claim that replace those of the chunks.

Values that `reliance.override` finds in an answer contradict the chunks in its claims too.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.evidence import Statement
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.reliance.override import Shown, find_novel
from groundwire_evaluators.reliance.source import Source
from groundwire_evaluators.reliance.value_index import ValueIndex
from groundwire_evaluators.text.words import Language


class OverrideFinder:
    """Finds overriding values, claim by claim."""

    def __init__(
        self,
        statements: Sequence[Statement],
        passages: Sequence[Passage],
        question: str | None,
        language: Language,
    ) -> None:
        self._language = language
        nothing = Source("", language)
        # Records are read field by field (`agreement`): their lines are no sentences.
        chunks = [nothing if p.record is not None else p.source for p in passages]
        self._shown = Shown(Source((question or "")[:_LONGEST_QUESTION], language), chunks)
        self._sources = {id(each): self._source(each) for each in statements}

    def _source(self, statement: Statement) -> Source:
        return Source(statement.text, self._language, statement.tokens)

    @cached_property
    def _provided(self) -> ValueIndex:
        """The values of all claims."""
        return ValueIndex(value for source in self._sources.values() for value in source.values)

    def conflicts(self, statement: Statement) -> Iterator[Conflict]:
        """A firm conflict of kind `value` for each.

        A name in a longer claim is none: sentences have many names, in different parts.
        """
        source = self._sources[id(statement)]
        _, novel = find_novel(
            source, self._shown, provided=lambda: self._provided, names_in_sentences=False
        )
        for each in novel:
            rival, value = each.instead_of, each.value
            if rival is None:
                continue
            yield Conflict(
                "value",
                value.start,
                value.end,
                value.text.strip(),
                rival.text.strip(),
                firm=True,
                chunk=each.chunk,
            )


_LONGEST_QUESTION = 4_000  # code points
