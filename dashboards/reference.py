"""Generator of docs/reference/metrics.md: metrics, recorded series, alerts, limits."""

from collections.abc import Iterable, Sequence

from dashboards.examples import EXAMPLES
from groundwire_collector.alerting.promql import RecordingRule
from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.recording import recordings, references
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_collector.alerting.rules.slo_targets import SloTargets
from groundwire_collector.metric_definitions import MetricDefinition, MetricKind, all_metrics
from groundwire_collector.storage.label_sets import CAP

LIMITS = RuleSettings.load(None)
INTRODUCTION = f"""\
# Metrics, rules and alerts

Written from the code by `make docs`.

`GET /metrics` answers in OpenMetrics, with the trace id of a turn at each bucket, or in the older
text format, as the scraper asks. Metrics marked *store* are committed in one transaction with the
judgements they count: a restart changes none of them, nothing is counted twice, and every replica
of the collector shows the same numbers (the rules take one of them). Those marked *process*
belong to one receiver and start at zero with it.

A metric has at most {CAP} label sets. The one idle longest makes room for a new one; only where
all are busy is a new version counted under `other`. Both are counted. No label holds an id or a
text. Ratios are never metrics: they are recorded from counters, so that they always have their
numerator and denominator beside them.
"""


def page() -> str:
    """The page, as Markdown."""
    recorded = [*recordings(LIMITS), *references(LIMITS)]
    return "\n".join(
        (
            INTRODUCTION,
            "## Metrics\n",
            _table(
                ("name", "kind", "unit", "kept in", "labels", "meaning"),
                map(_metric, all_metrics()),
            ),
            "## Queries to begin with\n",
            "Metrics marked *store* are the same from every replica: take one before you add, as "
            "`max without (instance, pod)` does here.\n",
            "\n".join(f"{what}:\n\n    {query}\n" for what, query in EXAMPLES.items()),
            "## Recorded series\n",
            "`current` is the window `current_window` below.\n",
            _table(("name", "meaning"), _recorded(recorded)),
            "## Alerts\n",
            "Expressions are in `dashboards/generated/prometheus/groundwire-alerts.yml`.\n",
            _table(("name", "severity", "runbook"), _alerts()),
            "## Limits\n",
            "`groundwire rules --config FILE --out DIR` makes the rules of a deployment; FILE is "
            "TOML with any of these. Durations are in seconds.\n",
            _table(("name", "default", "meaning"), _limits()),
        )
    )


def _metric(metric: MetricDefinition) -> Sequence[str]:
    suffix = "_total" if metric.kind is MetricKind.COUNTER else ""
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    scope = "store" if metric.committed else "process"
    name = f"`{metric.name}{suffix}`"
    return name, metric.kind.value, metric.unit, scope, labels, metric.help


def _recorded(recorded: Iterable[RecordingRule]) -> Iterable[Sequence[str]]:
    """Each name once, though some are recorded by window or by scope."""
    meanings: dict[str, str] = {}
    for recording in recorded:
        meanings.setdefault(recording.name, recording.meaning)
    return ((f"`{name}`", meaning) for name, meaning in meanings.items())


def _alerts() -> Iterable[Sequence[str]]:
    for alert in alerts(LIMITS):
        runbook = (
            f"[what to do](../../collector/groundwire_collector/alerting/runbooks/{alert.name}.md)"
        )
        yield f"`{alert.name}`", alert.severity.value, runbook


def _limits() -> Iterable[Sequence[str]]:
    for name, field in RuleSettings.model_fields.items():
        default = field.default
        shown = "; ".join(map(str, default)) if isinstance(default, tuple) else default
        if isinstance(default, SloTargets):
            shown = f"default: {{effect: {default.default.effect:g}}}"
        yield f"`{name}`", f"`{shown}`" if shown != "" else "", field.description or ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"
