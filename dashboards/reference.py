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

Generated from the code by `make docs`.

`GET /metrics` returns OpenMetrics, with the trace id of a turn as exemplar of each bucket, or the
older text format, depending on the scraper's Accept header. Metrics marked *store* are committed
in one transaction with the evaluations they count: restarts do not reset them, nothing is counted
twice, and every replica of the collector exposes the same values (the rules use one of them).
Those marked *process* belong to one receiver process and start at zero with it.

A metric has at most {CAP} label sets. A new one replaces the one idle longest; only if all are
active is a new version counted under `other`. Both events are counted. Labels never contain ids or
texts. Ratios are not exported as metrics but recorded from counters, so that numerator and
denominator are always available.
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
            "## Example queries\n",
            "Metrics marked *store* have the same value on every replica: deduplicate before you "
            "sum, as `max without (instance, pod)` does here.\n",
            "\n".join(f"{what}:\n\n    {query}\n" for what, query in EXAMPLES.items()),
            "## Recorded series\n",
            "Values are over the window `current_window` below unless stated otherwise.\n",
            _table(("name", "meaning"), _recorded(recorded)),
            "## Alerts\n",
            "Expressions are in `dashboards/generated/prometheus/groundwire-alerts.yml`.\n",
            _table(("name", "severity", "runbook"), _alerts()),
            "## Limits\n",
            "`groundwire rules --config FILE --out DIR` generates the rules of a deployment; FILE "
            "is a TOML file with any of these settings. Durations are in seconds.\n",
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
    """Names without duplicates: some are recorded by window or scope."""
    meanings: dict[str, str] = {}
    for recording in recorded:
        meanings.setdefault(recording.name, recording.meaning)
    return ((f"`{name}`", meaning) for name, meaning in meanings.items())


def _alerts() -> Iterable[Sequence[str]]:
    for alert in alerts(LIMITS):
        runbook = (
            f"[runbook](../../collector/groundwire_collector/alerting/runbooks/{alert.name}.md)"
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
