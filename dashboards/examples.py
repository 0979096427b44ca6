"""Example queries of the reference page, tested against a live Prometheus."""

from groundwire_collector.alerting.promql import one_replica
from groundwire_collector.metric_definitions import (
    COST,
    DRIFT_CHANGE_TIMESTAMP,
    EMPTY_RETRIEVALS,
    FAITHFULNESS,
    FAITHFULNESS_ESTIMATE,
    FLAGGED_TURNS,
    GENERATION_DURATION,
    INDEX_AGE,
    RELIANCE_OUTCOMES,
    RETRIEVAL_RELEVANCE,
    TOKENS,
    TURNS,
)


def grown(series: str, window: str = "1h") -> str:
    """Increase of a counter that all replicas expose alike."""
    return one_replica(f"increase({series}[{window}])")


def _mean(histogram: str, by: str) -> str:
    total, number = (f"sum by ({by}) ({grown(f'{histogram}_{p}')})" for p in ("sum", "count"))
    return f"{total} / {number}"


def _quantile(of: float, histogram: str, by: str) -> str:
    return f"histogram_quantile({of}, sum by (le, {by}) ({grown(f'{histogram}_bucket')}))"


def _per_turn(counter: str, by: str) -> str:
    turns = f"sum by ({by}) ({grown(f'{TURNS.name}_total')})"
    return f"sum by ({by}) ({grown(f'{counter}_total')}) / {turns}"


_MODEL, _INDEX = "service, model_version", "service, index_version"
_PROBES = f'{RELIANCE_OUTCOMES.name}_total{{source="probe", outcome=~"%s"}}'

EXAMPLES = {
    "Mean faithfulness by model version": _mean(FAITHFULNESS.name, _MODEL),
    "10th percentile of faithfulness": _quantile(0.1, FAITHFULNESS.name, _MODEL),
    "Number of flagged turns by model version": (
        f"sum by ({_MODEL}) ({grown(f'{FLAGGED_TURNS.name}_total')})"
    ),
    "Share of faithful answers, corrected by human labels, with bounds": one_replica(
        f'{FAITHFULNESS_ESTIMATE.name}{{reference="human"}}'
    ),
    "Memorization ratio from probes, over a day": (
        f"sum by ({_MODEL}) ({grown(_PROBES % 'parametric|stale', '1d')})"
        f" / sum by ({_MODEL}) ({grown(_PROBES % 'parametric|stale|context', '1d')})"
    ),
    "Hours since the onset of each open drift alarm": (
        f"(time() - {one_replica(DRIFT_CHANGE_TIMESTAMP.name)}) / 3600"
    ),
    "Mean relevance of the best chunk": _mean(RETRIEVAL_RELEVANCE.name, _INDEX),
    "Share of turns whose retrieval found nothing": _per_turn(EMPTY_RETRIEVALS.name, _INDEX),
    "Median age of the index": _quantile(0.5, INDEX_AGE.name, _INDEX),
    "95th percentile of generation time": _quantile(0.95, GENERATION_DURATION.name, _MODEL),
    "Tokens per second by kind": (
        f"sum by (kind) ({one_replica(f'rate({TOKENS.name}_total[5m])')})"
    ),
    "Mean cost per turn": _per_turn(COST.name, _MODEL),
}
