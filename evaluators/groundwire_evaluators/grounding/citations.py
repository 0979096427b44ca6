"""Citations: markers in an answer, resolved to the chunks they name."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from groundwire_evaluators.evaluation import Citation, CitationOutcome, Claim, Verdict
from groundwire_evaluators.turn import Chunk, CitedSource

_MARKER = re.compile(
    r"\[([^\[\]\n]{1,80})\](?!\()"
    r"|【([^【】\n]{1,80})】"
    r"|\((?:source|passage|document|doc|chunk):? ([^()\n]{1,80})\)"
    r"|(https?://[^\s<>()\[\]{}\"']{4,300})",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s<>\[\]{}\"']{4,300}")
_LABEL = re.compile(
    r"(?:\^|(?:documents?|docs?|sources?|passages?|refs?|chunks?)[ :#]*)", re.IGNORECASE
)
_NUMBERS = re.compile(r"\d{1,3}(?:(?:\s?[,;]\s?|\s?[–-]\s?)\d{1,3}){0,20}\Z")
_ID = re.compile(r"[\w.:/#-]*[\d.:/#_-][\w.:/#-]*\Z")
_NAMING = ("id", "url", "uri", "source", "title", "file", "file_id", "filename", "name")
_MOST = 1_000  # markers looked at
_LONGEST_MARKER = 300  # characters of a source's name that are kept


def citations(
    answer: str,
    chunks: Sequence[Chunk],
    claims: Sequence[Claim],
    backs: Callable[[int, int], bool],
    given: Sequence[CitedSource] = (),
) -> list[Citation]:
    """Every marker of the answer with its outcome, and claims without one where others have them.

    `given` are citations that the provider gave beside the answer; such a one names its chunk by
    an id, URL or title, by words of it, or by its position, and belongs to the claim it ends in.

    Numbers count the chunks from 1; ids and URLs are those of the chunks or their metadata.
    `backs(claim, chunk)` (indices) says whether a chunk supports a claim. A marker belongs to
    the claim
    it stands in or follows: `valid` when its chunk backs that claim, else `wrong_chunk`, and
    `not_retrieved` when no chunk has that number, id or URL. A checked claim without a
    marker in an answer with markers is `missing`, an empty range at its end.
    """
    starts = [claim.start for claim in claims]
    cited: set[int] = set()
    found: list[Citation] = []
    for match, _ in zip(_MARKER.finditer(answer), range(_MOST), strict=False):
        claim = bisect_right(starts, match.start()) - 1
        for chunk in _resolve(match.group(match.lastindex or 0), chunks):
            found.append(_judged(match, claim, chunk, backs))
            cited.add(claim)
    for source in given[:_MOST]:
        claim = bisect_right(starts, max(source.start, source.end - 1)) - 1
        chunk = _of_source(source, chunks)
        outcome = _outcome(claim, chunk, backs)
        marker = next(iter(source.names), source.quote or "")[:_LONGEST_MARKER]
        found.append(
            Citation(
                start=source.start, end=source.end, marker=marker, outcome=outcome, chunk=chunk
            )
        )
        cited.add(claim)
    if not found:
        return []
    found.extend(
        Citation(start=claim.end, end=claim.end, marker="", outcome=CitationOutcome.MISSING)
        for at, claim in enumerate(claims)
        if claim.verdict is not Verdict.NOT_A_CLAIM and at not in cited
    )
    return sorted(found, key=lambda citation: (citation.start, citation.end))


def without_sources(text: str, chunks: Sequence[Chunk]) -> str:
    """The text with each address of a chunk blanked: where a claim comes from is not its matter."""
    if "://" not in text:
        return text
    return _URL.sub(lambda match: _blanked(match, chunks), text)


def _blanked(match: re.Match[str], chunks: Sequence[Chunk]) -> str:
    named = _by_name(match.group().rstrip(".,;:!?)"), chunks) is not None
    return " " * len(match.group()) if named else match.group()


def _judged(
    match: re.Match[str], claim: int, chunk: int | None, backs: Callable[[int, int], bool]
) -> Citation:
    outcome = _outcome(claim, chunk, backs)
    return Citation(
        start=match.start(), end=match.end(), marker=match.group(), outcome=outcome, chunk=chunk
    )


def _outcome(claim: int, chunk: int | None, backs: Callable[[int, int], bool]) -> CitationOutcome:
    if chunk is None:
        return CitationOutcome.NOT_RETRIEVED
    if claim < 0 or backs(claim, chunk):
        return CitationOutcome.VALID
    return CitationOutcome.WRONG_CHUNK


def _of_source(source: CitedSource, chunks: Sequence[Chunk]) -> int | None:
    """The index of the chunk that a provider's citation names."""
    for name in source.names:
        if (chunk := _by_name(name, chunks)) is not None:
            return chunk
    quote = " ".join((source.quote or "").split())
    if quote:
        for at, candidate in enumerate(chunks):
            if quote in " ".join(candidate.text.split()):
                return at
    if source.position is not None and 0 <= source.position < len(chunks):
        return source.position
    return None


def _resolve(inner: str, chunks: Sequence[Chunk]) -> Iterator[int | None]:
    """The chunk indices a marker names, None for each that is not there; nothing for no marker."""
    inner = inner.strip().rstrip(".,;")
    named = _by_name(inner, chunks)
    if named is not None:
        yield named
        return
    label = _LABEL.match(inner)
    rest = inner[label.end() :] if label else inner
    if _NUMBERS.match(rest):
        for number in _numbers(rest):
            yield number - 1 if 0 < number <= len(chunks) else None
    elif rest and (label or inner.startswith("http") or _ID.match(inner)):
        yield _by_name(rest, chunks)


def _by_name(name: str, chunks: Sequence[Chunk]) -> int | None:
    for at, chunk in enumerate(chunks):
        if name == chunk.id:
            return at
        if any(name == chunk.metadata.get(field) for field in _NAMING):
            return at
    return None


def _numbers(text: str) -> Iterator[int]:
    for part in re.split(r"\s?[,;]\s?", text):
        first, *last = (int(number) for number in re.split(r"\s?[–-]\s?", part))
        until = last[-1] if last else first
        yield from range(first, min(until, first + 20) + 1)
