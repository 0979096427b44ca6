"""Shared dashboard frame: variables, annotations, links, row layout."""

from collections.abc import Callable, Sequence

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog import builder as cog
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import PROMETHEUS, WIDTH, query
from groundwire_collector.alerting.promql import SERVICE, one_replica
from groundwire_collector.metric_definitions import (
    DRIFT_ALARM,
    DRIFT_CHANGE_TIMESTAMP,
    FAITHFULNESS,
    TURNS,
)

TAG = "groundwire"
NEW_FOR = "5m"  # how long a version counts as new

Panel = cog.Builder[models.Panel]
Variable = cog.Builder[models.VariableModel]
Row = tuple[str, int, Sequence[Callable[[], Panel]]]  # title, height, panels of equal width


def board(
    uid: str, title: str, description: str, rows: Sequence[Row], variables: Sequence[Variable]
) -> dashboard.Dashboard:
    built = (
        dashboard.Dashboard(f"Groundwire / {title}")
        .uid(uid)
        .description(description)
        .tags([TAG])
        .time("now-6h", "now")
        .refresh("1m")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .variables(list(variables))
        .link(others())
        .link(pages())
    )
    for annotation in annotations():
        built = built.annotation(annotation)
    for heading, height, panels in rows:
        built = built.with_row(dashboard.Row(heading))
        for panel in panels:
            built = built.with_panel(panel().span(WIDTH // len(panels)).height(height))
    return built


def common_variables() -> list[Variable]:
    return [
        datasource(),
        values("service", "Service", f"label_values({TURNS.name}_total, service)"),
        *(version(dimension) for dimension in ("model", "prompt", "index")),
        evaluator(),
        collector_url(),
    ]


def datasource() -> Variable:
    return dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def version(dimension: str) -> Variable:
    name = f"{dimension}_version"
    definition = f"label_values({TURNS.name}_total{{{SERVICE}}}, {name})"
    return values(name, f"{dimension.capitalize()} version", definition)


def values(name: str, label: str, definition: str) -> dashboard.QueryVariable:
    """Multi-value variable over a label's values, all selected by default."""
    return (
        one_value(name, label, definition)
        .multi(True)
        .include_all(True)
        .all_value(".*")  # also where the label is empty
        .current(models.VariableOption(text="All", value="$__all"))
    )


def one_value(name: str, label: str, definition: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(PROMETHEUS)
        .query(definition)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
    )


def evaluator() -> Variable:
    definition = f"label_values({FAITHFULNESS.name}_count, evaluator)"
    chosen = models.VariableOption(text="grounding", value="grounding")
    return one_value("evaluator", "Evaluator", definition).current(chosen)


def collector_url() -> Variable:
    shown = dashboard.TextBoxVariable("collector_url").label("Collector")
    return shown.default_value("http://127.0.0.1:4318")


def annotations() -> list[dashboard.AnnotationQuery]:
    """Annotations: rollouts, other new versions, drift, alerts."""
    alarms = one_replica(f"{DRIFT_ALARM.name}{{{SERVICE}}}")
    began = one_replica(f"{DRIFT_CHANGE_TIMESTAMP.name}{{{SERVICE}}}")
    firing = 'ALERTS{alertname=~"Groundwire.+", alertstate="firing"}'
    what = "{{signal}} of {{service}}: {{dimension}} {{value}}"
    return [
        mark("Rollouts", "blue", new("model_version"), "Rollout of {{model_version}}"),
        mark("New prompts", "purple", new("prompt_version"), "New prompt {{prompt_version}}"),
        mark("Index changes", "green", new("index_version"), "New index {{index_version}}"),
        mark("Drift alarms", "orange", alarms, f"Drift alarm: {what}"),
        mark("Drift began", "yellow", f"{began} * 1000", f"Drift began: {what}").use_value_for_time(
            True
        ),
        mark("Alerts", "red", firing, "{{alertname}} {{service}} {{model_version}}"),
    ]


def new(label: str) -> str:
    """Versions first seen within the last minutes."""
    seen = f'count by (service, {label}) ({TURNS.name}_total{{{SERVICE}, {label}!=""}}'
    return f"{seen}) unless {seen} offset {NEW_FOR})"


def mark(name: str, color: str, expression: str, title: str) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(PROMETHEUS)
        .enable(True)
        .icon_color(color)
        .target(query(expression, ""))
        .title_format(title)
        .text_format("{{service}} {{cause}}")
    )


def others() -> dashboard.DashboardLink:
    """Links to the other dashboards, keeping time range and variables."""
    link = dashboard.DashboardLink("Dashboards").type(models.DashboardLinkType.DASHBOARDS)
    return link.tags([TAG]).as_dropdown(True).keep_time(True).include_vars(True)


def pages() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("Worst turns").type(models.DashboardLinkType.LINK)
    return link.url("${collector_url}/turns?order=worst").target_blank(True)
