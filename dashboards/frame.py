"""Shared dashboard frame: variables, annotations, links, first screen, collapsed rows."""

from collections.abc import Callable, Iterator, Sequence

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog import builder as cog
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import PROMETHEUS, query
from groundwire_collector.alerting.promql import SERVICE, one_replica
from groundwire_collector.metric_definitions import (
    DRIFT_ALARM,
    DRIFT_CHANGE_TIMESTAMP,
    FAITHFULNESS,
    TURNS,
    VERSION_FIRST_SEEN,
)

TAG = "groundwire"
VERSION = 2  # of the dashboards; raised with every release that changes them
WIDTH = 24
SCREEN = 22  # grid rows of a first screen at 1920 × 1080
RECENT = "1h"  # a version not seen in this time is new

Panel = cog.Builder[models.Panel]
Variable = cog.Builder[models.VariableModel]
Place = tuple[Callable[[], Panel], int]  # panel, width in grid columns
Band = tuple[int, Sequence[Place]]  # height in grid rows, panels from left to right
Section = tuple[str, Sequence[Band]]  # title of a collapsed row, its bands


def band(height: int, *panels: Callable[[], Panel]) -> Band:
    """Panels of equal width beside one another."""
    return height, [(panel, WIDTH // len(panels)) for panel in panels]


def board(
    uid: str,
    title: str,
    description: str,
    first: Sequence[Band],
    below: Sequence[Section],
    variables: Sequence[Variable],
) -> dashboard.Dashboard:
    """Dashboard with one screen of panels and collapsed rows below it."""
    built = _head(uid, title, description, variables)
    for panel in _placed(first, 0):
        built = built.with_panel(panel)
    top = sum(height for height, _ in first)
    for at, (heading, bands) in enumerate(below, start=top):
        row = dashboard.Row(heading).collapsed(True).grid_pos(_grid(0, at, WIDTH, 1))
        for panel in _placed(bands, at + 1):
            row = row.with_panel(panel)
        built = built.with_row(row)
    return built


def _head(
    uid: str, title: str, description: str, variables: Sequence[Variable]
) -> dashboard.Dashboard:
    built = (
        dashboard.Dashboard(f"Groundwire / {title}")
        .uid(uid)
        .version(VERSION)
        .description(description)
        .tags([TAG])
        .time("now-1h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .variables(list(variables))
        .link(others())
        .link(page("Worst turns", "/turns?order=worst"))
        .link(page("Alarms", "/alarms"))
    )
    for annotation in annotations():
        built = built.annotation(annotation)
    return built


def _placed(bands: Sequence[Band], top: int) -> Iterator[Panel]:
    """Panels with their places on the grid."""
    for height, places in bands:
        left = 0
        for panel, width in places:
            yield panel().grid_pos(_grid(left, top, width, height))  # type: ignore[attr-defined]
            left += width
        top += height


def _grid(left: int, top: int, width: int, height: int) -> models.GridPos:
    return models.GridPos(x=left, y=top, w=width, h=height)


def common_variables() -> list[Variable]:
    """Variables of a dashboard about scored turns."""
    return [*version_variables(), evaluator(), collector_url()]


def version_variables() -> list[Variable]:
    """Variables that choose services and versions."""
    return [
        datasource(),
        services(),
        *(version(dimension) for dimension in ("model", "prompt", "index")),
    ]


def datasource() -> Variable:
    return dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def services() -> Variable:
    return values("service", "Service", f"label_values({TURNS.name}_total, service)")


def version(dimension: str) -> Variable:
    name = f"{dimension}_version"
    definition = f"label_values({TURNS.name}_total{{{SERVICE}}}, {name})"
    return values(name, f"{dimension.capitalize()} version", definition)


def values(name: str, label: str, definition: str) -> dashboard.QueryVariable:
    """Multi-value variable over a label's values, all selected by default."""
    return (
        one_value(name, label, definition)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")  # also where the label is empty
        .current(models.VariableOption(text="All", value="$__all"))
    )


def one_value(name: str, label: str, definition: str) -> dashboard.QueryVariable:
    """Single-value variable whose default is the first value of its query."""
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(PROMETHEUS)
        .query(definition)
        .sort(models.VariableSort.DISABLED)
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
    """Annotations of all charts: rollouts and onset of drift, others on demand.

    Each is a point in time: regions of several kinds would cover the lines.
    """
    alarms = one_replica(f"{DRIFT_ALARM.name}{{{SERVICE}}}")
    began = one_replica(f"{DRIFT_CHANGE_TIMESTAMP.name}{{{SERVICE}}}")
    firing = f'ALERTS_FOR_STATE{{alertname=~"Groundwire.+", {SERVICE}}} * 1000'
    what = "{{signal}} of {{service}}: {{dimension}} {{value}}"
    released = one_replica(f'{VERSION_FIRST_SEEN.name}{{{SERVICE}, dimension=~"adapter|release"}}')
    before = one_replica(f"{DRIFT_ALARM.name}{{{SERVICE}}} offset 1m")
    return [
        mark("Rollouts", "blue", new("model_version"), "Rollout of {{model_version}}"),
        mark("Drift began", "orange", f"{began} * 1000", f"Drift began: {what}", moment=True),
        mark(
            "New prompts", "purple", new("prompt_version"), "New prompt {{prompt_version}}", False
        ),
        mark("Index changes", "yellow", new("index_version"), "New index {{index_version}}", False),
        mark(
            "Releases", "green", f"{released} * 1000", "{{dimension}} {{value}}", False, moment=True
        ),
        mark("Drift alarms", "red", f"{alarms} unless {before}", f"Drift alarm: {what}", False),
        mark("Alerts", "red", firing, "{{alertname}} {{service}}", False, moment=True),
    ]


def new(label: str) -> str:
    """Versions not seen for an hour, of a service that was."""
    counter = f'{TURNS.name}_total{{{SERVICE}, {label}!=""}}'
    before = f"present_over_time({counter}[{RECENT}] offset 1m)"
    by = f"count by (service, {label})"
    return (
        f"({by} ({counter}) unless {by} ({before})) and on (service) count by (service) ({before})"
    )


def mark(
    name: str, color: str, expression: str, title: str, shown: bool = True, moment: bool = False
) -> dashboard.AnnotationQuery:
    """Annotation, shown from the start or not.

    `moment`: the value of its query is its time, in milliseconds.
    """
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(PROMETHEUS)
        .enable(shown)
        .icon_color(color)
        .target(query(expression, ""))
        .title_format(title)
        .text_format("{{service}} {{cause}}")
        .use_value_for_time(moment)
    )


def others() -> dashboard.DashboardLink:
    """Links to the other dashboards, keeping time range and variables."""
    link = dashboard.DashboardLink("Dashboards").type(models.DashboardLinkType.DASHBOARDS)
    return link.tags([TAG]).as_dropdown(False).keep_time(True).include_vars(True)


def page(title: str, path: str) -> dashboard.DashboardLink:
    """Link to a page of the collector."""
    link = dashboard.DashboardLink(title).type(models.DashboardLinkType.LINK)
    return link.url(f"${{collector_url}}{path}").target_blank(True)
