"""Conflicts between aligned sentences, by word order and voice.

Kinds: `negated` and `affirmed` (one side denies), `opposite`, `turned` (before, after), `extent`
(all, some, none, only), `duty` (must, may), `hedge` (may dropped), `roles` (who did it to whom),
`word` (one word alone is another).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from groundwire_evaluators.grounding.alignment import Alignment, Side, Slot
from groundwire_evaluators.grounding.conflict import Conflict, Kind
from groundwire_evaluators.grounding.opposition import ALL, DUTY, EXTENT, HEDGES, ONLY, opposed
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.tokens import Token, keys
from groundwire_evaluators.text.words import META, Language

_SHARE = 0.5  # of the claim's content words that the frame must hold
_SHARE_DENIED = 0.7  # the same for a denial
_RUN = 3  # words in a row around a denied word that are the same on both sides
_MOST_OTHER = 0.3  # of the evidence's words that a claim with turned roles may leave out
_NEAR = 2  # words in a row beside a slot that are the same on both sides
_NEAR_WORD = 3  # the same for a slot of two words that nothing else sets against one another
_FEWEST_FOR_ROLES = 3  # content words
_LONGEST_ENDING = 3  # letters
_AVOIDED = 7  # words that "avoid" and its like reach
_AVOIDING = frozenset(
    keys("english")[word]
    for word in "avoid prevent refuse refrain stop keep fail decline deny forbid prohibit".split()
)
_UNIVERSAL = 2  # words that say "all" of something
_INCLUSIVE = frozenset(
    "either both any all every each beide jede jeder alle chaque tous ambos cada todos entrambi "
    "ogni tutti elke".split()
)
_DISTRIBUTIVE = frozenset("each cada chaque ogni elk elke".split())
_ARTICLES = frozenset(
    "a an any ein eine einen einem einer un une de des una uno um uma een".split()
)
_BEING = frozenset("is are was were be been being am".split())
# Small words around which two things that change places change the meaning.
_TURNING = frozenset(
    "than before after from to then dann danach puis ensuite luego después poi depois "
    "daarna".split()
)
_THEN = _TURNING - frozenset("than before after from to".split())
_IF = frozenset("if unless when wenn falls si se als indien cuando quando".split())
_TITLES = frozenset("mr mrs ms miss dr prof herr frau m mme sr sra dott mevrouw meneer".split())
_JOINING = frozenset("and or as well und oder et ou y o e ed en of".split())


def aligned_conflicts(ours: Side, theirs: Side, language: Language) -> list[Conflict]:
    """Firm conflicts of a claim with its best evidence sentence."""
    if not _may_hold(ours, theirs, language):
        return []  # without the cost of an alignment
    frame = _Frame(ours, theirs, language)
    if not frame.holds:
        return []
    found = [*frame.denials(), *frame.slots(), *frame.roles()]
    taken: set[int] = set()
    first = []
    for conflict in found:
        if conflict.start not in taken:
            taken.add(conflict.start)
            first.append(conflict)
    return first


def _has_content(token: Token, language: Language) -> bool:
    return token.lower not in language.stop and token.key not in META


def _may_hold(claim: Side, shown: Side, language: Language) -> bool:
    """Whether enough of a claim's content words, or synonyms, occur in a sentence at all."""
    content = [token.key for token in claim.words if _has_content(token, language)]
    known = shown.places.keys()
    missing = [key for key in content if key not in known]
    found, least = len(content) - len(missing), _SHARE * len(content)
    if found < least:
        synonyms_of = lexicon().synonyms_of
        found += sum(not known.isdisjoint(synonyms_of(key)) for key in missing)
    return found > 0 and found >= least


