"""Panel style and query helpers shared by the dashboards."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    heatmap,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import heatmap as heatmap_models
from grafana_foundation_sdk.models import prometheus as prometheus_models
from grafana_foundation_sdk.models.common import DataSourceRef

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDTH = 24

LEGEND = "{{service}} {{model_version}}"


def query(expression: str, legend: str = LEGEND, exemplars: bool = False) -> prometheus.Dataquery:
    """Range query over the dashboard's time range."""
    built = prometheus.Dataquery().datasource(PROMETHEUS).expr(expression).range()
    return built.legend_format(legend).exemplar(exemplars)


def query_now(expression: str, legend: str = "") -> prometheus.Dataquery:
    """Instant query."""
    built = prometheus.Dataquery().datasource(PROMETHEUS).expr(expression).instant()
    return built.legend_format(legend)


def table_query(expression: str) -> prometheus.Dataquery:
    return query_now(expression).format(prometheus_models.PromQueryFormat.TABLE)


def line(title: str, description: str, unit: str) -> timeseries.Panel:
    """Time series panel; gaps stay gaps, since no data is not zero."""
    legend = common.VizLegendOptions().show_legend(True)
    legend = legend.display_mode(common_models.LegendDisplayMode.LIST)
    return (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit(unit)
        .fill_opacity(8)
        .line_width(2)
        .span_nulls(False)
        .show_points(common_models.VisibilityMode.AUTO)
        .legend(legend.placement(common_models.LegendPlacement.BOTTOM))
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
    )


def share(title: str, description: str) -> timeseries.Panel:
    """Time series panel of a ratio, 0 to 100 %."""
    return line(title, description, "percentunit").min(0).max(1)


def parts(title: str, description: str) -> timeseries.Panel:
    """Stacked areas of a whole, up to 100 %."""
    stacked = common.StackingConfig().mode(common_models.StackingMode.NORMAL)
    return share(title, description).fill_opacity(60).line_width(0).stacking(stacked)


def evidence(title: str, description: str) -> timeseries.Panel:
    """Detector statistics with the alarm threshold."""
    drawn = common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.LINE)
    panel = line(title, description, "none").min(0).max(1.5).thresholds_style(drawn)
    return panel.thresholds(limits((None, "transparent"), (1, "red")))


def number(title: str, description: str, unit: str) -> stat.Panel:
    """Stat panel: latest value with sparkline."""
    latest = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit(unit)
        .no_value("no data")
        .reduce_options(latest)
        .graph_mode(common_models.BigValueGraphMode.AREA)
        .color_mode(common_models.BigValueColorMode.VALUE)
    )


def density(title: str, description: str, unit: str) -> heatmap.Panel:
    """Heatmap panel of histogram buckets."""
    scheme = heatmap.HeatmapColorOptions().mode(heatmap_models.HeatmapColorMode.SCHEME)
    axis = heatmap.YAxisConfig().unit(unit)
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .calculate(False)
        .color(scheme.scheme("Blues").steps(64))
        .y_axis(axis)
    )


def listing(title: str, description: str) -> table.Panel:
    return (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .no_value("none")
        .override_by_regexp("Time|job|__name__", [property_of("custom.hidden", True)])
    )


def merged(
    panel: table.Panel, labels: Sequence[str], *columns: tuple[str, str, str]
) -> table.Panel:
    """Table with one row per label set: first the labels in this order, then one column per query
    (name, unit, expression)."""
    for letter, (name, unit, expression) in zip("ABCDEFGH", columns, strict=False):
        shown = [property_of("displayName", name), property_of("unit", unit)]
        panel = panel.with_target(table_query(expression))
        panel = panel.override_by_name(f"Value #{letter}", shown)
    order = {name: at for at, name in enumerate(labels)}
    merge = models.DataTransformerConfig(id_val="merge", options={})
    arrangement = {"indexByName": order, "excludeByName": {}, "renameByName": {}}
    organize = models.DataTransformerConfig(id_val="organize", options=arrangement)
    return panel.with_transformation(merge).with_transformation(organize)


def property_of(name: str, value: object) -> models.DynamicConfigValue:
    return models.DynamicConfigValue(id_val=name, value=value)


def limits(*steps: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    """Threshold colours by lower bound; None is the lowest."""
    thresholds = [models.Threshold(value=value, color=color) for value, color in steps]
    absolute = models.ThresholdsMode.ABSOLUTE
    return dashboard.ThresholdsConfig().mode(absolute).steps(thresholds)


def turns_link(order: str = "worst", *labels: str) -> dashboard.DashboardLink:
    """Data link from a series to its turns in the collector's pages."""
    chosen = "".join(f"&{name}=${{__field.labels.{name}:percentencode}}" for name in labels)
    return _link(order, chosen)


def refusals_link(*labels: str) -> dashboard.DashboardLink:
    """Data link from a series to its newest refusals."""
    chosen = "".join(f"&{name}=${{__field.labels.{name}:percentencode}}" for name in labels)
    return _link("newest", f"{chosen}&state=refusal")


def row_link(*columns: str) -> dashboard.DashboardLink:
    """Data link from a table row to its worst turns."""
    return _link("worst", "".join(f"&{c}=${{__data.fields.{c}:percentencode}}" for c in columns))


def _link(order: str, chosen: str) -> dashboard.DashboardLink:
    period = "&since=${__from:date:seconds}&until=${__to:date:seconds}"
    url = f"${{collector_url}}/turns?order={order}{chosen}{period}"
    title = "Open the worst turns" if order == "worst" else "Open the newest turns"
    return dashboard.DashboardLink(title).url(url).target_blank(True)


WORST = turns_link("worst", "service", "model_version")
