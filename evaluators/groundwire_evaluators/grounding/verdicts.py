"""Verdict, highlighted words and reason from a claim's score.

Why: docs/decisions/0041-consistent-flag-and-claims.md
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from groundwire_evaluators.evaluation import Claim, Extent, Verdict
from groundwire_evaluators.grounding.calibration import logistic
from groundwire_evaluators.grounding.claims import Candidate
from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.opposition import NEGATORS
from groundwire_evaluators.grounding.read_claims import ReadClaim
from groundwire_evaluators.grounding.signals import Comparison
from groundwire_evaluators.text.tokens import Token

_MOST_WORDS = 8  # named in a reason
_JOINED = 24  # characters between two highlighted words that are highlighted with them
_CONTRADICTING = frozenset(
    "value quantity name opposite negated affirmed turned roles denied granted hours cell".split()
)
_WHOLE = 0.2  # share of new content words from which a claim is marked whole
_BACKING = 0.6  # share of a claim's content that its cited chunk must hold
_CLAUSE = 3  # words of a clause from which a part of them is enough
_JOINING = re.compile(
    r"[,;]\s|\b(?:and|but|while|whereas|und|aber|et|mais|y|pero|e|ma|mas|en|maar)\b", re.IGNORECASE
)
_SPOKEN_OF = 0.6  # share of a question near its evidence from which a "yes" to it is backed
_SAME_FRAME = 0.8  # share of a question in one frame from which the chunk says just that
_RESTATED = 0.5  # share of a sentence's words that a claim repeats to be about the same
_PRONOUNS = frozenset("he she his her him hers".split())  # of whom they speak is not read
_MOST_NEWS = 0.3  # share of new words beside a value from which a claim speaks of other things
_CLEARLY = 1.0  # of the score, below the threshold


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A candidate with its verdict; `comparison` is None for non-claims.

    `weighted_score` is the score by weights alone, of claims and comments; `score` has the
    minimums of decisive signals too.
    """

    claim: Claim
    score: float = 0.0
    comparison: Comparison | None = None
    candidate: Candidate | None = None
    weighted_score: float | None = None

    @property
    def new_names(self) -> int:
        return len(self.comparison.evidence.new_names) if self.comparison else 0

    @property
    def new_quantities(self) -> int:
        return len(self.comparison.evidence.new_quantities) if self.comparison else 0

    @property
    def read_score(self) -> float | None:
        """The score by which a reader may be asked about it; None for what is no claim."""
        if self.comparison is None or self.claim.verdict is Verdict.NOT_A_CLAIM:
            return None
        return self.score

    def is_supported_by(self, chunk: int, start: int, end: int) -> bool:
        """Whether a chunk supports what the claim says in a range of the answer.

        One clause of it is enough: "… every 6 weeks and … once a year [1, 2]" cites a chunk each.
        """
        if self.comparison is None or self.candidate is None:
            return True
        if self.claim.verdict is not Verdict.SUPPORTED:
            return False
        starts = self.candidate.read.starts
        tokens = [t for t in self.comparison.statement.content if start <= starts[t.start] < end]
        if len(tokens) == len(self.comparison.statement.content) and self.claim.chunk == chunk:
            return True
        places = self.comparison.passages[chunk].places
        parts = [tokens, *_clauses(self.comparison.statement.text, tokens)]
        return any(_holds(places, part) for part in parts) or not tokens


