"""Citations: markers in an answer, resolved to the chunks they name."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from groundwire_evaluators.evaluation import Citation, CitationOutcome, Claim, Verdict
from groundwire_evaluators.text.markup import without_code
from groundwire_evaluators.turn import Chunk, CitedSource

_URL = re.compile(r"https?://[^\s<>\"'“”‘’【】]{4,300}", re.IGNORECASE)
_MARKER = re.compile(
    r"\[([^\[\]\n]{1,80})\](?!\()"
    r"|【([^【】\n]{1,80})】"
    r"|\((?:source|passage|document|doc|chunk):? ([^()\n]{1,80})\)"
    rf"|({_URL.pattern})",
    re.IGNORECASE,
)
# "lies in [2, 5] bar": numbers with a word before that leads to a range, and a word after.
_RANGE_BEFORE = re.compile(r"\b(?:in|interval|range|within|between|from|of|is|are)\s\Z|[=∈(]\s?\Z")
_RANGE_AFTER = re.compile(r"\s[^\W\d_]")
_LABEL = re.compile(
    r"(?:\^|(?:documents?|docs?|sources?|passages?|refs?|chunks?)[ :#]*)", re.IGNORECASE
)
_NUMBERS = re.compile(r"\d{1,3}(?:(?:\s?[,;]\s?|\s?[–-]\s?)\d{1,3}){0,20}\Z")
_ID = re.compile(r"[\w.:/#-]*[\d.:/#_-][\w.:/#-]*\Z")
_NAMING = ("id", "url", "uri", "source", "title", "file", "file_id", "filename", "name")
_MOST = 1_000  # markers looked at
_LONGEST_MARKER = 300  # characters of a source's name that are kept


SupportCheck = Callable[[int, int, int, int], bool]


@dataclass(frozen=True, slots=True)
class _Part:
    """Part of a claim that a marker refers to: from the previous marker to its own place."""

    claim: int
    start: int
    end: int


def citations(
    answer: str,
    chunks: Sequence[Chunk],
    claims: Sequence[Claim],
    is_supported: SupportCheck,
    provider_citations: Sequence[CitedSource] = (),
) -> list[Citation]:
    """Resolve every citation marker of an answer, and list claims that lack one.

    `provider_citations` are citations that the provider returned with the answer; each names its
    chunk by id, URL, title, quote or position, and belongs to the claim it ends in.

    Numbers count the chunks from 1; ids and URLs are those of the chunks or their metadata. Code
    and reasoning contain no markers. A marker covers the words of its claim since the previous
    marker; `backs(claim, chunk, start, end)` tells whether a chunk supports them: then the citation
    is `valid`, otherwise `wrong_chunk`, or `not_retrieved` if no chunk has that number, id or URL.
    A checked claim without a marker in an answer with markers is `missing`, with an empty range at
    its end.
    """
    named = _Names(chunks)
    found: list[Citation] = []
    cited: set[int] = set()
    for start, end, inner, part in _markers(answer, claims):
        marker = answer[start:end]
        for chunk in _resolve(inner, named):
            outcome = _outcome(part, chunk, is_supported)
            found.append(
                Citation(start=start, end=end, marker=marker, outcome=outcome, chunk=chunk)
            )
            cited.add(part.claim)
    for source in provider_citations[:_MOST]:
        citation, claim = _of_provider(source, named, claims, is_supported)
        found.append(citation)
        cited.add(claim)
    if not found:
        return []
    found.extend(
        Citation(start=claim.end, end=claim.end, marker="", outcome=CitationOutcome.MISSING)
        for at, claim in enumerate(claims)
        if claim.verdict is not Verdict.NOT_A_CLAIM and at not in cited
    )
    return sorted(found, key=lambda citation: (citation.start, citation.end))


def _markers(answer: str, claims: Sequence[Claim]) -> Iterator[tuple[int, int, str, _Part]]:
    """Each marker with its range, its target and the part of the claim it refers to."""
    plain = without_code(answer)
    starts = [claim.start for claim in claims]
    last: dict[int, tuple[int, int]] = {}  # claim → the range the marker before stood for
    for match in islice(_MARKER.finditer(plain.text), _MOST):
        if _is_range(plain.text, match):
            continue
        inner = match.group(match.lastindex or 0)
        length = len(match.group())
        if match.group(4):
            inner = _trimmed(inner)
            length = len(inner)
        start, end = plain.place(match.start(), match.start() + length)
        claim = bisect_right(starts, start) - 1
        since = last.get(claim, (claims[claim].start if claim >= 0 else 0,) * 2)[1]
        between = answer[since:start]
        part = (since, start) if any(c.isalnum() for c in between) else last.get(claim, (0, start))
        last[claim] = (part[0], end) if part[1] == start else (part[0], part[1])
        yield start, end, inner, _Part(claim, *part)


def _is_range(text: str, match: re.Match[str]) -> bool:
    """Whether brackets hold an interval of numbers, not the numbers of chunks."""
    inner = match.group(1)
    if inner is None or not _RANGE_AFTER.match(text, match.end()):
        return False
    return (
        "," in inner
        and _RANGE_BEFORE.search(text[max(match.start() - 12, 0) : match.start()]) is not None
    )


def _trimmed(url: str) -> str:
    """An address without what ends its sentence, and without brackets that it does not open."""
    while url:
        last = url[-1]
        if last in ".,;:!?*_`" or (
            last in ")]}" and url.count(last) > url.count("([{"[")]}".index(last)])
        ):
            url = url[:-1]
        else:
            break
    return url


def without_sources(text: str, chunks: Sequence[Chunk]) -> str:
    """The text with each address of a chunk blanked: where a claim comes from is not its matter."""
    if "://" not in text:
        return text
    named = _Names(chunks)

    def blanked(match: re.Match[str]) -> str:
        url = _trimmed(match.group())
        return (
            " " * len(url) + match.group()[len(url) :]
            if named.of(url) is not None
            else match.group()
        )

    return _URL.sub(blanked, text)


def _of_provider(
    source: CitedSource, named: "_Names", claims: Sequence[Claim], is_supported: SupportCheck
) -> tuple[Citation, int]:
    claim = bisect_right([c.start for c in claims], max(source.start, source.end - 1)) - 1
    chunk = _of_source(source, named)
    part = _Part(claim, claims[claim].start, claims[claim].end) if claim >= 0 else _Part(-1, 0, 0)
    marker = next(iter(source.names), source.quote or "")[:_LONGEST_MARKER]
    outcome = _outcome(part, chunk, is_supported)
    start, end = source.start, source.end
    return Citation(start=start, end=end, marker=marker, outcome=outcome, chunk=chunk), claim


def _outcome(part: _Part, chunk: int | None, is_supported: SupportCheck) -> CitationOutcome:
    if chunk is None:
        return CitationOutcome.NOT_RETRIEVED
    if part.claim < 0 or is_supported(part.claim, chunk, part.start, part.end):
        return CitationOutcome.VALID
    return CitationOutcome.WRONG_CHUNK


def _of_source(source: CitedSource, named: "_Names") -> int | None:
    """The index of the chunk that a provider's citation names."""
    for name in source.names:
        if (chunk := named.of(name)) is not None:
            return chunk
    quote = " ".join((source.quote or "").split())
    if quote:
        for at, candidate in enumerate(named.chunks):
            if quote in " ".join(candidate.text.split()):
                return at
    if source.position is not None and 0 <= source.position < len(named.chunks):
        return source.position
    return None