class _Frame:
    """A claim aligned with a sentence of a chunk."""

    def __init__(self, claim: Side, shown: Side, language: Language) -> None:
        self._language = language
        self._alignment = Alignment(claim, shown)
        self._claim, self._shown = self._alignment.claim, self._alignment.shown
        content = [at for at, t in enumerate(self._claim.words) if _has_content(t, language)]
        self._content = content
        shown_keys = self._shown.places
        self._shared = [
            at
            for at in content
            if at in self._alignment.pairs or self._claim.words[at].key in shown_keys
        ]

    @property
    def holds(self) -> bool:
        """Whether both sides speak of one thing."""
        return bool(self._shared) and len(self._shared) >= _SHARE * len(self._content)

    def denials(self) -> Iterator[Conflict]:
        """Words denied on one side only."""
        if len(self._shared) < _SHARE_DENIED * len(self._content):
            return
        for i, j in self._alignment.pairs.items():
            ours, theirs = self._claim.denied.get(i), self._shown.denied.get(j)
            if (ours is None) == (theirs is None) or not self._in_a_run(i, j):
                continue
            if _is_in_condition(self._claim, i) != _is_in_condition(self._shown, j):
                continue
            if ours is not None and not _denied_near(self._shown, j):
                claimed, shown = _joined(ours, self._claim.words[i]), self._shown.words[j].text
                yield Conflict("negated", *_range(ours, self._claim.words[i]), claimed, shown, True)
            elif theirs is not None and not _denied_near(self._claim, i):
                word, shown = self._claim.words[i], _joined(theirs, self._shown.words[j])
                start = self._claim.words[self._without(i, j)].start
                yield Conflict("affirmed", start, word.end, word.text, shown, True)

    def _without(self, i: int, j: int) -> int:
        """The first word of the claim behind the place where the evidence denies."""
        matched = {there: here for here, there in self._alignment.pairs.items()}
        between = range(self._shown.negated_at[j], j)
        return min((matched[at] for at in between if at in matched), default=i)

    def _in_a_run(self, i: int, j: int) -> bool:
        """Whether the pair is inside a run of equal words, or the claim as a whole is."""
        pairs = self._alignment.pairs
        if self._claim.words[i].key != self._shown.words[j].key:  # of one meaning
            return any(pairs.get(i + k) == j + k for k in (-1, 1))
        start, at = i, j
        while (before := self._before(start, at)) is not None:
            start, at = before
        last = 0
        while pairs.get(i + last + 1) == j + last + 1:
            last += 1
        run = range(start, i + last + 1)
        telling = sum(_has_content(self._claim.words[at], self._language) for at in run)
        return len(run) >= min(_RUN, len(self._claim.words)) and telling >= min(
            2, len(self._content)
        )

    def _before(self, i: int, j: int) -> tuple[int, int] | None:
        """The pair before a pair, across an article that a denial replaces ("has no", "has a")."""
        ours = (1, 2) if i and self._claim.words[i - 1].lower in _ARTICLES else (1,)
        theirs = (1, 2) if j and self._shown.words[j - 1].lower in _ARTICLES else (1,)
        for back in ours:
            for there in theirs:
                if i >= back and self._alignment.pairs.get(i - back) == j - there:
                    return i - back, j - there
        return None

    def slots(self) -> Iterator[Conflict]:
        """Aligned words that occupy the same place and do not agree."""
        for slot, i, j in self._alignment.facing():
            kind = self._kind(slot, i, j)
            if kind is not None:
                ours, theirs = self._claim.words[i], self._shown.words[j]
                yield Conflict(kind, ours.start, ours.end, ours.text, theirs.text, True)
        for slot in self._alignment.slots:
            yield from self._one_sided(slot)
            yield from self._universal(slot)

    def _kind(self, slot: Slot, i: int, j: int) -> Kind | None:
        ours, theirs = self._claim.words[i], self._shown.words[j]
        if not self._has_shared_context(slot, _NEAR):
            return None
        extents, duties = (table.get(self._language.code, {}) for table in (EXTENT, DUTY))
        if ours.lower in extents and theirs.lower in extents:
            return "extent" if _overstates(extents[ours.lower], extents[theirs.lower]) else None
        if ours.lower in duties and theirs.lower in duties:
            return "duty" if duties[ours.lower] > duties[theirs.lower] else None
        if opposed(ours, theirs, self._language):
            if (i in self._claim.denied) != (j in self._shown.denied):
                return None  # "not allowed", "prohibited"
            if _has_content(ours, self._language) or _has_content(theirs, self._language):
                return "opposite"
            both = slot.before and slot.after and self._has_shared_context(slot, _NEAR_WORD)
            return "turned" if both else None
        return "word" if self._is_word(slot, ours, theirs) else None

    def _is_word(self, slot: Slot, ours: Token, theirs: Token) -> bool:
        """Whether exactly one content word differs, all others being the same."""
        if (
            slot.i2 - slot.i != 1
            or slot.j2 - slot.j != 1
            or not self._has_shared_context(slot, _NEAR_WORD)
        ):
            return False
        if (
            not (_has_content(ours, self._language) and _has_content(theirs, self._language))
            or ours.text[0].isdecimal()
        ):
            return False
        if not _TITLES.isdisjoint((ours.lower, theirs.lower)):
            return False
        if _inflected(ours.lower, theirs.lower):
            return False
        if self._language.code != "en" and not (ours.text.istitle() and theirs.text.istitle()):
            return False  # no list of words of near meaning there: "gilt", "beträgt"
        table = lexicon()
        near = table.synonyms_of(ours.key) | table.related_to(ours.key)
        return len(self._shared) == len(self._content) - 1 and theirs.key not in near

    def _has_shared_context(self, slot: Slot, least: int) -> bool:
        """Whether enough words beside a slot are equal, at least one of them distinctive."""
        if slot.before + slot.after < least:
            return False
        words = self._claim.words
        beside = (*words[slot.i - slot.before : slot.i], *words[slot.i2 : slot.i2 + slot.after])
        return any(_has_content(token, self._language) for token in beside)

    def _universal(self, slot: Slot) -> Iterator[Conflict]:
        """ "All cards" where the evidence names some: "Visa and Mastercard"."""
        if slot.i == slot.i2 or slot.j == slot.j2:
            return
        extents = EXTENT.get(self._language.code, {})
        word = self._claim.words[slot.i]
        shown = self._shown.words[slot.j : slot.j2]
        if extents.get(word.lower) == ONLY:  # "only the supplier", "either party"
            wrong = any(t.lower in _INCLUSIVE for t in shown)
        else:
            every = extents.get(word.lower) == ALL and word.lower not in _DISTRIBUTIVE
            named = any(_has_content(t, self._language) for t in shown)
            limited = any(t.lower in extents for t in self._shown.words)
            wrong = every and named and not limited and slot.i2 - slot.i <= _UNIVERSAL
        if wrong and self._has_shared_context(slot, _NEAR):
            text = " ".join(token.text for token in shown)
            yield Conflict("extent", word.start, word.end, word.text, text, True)

    def _one_sided(self, slot: Slot) -> Iterator[Conflict]:
        """ "Only" put in, "may" left out."""
        if not self._has_shared_context(slot, _NEAR_WORD):
            return
        extents = EXTENT.get(self._language.code, {})
        if slot.j == slot.j2 and slot.i2 - slot.i == 1:
            word = self._claim.words[slot.i]
            if extents.get(word.lower) == ONLY and slot.i == 0:
                yield Conflict("extent", word.start, word.end, word.text, "", True)
        if slot.i == slot.i2 and slot.j2 - slot.j == 1 and slot.after and slot.before:
            word = self._shown.words[slot.j]
            verb = self._claim.words[slot.i]
            if word.lower in HEDGES and not verb.lower.endswith("ing"):
                shown = f"{word.text} {self._shown.words[slot.j2].text}"
                yield Conflict("hedge", verb.start, verb.end, verb.text, shown, True)

    def roles(self) -> Iterator[Conflict]:
        """Two things that have changed places around what joins them."""
        if len(self._shared) < len(self._content):
            return
        order = self._order()
        if len(order) < _FEWEST_FOR_ROLES:
            return
        ours, theirs = (Counter(t.key for t in s.words) for s in (self._claim, self._shown))
        if ours - theirs or (theirs - ours).total() > _MOST_OTHER * len(self._shown.words):
            return
        if self._voice(self._claim.words) != self._voice(self._shown.words):
            return
        runs = _runs([j for _, j in order])
        exchanged = _exchanged(runs) or (_exchanged(runs, 1) if self._is_sequence() else None)
        if exchanged is None:
            return
        first, last = exchanged
        starts = [sum(len(run) for run in runs[:at]) for at in range(len(runs) + 1)]
        one = [order[k][0] for k in range(starts[first], starts[first + 1])]
        other = [order[k][0] for k in range(starts[last], starts[last + 1])]
        between = self._claim.words[one[-1] + 1 : other[0]]
        if all(
            t.lower in _JOINING or t.lower in _BEING or not _has_content(t, self._language)
            for t in between
        ) and _TURNING.isdisjoint([t.lower for t in between]):
            return
        words = self._claim.words
        start, end = words[one[0]].start, words[other[-1]].end
        claimed = f"{_text(words, one)} … {_text(words, other)}"
        shown = f"{_text(words, other)} … {_text(words, one)}"
        yield Conflict("roles", start, end, claimed, shown, True)

    def _is_sequence(self) -> bool:
        """Whether both sides tell an order of acts: "first A, then B"."""
        sides = (self._claim, self._shown)
        return all(not _THEN.isdisjoint([t.lower for t in side.words]) for side in sides)

    def _order(self) -> list[tuple[int, int]]:
        """The content words that each side has once, by the claim's order, with both places."""
        places = self._shown.places
        own: dict[str, int] = {}
        for at in self._content:
            own[self._claim.words[at].key] = own.get(self._claim.words[at].key, 0) + 1
        found = []
        for i in self._content:
            key = self._claim.words[i].key
            if own[key] == 1 and len(places.get(key, ())) == 1:
                found.append((i, places[key][0]))
        ranks = {j: rank for rank, j in enumerate(sorted(j for _, j in found))}
        return [(i, ranks[j]) for i, j in found]

    @staticmethod
    def _voice(words: Sequence[Token]) -> bool:
        """Whether a sentence is in the passive voice with its agent: "was lent by"."""
        lowers = [token.lower for token in words]
        return "by" in lowers and not _BEING.isdisjoint(lowers)