def _clauses(text: str, tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The words of each clause that has enough of its own."""
    part: list[Token] = []
    last = 0
    for token in tokens:
        if part and _JOINING.search(text, last, token.start):
            yield part
            part = []
        part.append(token)
        last = token.end
    yield part


def _holds(places: Mapping[str, object], part: Sequence[Token]) -> bool:
    words = {token.key for token in part}
    if len(words) < _CLAUSE and not any(token.text[0].isdecimal() for token in part):
        return bool(words) and all(word in places for word in words)
    return sum(word in places for word in words) >= _BACKING * len(words) > 0


def non_claim(candidate: Candidate) -> JudgedClaim:
    """Judgement of a candidate that claims nothing."""
    return JudgedClaim(
        Claim(
            start=candidate.start,
            end=candidate.end,
            text=candidate.text,
            verdict=Verdict.NOT_A_CLAIM,
            reason=candidate.skip_reason,
        )
    )


def judge_claim(
    candidate: Candidate, comparison: Comparison, score: float, threshold: float
) -> JudgedClaim:
    """Verdict on a candidate from its score and the threshold of unsupported claims."""
    score = _adjusted_score(comparison, score, threshold)
    verdict = Verdict.SUPPORTED
    if score >= threshold:
        verdict = Verdict.CONTRADICTED if _contradicted(comparison) else Verdict.UNSUPPORTED
    claim = Claim(
        start=candidate.start,
        end=candidate.end,
        text=candidate.text,
        verdict=verdict,
        support=1.0 - logistic(score - threshold),
        chunk=_chunk(comparison, verdict),
        spans=tuple(_spans(candidate, comparison)) if verdict is not Verdict.SUPPORTED else (),
        reason=_reason(comparison) if verdict is not Verdict.SUPPORTED else _computed(comparison),
    )
    return JudgedClaim(claim, score, comparison, candidate)


def judge_again(one: JudgedClaim, read: ReadClaim, threshold: float) -> JudgedClaim:
    """The verdict once a reader has read the claim; a finding of words is not taken back."""
    if one.comparison is None or one.candidate is None:
        return one
    before = one.weighted_score or 0.0
    weighted = before + read.change
    score = max(one.score, weighted) if one.score > before else weighted
    contradicted = read.contradicted and not one.comparison.computed
    if contradicted:
        score = max(score, threshold + read.above)
    found = judge_claim(one.candidate, one.comparison, score, threshold)
    claim = _with_reading(found.claim, one.claim, read, contradicted)
    return replace(found, weighted_score=weighted, claim=claim)


def _with_reading(claim: Claim, before: Claim, read: ReadClaim, contradicted: bool) -> Claim:
    """The claim with the reader's verdict and reason, where they are the reader's."""
    if claim.verdict is Verdict.SUPPORTED:
        return claim
    where = "the chunks" if claim.chunk is None else f"chunk {claim.chunk + 1}"
    if contradicted and claim.verdict is not Verdict.CONTRADICTED:
        reason = f"read against {where}, it says otherwise ({read.contradicted_probability:.2f})"
        whole = (Extent(claim.start, claim.end),)
        return replace(claim, verdict=Verdict.CONTRADICTED, reason=reason, spans=whole)
    if before.verdict is Verdict.SUPPORTED:
        reason = f"read against {where}, it is not there ({read.not_there_probability:.2f})"
        return replace(claim, reason=f"{reason}; {claim.reason}")
    return claim


def _adjusted_score(comparison: Comparison, score: float, threshold: float) -> float:
    """The score, moved to the other side of the threshold where the case is plain.

    What no chunk backs is never supported, whatever the weights; a bare "no" is right where the
    chunks say otherwise than its question, and wrong where they say just that.
    """
    bare = comparison.complete
    if bare is None:
        if comparison.stated.entailed and not comparison.evidence.new_quantities:
            return min(score, threshold - _CLEARLY)
        return max(score, threshold) if comparison.unbacked else score
    evidence = comparison.evidence
    if not evidence.own or (bare.elliptic and (evidence.new_quantities or evidence.new_names)):
        return max(score, threshold)
    if comparison.stated.agrees:
        wrong = bare.denied
    elif bare.denied:
        wrong = not comparison.disputed and comparison.frame >= _SAME_FRAME
    else:
        wrong = comparison.disputed or comparison.frame < _SPOKEN_OF
    return max(score, threshold) if wrong else min(score, threshold - _CLEARLY)


def _chunk(comparison: Comparison, verdict: Verdict) -> int | None:
    """Index of the chunk that conflicts with a contradicted claim, else of its evidence."""
    if verdict is Verdict.CONTRADICTED:
        for conflict in (*comparison.overridden, *comparison.paraphrase_conflicts):
            return conflict.chunk
    if comparison.evidence.best is not None:
        return comparison.evidence.best[0]
    return next(  # "10" matches "ten" though they share no word
        (
            at
            for at, passage in enumerate(comparison.passages)
            if any(passage.shows(quantity) for quantity in comparison.statement.quantities)
        ),
        None,
    )


def _contradicted(comparison: Comparison) -> bool:
    """Whether a value, a field of a record or the same statement turned speaks against the claim.

    Firm conflicts in a claim that says more than its evidence, or less than half of it, leave it
    unsupported: mostly the two speak of different things.
    """
    bare = comparison.complete
    if bare is not None and bare.denied:
        return comparison.stated.agrees or comparison.frame >= _SAME_FRAME
    found = [*comparison.disagreements, *comparison.paraphrase_conflicts]
    found += comparison.overridden if _says_little_else(comparison) else ()
    if not any(conflict.kind in _CONTRADICTING for conflict in found):
        found = [each for each in _firm(comparison) if _is_plain(each, comparison)]
        if not _restated(comparison, found):
            return False
    return any(conflict.kind in _CONTRADICTING for conflict in found)


def _says_little_else(comparison: Comparison) -> bool:
    """Whether a claim has few new words beside the values that replace a chunk's.

    A sentence full of news about the same things speaks of something else.
    """
    if comparison.only_claim and comparison.added.short:
        return True
    ranges = [(conflict.start, conflict.end) for conflict in comparison.overridden]
    values = comparison.evidence.new_quantities
    if any(not any(a <= each.start < b for a, b in ranges) for each in values):
        return False
    others = _news_beside(comparison, comparison.overridden)
    return len(others) <= _MOST_NEWS * len(comparison.statement.content)


def _news_beside(comparison: Comparison, conflicts: Sequence[Conflict]) -> list[Token]:
    """The new words of a claim outside the ranges of its conflicts."""
    return [
        token
        for token in comparison.evidence.new
        if not any(conflict.start <= token.start < conflict.end for conflict in conflicts)
    ]


def _is_plain(conflict: Conflict, comparison: Comparison) -> bool:
    """Whether a firm conflict can have no other reason.

    A name that the chunks have elsewhere may be said of the same thing, and a claim with a denial
    of its own may deny that very thing.
    """
    if conflict.claimed.lower() in (conflict.shown.lower(), *_PRONOUNS):
        return False
    if conflict.kind == "name":
        return any(conflict.start == name.start for name in comparison.evidence.new_names)
    if conflict.kind == "affirmed":
        language = comparison.passages[0].language
        negators = NEGATORS.get(language.code, frozenset())
        return negators.isdisjoint([token.lower for token in comparison.statement.tokens])
    return True


def _restated(comparison: Comparison, conflicts: Sequence[Conflict]) -> bool:
    """Whether claim and sentence share their words, apart from those in conflict."""
    evidence = comparison.evidence
    if _news_beside(comparison, conflicts):
        return False
    own = {token.key for token in comparison.statement.tokens}
    shown = [t.key for t in evidence.sentence if t.lower not in comparison.stop]
    return sum(key in own for key in shown) >= _RESTATED * len(shown)


def _firm(comparison: Comparison) -> list[Conflict]:
    return [conflict for conflict in comparison.conflicts if conflict.firm]


def _spans(candidate: Candidate, comparison: Comparison) -> Iterator[Extent]:
    """The uncovered and conflicting words; those close together as one.

    A claim of which a good part is uncovered is marked whole, unless a conflict says where to look:
    labels of people cover whole statements, and single words would hide that.
    """
    evidence = comparison.evidence
    if comparison.complete:
        yield Extent(candidate.start, candidate.end)
        return
    if comparison.unbacked and comparison.added.short:
        yield from (Extent(*candidate.read.place(*range_)) for range_ in comparison.unbacked)
        return
    left_over = len(evidence.new) + len(evidence.related)
    if not _contradicted(comparison) and left_over >= _WHOLE * len(comparison.statement.content):
        yield Extent(candidate.start, candidate.end)
        return
    marked = [(t.start, t.end) for t in (*evidence.new, *evidence.related)]
    marked += [(q.start, q.end) for q in evidence.new_quantities if q not in comparison.computed]
    marked += [(n.start, n.end) for n in evidence.new_names]
    marked += [(c.start, c.end) for c in _all_conflicts(comparison)]
    marked.sort()
    start = end = -1
    for first, last in marked:
        if start >= 0 and first - end <= _JOINED:
            end = max(end, last)
            continue
        if start >= 0:
            yield Extent(*candidate.read.place(start, end))
        start, end = first, last
    if start >= 0:
        yield Extent(*candidate.read.place(start, end))
    else:
        yield Extent(candidate.start, candidate.end)


def _reason(comparison: Comparison) -> str:
    chunk = comparison.evidence.best
    where = f"chunk {chunk[0] + 1}" if chunk else "the chunks"
    parts = [_describe(conflict, where) for conflict in _decisive(comparison)[:3]]
    new = [token.text for token in (*comparison.evidence.new, *comparison.evidence.related)]
    if new:
        words = ", ".join(f"“{word}”" for word in dict.fromkeys(new[:_MOST_WORDS]))
        more = f" and {len(new) - _MOST_WORDS} more" if len(new) > _MOST_WORDS else ""
        closest = f" (closest: {where})" if chunk else ""
        parts.append(f"in no chunk: {words}{more}{closest}")
    return "; ".join(parts) or f"its words stand apart in {where}"


def _decisive(comparison: Comparison) -> Sequence[Conflict]:
    found = [*comparison.overridden, *comparison.disagreements]
    taken = {conflict.start for conflict in found}
    return found + [conflict for conflict in _firm(comparison) if conflict.start not in taken]


def _all_conflicts(comparison: Comparison) -> Sequence[Conflict]:
    return (*comparison.overridden, *comparison.conflicts, *comparison.disagreements)


def _describe(conflict: Conflict, where: str) -> str:
    where = where if conflict.chunk is None else f"chunk {conflict.chunk + 1}"
    if not conflict.shown:
        return f"“{conflict.claimed}” goes beyond {where}"
    return f"“{conflict.claimed}” against “{conflict.shown}” in {where}"


def _computed(comparison: Comparison) -> str | None:
    """The rules that yield the numbers of a supported claim, if any were needed."""
    rules = [f"“{q.text}” is the {rule}" for q, rule in comparison.computed.items()]
    return "; ".join(rules) or None