class _Names:
    """The chunks by their id, and by what their metadata call them."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.chunks = chunks
        self._known: dict[str, int] = {}
        for at, chunk in enumerate(chunks):
            for name in (chunk.id, *(chunk.metadata.get(field) for field in _NAMING)):
                if isinstance(name, str) and name:
                    self._known.setdefault(name, at)
                    self._known.setdefault(_address(name), at)

    def of(self, name: str) -> int | None:
        """The index of the chunk of a name or an address."""
        found = self._known.get(name)
        return self._known.get(_address(name)) if found is None else found


def _address(name: str) -> str:
    """An address without its fragment and last slash, its host in lower case."""
    scheme, mark, rest = name.partition("://")
    if not mark:
        return name
    host, slash, path = rest.partition("#")[0].partition("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{path}".rstrip("/")


def _resolve(inner: str, named: _Names) -> Iterator[int | None]:
    """The chunk indices a marker names, None for each that is not there; nothing for no marker."""
    inner = inner.strip().rstrip(".,;")
    if (whole := named.of(inner)) is not None:
        yield whole
        return
    label = _LABEL.match(inner)
    rest = inner[label.end() :] if label else inner
    if _NUMBERS.match(rest):
        count = len(named.chunks)
        yield from (n - 1 if 0 < n <= count else None for n in _numbers(rest))
    elif inner.lower().startswith("http"):
        yield None
    else:
        yield from _of_ids(rest, label is not None, named)


def _of_ids(text: str, labelled: bool, named: _Names) -> Iterator[int | None]:
    """The chunks of one or more ids in a marker; nothing where one of them is no id."""
    ids = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    found = [named.of(one) for one in ids]
    named_or_ids = zip(ids, found, strict=True)
    if ids and (labelled or all(at is not None or _ID.match(one) for one, at in named_or_ids)):
        yield from found


def _numbers(text: str) -> Iterator[int]:
    for part in re.split(r"\s?[,;]\s?", text):
        first, *last = (int(number) for number in re.split(r"\s?[–-]\s?", part))
        until = last[-1] if last else first
        yield from range(first, min(until, first + 20) + 1)
