"""Ranking measures at k from chunk relevance labels."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from groundwire_collector.estimates.labels import draw
from groundwire_collector.storage.chunk_relevance import JudgedRetrieval
from groundwire_evaluators.retrieval.ranking import Ranking
from groundwire_evaluators.statistics import Estimate, Interval, hajek
from groundwire_evaluators.text.tokens import question_key

RANKS = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class RetrievalAtK:
    """Precision, recall, MRR and nDCG of the first `k` chunks, per index_version.

    `precision`: how many of them are relevant, over all turns whose first k are labelled. `recall`:
    which share of the chunks known to be relevant is among them, over turns that have such a chunk
    and whose retrieved chunks are all labelled; a relevant chunk that was not retrieved counts only
    where somebody named it, so it is an upper bound, and so is `ndcg`. `mrr`: mean reciprocal rank
    of the first relevant chunk, 0 where none of the first k is relevant. Intervals are clustered by
    question: turns that repeat one count little more than one of them.
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
    mrr: float | None
    mrr_interval: Interval
    ndcg: float | None
    ndcg_interval: Interval
    turns_with_rank: int


def at_ranks(turns: Iterable[JudgedRetrieval], label_rate: float) -> list[RetrievalAtK]:
    """Ranking measures by service, index_version and k, over sampled turns."""
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
    ranked = [(_ranking(turn), question_key(turn.question) or turn.turn_id) for turn in turns]
    precision, turns_with_precision = _mean(ranked, lambda each: each.precision(k))
    recall, turns_with_recall = _mean(ranked, lambda each: each.recall(k))
    mrr, turns_with_rank = _mean(ranked, lambda each: each.reciprocal_rank(k))
    ndcg, _ = _mean(ranked, lambda each: each.ndcg(k))
    return RetrievalAtK(
        service=service,
        index_version=version,
        k=k,
        precision=precision.value,
        precision_interval=precision.interval,
        recall=recall.value,
        recall_interval=recall.interval,
        turns=turns_with_precision,
        turns_with_recall=turns_with_recall,
        mrr=mrr.value,
        mrr_interval=mrr.interval,
        ndcg=ndcg.value,
        ndcg_interval=ndcg.interval,
        turns_with_rank=turns_with_rank,
    )


def _ranking(turn: JudgedRetrieval) -> Ranking:
    return Ranking(turn.retrieved, {name: float(yes) for name, yes in turn.relevant.items()})


def _mean(
    ranked: Sequence[tuple[Ranking, str]], measure: Callable[[Ranking], float | None]
) -> tuple[Estimate, int]:
    found = [(value, name) for each, name in ranked if (value := measure(each)) is not None]
    estimate = hajek([value for value, _ in found], clusters=[name for _, name in found])
    return estimate, len(found)