def _denied_near(side: Side, at: int) -> bool:
    """Whether the word may be denied after all: close by, elsewhere, or by "avoid", "refuse to"."""
    key = side.words[at].key
    if any(abs(at - other) <= 2 or side.words[other].key == key for other in side.denied):
        return True
    before = side.words[max(at - _AVOIDED, 0) : at]
    return any(token.key in _AVOIDING for token in before)


def _is_in_condition(side: Side, at: int) -> bool:
    """Whether a word is in the clause of an "if": with nothing but blanks up to it."""
    while at > 0:
        if side.words[at].lower in _IF:
            return True
        if side.words[at].start - side.words[at - 1].end > 1 and at not in side.negated_at.values():
            return False
        at -= 1
    return side.words[0].lower in _IF


def _inflected(one: str, other: str) -> bool:
    """Whether two words may be forms of one: "go", "goes"."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and len(long) - len(short) <= _LONGEST_ENDING


def _overstates(ours: int, theirs: int) -> bool:
    """Whether a claim says more than its evidence: all for some; or none for some."""
    return (ours > theirs and ours >= 3) or (ours == 0) != (theirs == 0)


def _runs(ranks: Sequence[int]) -> list[list[int]]:
    runs = [[ranks[0]]]
    for before, rank in pairwise(ranks):
        if rank == before + 1:
            runs[-1].append(rank)
        else:
            runs.append([rank])
    return runs


def _exchanged(runs: Sequence[Sequence[int]], apart: int = 2) -> tuple[int, int] | None:
    """The two runs that, exchanged, put all in order; None where there are none, or too many."""
    if not apart < len(runs) <= 5:
        return None
    for first in range(len(runs)):
        for last in range(first + apart, len(runs)):
            turned = list(runs)
            turned[first], turned[last] = turned[last], turned[first]
            flat = [rank for run in turned for rank in run]
            if flat == sorted(flat):
                return first, last
    return None


def _range(one: Token, other: Token) -> tuple[int, int]:
    return min(one.start, other.start), max(one.end, other.end)


def _joined(one: Token, other: Token) -> str:
    first, last = sorted((one, other), key=lambda token: token.start)
    if first.start == last.start:
        return first.text
    return f"{first.text}{' ' if last.start - first.end <= 1 else ' … '}{last.text}"


def _text(words: Sequence[Token], places: Sequence[int]) -> str:
    return " ".join(words[at].text for at in places)
