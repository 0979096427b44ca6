"""Indexed chunks: words, sentences, quantities and names."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from itertools import islice

from groundwire_evaluators.grounding.alignment import Side
from groundwire_evaluators.grounding.cells import Cells
from groundwire_evaluators.grounding.hours import Hours, read_hours
from groundwire_evaluators.grounding.records import record
from groundwire_evaluators.grounding.status import Status
from groundwire_evaluators.grounding.tables import Table, read_content, single_row
from groundwire_evaluators.reliance.source import Source, source_of
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.names import Name, names
from groundwire_evaluators.text.quantities import Quantity, agree, lookup_keys
from groundwire_evaluators.text.reading import reading
from groundwire_evaluators.text.states import POSTAL_CODES
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import META, Language
from groundwire_evaluators.turn import Chunk

# A word that stands in more places than this says little about which of them is meant; without
# a limit, a long answer against a long chunk of one repeated word would take quadratic time.
MOST_PLACES = 32
_MOST_LOOKED_AT = 64  # quantities that could agree by rounding


_METADATA = "\x1d"  # between a chunk's text and what its metadata say, where both are read
_TECHNICAL = re.compile(
    r"(?:\A|[_.-])(?:score|distance|similarity|embedding|vector|hash|uuid|offset|tokens?|index|rank|"
    r"ids?|start|end|length|size|mime|acl|tenant|query|checksum)(?:\Z|[_.-])"
)
_MOST_FIELDS, _LONGEST_FIELD = 20, 200


def with_metadata(chunk: Chunk) -> str:
    """The text of a chunk with the title, date, source and so on that a prompt shows with it."""
    shown = [
        f"{name}: {value}"
        for name, value in islice(chunk.metadata.items(), _MOST_FIELDS)
        if isinstance(value, str | int | float | date)
        and not isinstance(value, bool)
        and not _TECHNICAL.search(str(name).lower())
        and 0 < len(str(value)) <= _LONGEST_FIELD
    ]
    return f"{chunk.text}{_METADATA}{chr(10).join(shown)}" if shown else chunk.text


class Passage:
    """A chunk, indexed once; records are read as facts.

    The text may be that of `with_metadata`: what the metadata say counts as said by the chunk.
    """

    def __init__(self, text: str, language: Language) -> None:
        text, _, metadata = text.partition(_METADATA)
        self.record = record(text)
        self.tables: tuple[Table, ...] = ()
        if self.record is None:
            content = read_content(text)
            text, self.tables = content.text, content.tables
        else:
            text, rows = self.record.lines, self.record.table
            self.tables = (rows,) if rows else ()
        text = f"{text}\n{metadata}" if metadata else text
        self.text = text
        self.language = language
        self.reading = reading(text, language)
        self.tokens: Sequence[Token] = self.reading.tokens
        self.bounds: list[tuple[int, int]] = self.reading.sentences
        # Content word → the indices of its tokens; stop words have no places.
        self.places: dict[str, list[int]] = {}
        # Sentence → its token range (half-open).
        self.ranges: list[tuple[int, int]] = []
        self.sentence_of: list[int] = []
        self._near: dict[int, frozenset[str]] = {}
        # Its sentences with a status (`stated.py`), and aligned (`aligned.py`), once read.
        self.statuses: list[tuple[int, list[Status]]] | None = None
        self._sides: dict[int, Side] = {}
        self.notes: dict[str, object] = {}  # what the comparisons read in it, by their names
        self._fill()

    def _fill(self) -> None:
        stop, places, bounds = self.language.stop, self.places, self.bounds
        sentence, last, first = 0, len(bounds) - 1, 0
        for at, token in enumerate(self.tokens):
            while sentence < last and token.start >= bounds[sentence][1]:
                self.ranges.append((first, at))
                sentence, first = sentence + 1, at
            self.sentence_of.append(sentence)
            if token.lower in stop or token.key in META:
                continue
            found = places.get(token.key)
            if found is None:
                places[token.key] = [at]
            elif len(found) < MOST_PLACES:
                found.append(at)
        while len(self.ranges) < len(bounds):
            self.ranges.append((first, len(self.tokens)))
            first = len(self.tokens)

    def sentence(self, index: int) -> Sequence[Token]:
        first, last = self.ranges[index]
        return self.tokens[first:last]

    def near(self, index: int) -> frozenset[str]:
        """The keys of a sentence and its two neighbours."""
        found = self._near.get(index)
        if found is None:
            first = self.ranges[max(index - 1, 0)][0]
            last = self.ranges[min(index + 1, len(self.ranges) - 1)][1]
            found = frozenset([token.key for token in self.tokens[first:last]])
            self._near[index] = found
        return found

    def side(self, index: int) -> Side:
        """A sentence ready for alignment with claims."""
        found = self._sides.get(index)
        if found is None:
            found = self._sides[index] = Side.of(self.sentence(index), self.language)
        return found

    @cached_property
    def hours(self) -> dict[str, Hours]:
        """The opening hours that a chunk of prose lists by day; a record has its own."""
        return read_hours(self) if self.record is None else {}

    @cached_property
    def row(self) -> tuple[tuple[str, str], ...]:
        """The chunk as one row of a table: a JSON object or fields by line; else empty."""
        if self.tables:
            return ()
        return self.record.row if self.record is not None else single_row(self.text)

    @cached_property
    def cells(self) -> list[Cells]:
        """The tables of the chunk, ready to look up claims in."""
        return [Cells(table, self.language) for table in self.tables]

    @property
    def quantities(self) -> list[Quantity]:
        return self.reading.quantities

    @cached_property
    def _by_value(self) -> dict[object, list[Quantity]]:
        """Quantities by value, dates by year and by day."""
        found: dict[object, list[Quantity]] = {}
        for quantity in self.quantities:
            for key in lookup_keys(quantity):
                places = found.setdefault(key, [])
                if len(places) < _MOST_LOOKED_AT:
                    places.append(quantity)
        return found

    @cached_property
    def _sorted_values(self) -> list[tuple[float, int]]:
        return sorted((q.value, at) for at, q in enumerate(self.quantities) if q.step)

    def shows(self, quantity: Quantity) -> bool:
        """Whether a quantity of this chunk agrees with one in a claim."""
        for key in lookup_keys(quantity):
            if any(agree(quantity, shown) for shown in self._by_value.get(key, ())):
                return True
        if not quantity.step or abs(quantity.value) < 10 * quantity.step:
            return False
        values, half = self._sorted_values, quantity.step / 2
        first = bisect_left(values, (quantity.value - half, -1))
        for _, at in values[first : first + _MOST_LOOKED_AT]:
            if agree(quantity, self.quantities[at]):
                return True
            if self.quantities[at].value > quantity.value + half:
                break
        return False

    def places_of(self, quantity: Quantity) -> list[int]:
        """The sentences with a quantity that agrees with one in a claim."""
        starts = self._sentence_starts
        return sorted(
            {
                bisect_right(starts, shown.start) - 1
                for shown in self.quantities
                if agree(quantity, shown)
            }
        )

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [start for start, _ in self.bounds]

    def quantities_of(self, index: int) -> list[Quantity]:
        """The quantities that begin in a sentence."""
        first, last = self.bounds[index]
        starts = self._quantity_starts
        return self.quantities[bisect_left(starts, first) : bisect_right(starts, last)]

    @cached_property
    def _quantity_starts(self) -> list[int]:
        return [quantity.start for quantity in self.quantities]

    @cached_property
    def source(self) -> Source:
        """The same text as `override` reads it."""
        return source_of(self.text, self.language)

    @cached_property
    def names(self) -> list[Name]:
        return names(self.text, self.tokens, lexicon().commonness, self.language.code)

    @cached_property
    def _name_starts(self) -> list[int]:
        return [name.start for name in self.names]

    def names_of(self, index: int) -> list[Name]:
        """The names that begin in a sentence."""
        first, last = self.bounds[index]
        starts = self._name_starts
        return self.names[bisect_left(starts, first) : bisect_right(starts, last)]

    @cached_property
    def aliases(self) -> frozenset[str]:
        """What the names of this chunk may also be called: joined, and by their initials."""
        found = {name.key for name in self.names}
        found.update(name.initials for name in self.names if len(name.words) > 1)
        return frozenset(found)

    def calls(self, name: Name) -> bool:
        """Whether the chunk has a name in another form: joined, by initials, by postal code."""
        if name.key in self.aliases or (len(name.words) > 1 and name.initials in self.aliases):
            return True
        code = POSTAL_CODES.get(name.key)
        return code is not None and code in self.spellings

    @cached_property
    def folded(self) -> frozenset[str]:
        """Every word as `fold` gives it, not stemmed: what names are looked up in."""
        return frozenset(self.reading.folded)

    @cached_property
    def lowers(self) -> frozenset[str]:
        """Every word in lower case."""
        return frozenset([token.lower for token in self.tokens])

    @cached_property
    def spellings(self) -> frozenset[str]:
        """Words in their original spelling."""
        return frozenset([token.text for token in self.tokens])

    @property
    def words(self) -> frozenset[str]:
        """Every key, those of stop words included."""
        return self.reading.keys

    @property
    def follows(self) -> frozenset[tuple[str, str]]:
        """Pairs of words that stand side by side."""
        return self.reading.pairs
