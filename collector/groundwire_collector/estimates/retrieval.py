"""Precision and recall at k from chunk relevance labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from groundwire_collector.estimates.labels import draw
from groundwire_collector.storage.chunk_relevance import JudgedRetrieval
from groundwire_evaluators.statistics import Interval, wilson

RANKS = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class RetrievalAtK:
    """Precision and recall of the first `k` chunks, per index_version.

    `precision`: how many of them are relevant, over all turns whose first k are labelled. `recall`:
    which share of the chunks known to be relevant is among them, over turns that have such a chunk
    and whose retrieved chunks are all labelled; a relevant chunk that was not retrieved counts only
    where somebody named it, so it is an upper bound.
    """

    service: str
    index_version: str
    k: int
    precision: float | None
    precision_interval: Interval
    recall: float | None
    recall_interval: Interval
    turns: int
    turns_with_recall: int


def at_ranks(turns: Iterable[JudgedRetrieval], label_rate: float) -> list[RetrievalAtK]:
    """Precision and recall by service, index_version and k, over sampled turns."""
    groups: dict[tuple[str, str], list[JudgedRetrieval]] = {}
    for turn in turns:
        if turn.probability is not None or draw(turn.trace_id) < label_rate:
            groups.setdefault((turn.service, turn.index_version), []).append(turn)
    return [
        _at_rank(service, version, k, found)
        for (service, version), found in sorted(groups.items())
        for k in RANKS
    ]


def _at_rank(service: str, version: str, k: int, turns: Sequence[JudgedRetrieval]) -> RetrievalAtK:
    precisions = [each for turn in turns if (each := _precision(turn, k)) is not None]
    recalls = [each for turn in turns if (each := _recall(turn, k)) is not None]
    return RetrievalAtK(
        service=service,
        index_version=version,
        k=k,
        precision=_mean(precisions),
        precision_interval=_interval(precisions),
        recall=_mean(recalls),
        recall_interval=_interval(recalls),
        turns=len(precisions),
        turns_with_recall=len(recalls),
    )


def _precision(turn: JudgedRetrieval, k: int) -> float | None:
    first = turn.retrieved[:k]
    if not first or not all(name in turn.relevant for name in first):
        return None
    return sum(turn.relevant[name] for name in first) / len(first)


def _recall(turn: JudgedRetrieval, k: int) -> float | None:
    known = {name for name, relevant in turn.relevant.items() if relevant}
    if not known or not all(name in turn.relevant for name in turn.retrieved):
        return None
    return len(known & set(turn.retrieved[:k])) / len(known)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _interval(values: Sequence[float]) -> Interval:
    """Wilson's: a share varies at most as much as a yes or no of the same mean, so it is safe."""
    return wilson(sum(values), len(values))
