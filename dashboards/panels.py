"""Panel builders with legends, colours, units and texts for missing values.

A missing value is a grey dash, a stat has thresholds or no colour, a chart has a legend with the
last and the worst value, a table hides every label that it does not name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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

from groundwire_collector.alerting.promql import SERVICE, one_replica, rate
from groundwire_collector.metric_definitions import VERSION_FIRST_SEEN

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="${datasource}")
LEGEND = "{{service}} · {{model_version}}"
MISSING = "–"
NOTHING = "nothing measured in this range"
DASH = {"fill": "dash", "dash": [6, 6]}
SMOOTH = "2m"  # least step of a share of turns: a minute of a usual service is noise

# Colours of closed sets, by what they mean.
GOOD, BAD, POOR, ODD, PLAIN = "green", "red", "orange", "purple", "text"
VERDICT_COLOURS = {
    "supported": GOOD,
    "contradicted": BAD,
    "unsupported": POOR,
    "not_a_claim": PLAIN,
}
CITATION_COLOURS = {"valid": GOOD, "wrong_chunk": BAD, "not_retrieved": POOR, "missing": PLAIN}
CHUNK_COLOURS = {"used": GOOD, "ignored": BAD, "missing": POOR}
VALUE_COLOURS = {"covered": GOOD, "novel": POOR, "overriding": BAD}
OUTCOME_COLOURS = {
    "context": GOOD,
    "parametric": BAD,
    "stale": POOR,
    "both": ODD,
    "neither": PLAIN,
    "refusal": "blue",
}
STALE_COLOURS = {"follows_new": GOOD, "keeps_old": BAD, "neither": PLAIN}

STATE_COLOURS = {
    "scored": GOOD,
    "failed": BAD,
    "not_evaluable": POOR,
    "no_context": ODD,
    "refusal": "blue",
    "no_claims": PLAIN,
    "not_sampled": "light-blue",
}
RESULT_COLOURS = {".* · answered": GOOD, ".* · skipped": PLAIN}  # other results are failures
RUN_COLOURS = {"finished": GOOD, "abandoned": BAD}
OLDER, NEWEST = "blue", "orange"  # versions, by position

Steps = tuple[tuple[float | None, str], ...]


def query(expression: str, legend: str = LEGEND, exemplars: bool = False) -> prometheus.Dataquery:
    """Range query over the dashboard's time range."""
    built = prometheus.Dataquery().datasource(PROMETHEUS).expr(expression).range()
    return built.legend_format(legend).exemplar(exemplars)


def query_now(expression: str, legend: str = "") -> prometheus.Dataquery:
    """Instant query."""
    built = prometheus.Dataquery().datasource(PROMETHEUS).expr(expression).instant()
    return built.legend_format(legend)


def line(
    title: str, description: str, unit: str, worst: str = "max", empty: str = NOTHING
) -> timeseries.Panel:
    """Time series panel; gaps stay gaps, since no data is not zero.

    `worst` is the reduction that the legend shows beside the last value; `empty` is what the panel
    shows without data.
    """
    legend = (
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(common_models.LegendDisplayMode.TABLE)
        .placement(common_models.LegendPlacement.BOTTOM)
        .calcs(["lastNotNull", worst])
        .sort_by(worst.capitalize())
        .sort_desc(worst == "max")
    )
    tooltip = common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI)
    order = common_models.SortOrder.ASCENDING if worst == "min" else None
    return (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit(unit)
        .no_value(empty)
        .fill_opacity(0)
        .line_width(2)
        .span_nulls(False)
        .show_points(common_models.VisibilityMode.NEVER)
        .thresholds(limits((None, "transparent")))
        .legend(legend)
        .tooltip(tooltip.sort(order or common_models.SortOrder.DESCENDING))
    )


def rate_of(title: str, description: str, unit: str, empty: str = NOTHING) -> timeseries.Panel:
    """Time series panel of a rate, in a unit such as `turns/s`."""
    return line(title, description, f"suffix:{unit}", "max", empty).min(0).decimals(2)


def bad_share(title: str, description: str, empty: str = NOTHING) -> timeseries.Panel:
    """Time series panel of a ratio of which high is bad.

    Its axis begins at 0 and goes as far as the values.
    """
    return line(title, description, "percentunit", "max", empty).min(0).decimals(1)


def good_share(title: str, description: str, empty: str = NOTHING) -> timeseries.Panel:
    """Time series panel of a ratio of which low is bad.

    Its axis ends at 100 % and goes no lower than needed.
    """
    panel = line(title, description, "percentunit", "min", empty).max(1).decimals(1)
    return panel.axis_soft_min(0.6).interval(SMOOTH)


def change(title: str, description: str, empty: str = NOTHING) -> timeseries.Panel:
    """Time series panel of a difference of two ratios."""
    return line(title, description, "percentunit", "min", empty).decimals(1)


def parts(
    title: str, description: str, colours: Mapping[str, str], empty: str = NOTHING
) -> timeseries.Panel:
    """Stacked areas of a whole, each part in the colour of its meaning."""
    stacked = common.StackingConfig().mode(common_models.StackingMode.NORMAL)
    panel = line(title, description, "percentunit", "max", empty).min(0).max(1).decimals(1)
    panel = panel.interval(SMOOTH).fill_opacity(55).line_width(1).stacking(stacked)
    return coloured(panel, colours)


def coloured(panel: timeseries.Panel, colours: Mapping[str, str]) -> timeseries.Panel:
    """Colour the series of a closed set by their meanings."""
    for name, colour in colours.items():
        panel = panel.override_by_name(name, [_fixed(colour)])
    return panel


def coloured_parts(panel: timeseries.Panel, colours: Mapping[str, str]) -> timeseries.Panel:
    """Colour series whose legend is several labels, by a pattern of the whole legend."""
    for pattern, colour in colours.items():
        panel = panel.override_by_regexp(pattern, [_fixed(colour)])
    return panel


def shaded(panel: timeseries.Panel, colour: str) -> timeseries.Panel:
    """Shades of one colour for series whose names are not known, so that none is green."""
    mode = models.FieldColorModeId.SHADES
    return panel.color_scheme(dashboard.FieldColor().mode(mode).fixed_color(colour))


def bounded(panel: timeseries.Panel) -> timeseries.Panel:
    """Draw the bounds of an estimate thinner than its mean, and what it corrects dashed."""
    panel = panel.override_by_regexp("(lower|upper) .*", [property_of("custom.lineWidth", 1)])
    return dashed(panel, "(uncorrected|effective) .*")


def dashed(panel: timeseries.Panel, pattern: str) -> timeseries.Panel:
    """Dash the series whose legend has a pattern."""
    return panel.override_by_regexp(pattern, [property_of("custom.lineStyle", DASH)])


def happened(counter: str, matchers: str, by: str) -> str:
    """Events a minute, without the series of those that did not happen in the displayed range."""
    series = f"{counter}{{{matchers}}}"
    total = one_replica(f"increase({series}[$__range] @ end())")
    return f"60 * sum by ({by}) ({rate(counter, matchers)}) and sum by ({by}) ({total}) > 0"


def by_version(
    panel: timeseries.Panel,
    expression: str,
    legend: str = LEGEND,
    *,
    label: str = "model_version",
    exemplars: bool = False,
    letters: str = "AB",
) -> timeseries.Panel:
    """Lines of versions: the newest of a service in orange, those before it in blue.

    The newest one at the end of the range, so that a line has one colour; a service's only version
    is blue. `letters` are those of the two queries: a panel's first two, if it has no others.
    """
    newest = f"on (service, {label}) {_newest(label)}"
    for split in ("unless", "and"):
        panel = panel.with_target(query(f"({expression}) {split} {newest}", legend, exemplars))
    older, new = ([_shades(colour)] for colour in (OLDER, NEWEST))
    return panel.override_by_query(letters[0], older).override_by_query(letters[1], new)


def _newest(label: str) -> str:
    """Newest version of each service that has several, as label of the turns."""
    first = f'{VERSION_FIRST_SEEN.name}{{{SERVICE}, dimension="{label}"}} @ end()'
    first = one_replica(first)
    several = f"(count by (service) ({first}) > 1)"
    newest = f"topk by (service) (1, {first}) and on (service) {several}"
    return f'label_replace({newest}, "{label}", "$1", "value", "(.*)")'


def expected(panel: timeseries.Panel, name: str) -> timeseries.Panel:
    """Draw the expected level dashed, in the colour of text."""
    return panel.override_by_name(name, [property_of("custom.lineStyle", DASH), _fixed(PLAIN)])


def compared(
    panel: timeseries.Panel, old: str, new: str, legend: str, *, several: bool = False
) -> timeseries.Panel:
    """Queries of the old and the new model, in the same colours everywhere.

    `several`: each has several series, which get shades of its colour.
    """
    panel = panel.with_target(query(old, legend)).with_target(query(new, legend))
    older, new_ = ([_shades(c) if several else _fixed(c)] for c in (OLDER, NEWEST))
    return panel.override_by_query("A", older).override_by_query("B", new_)


def evidence(title: str, description: str) -> timeseries.Panel:
    """Time series panel of detector statistics on a logarithmic axis."""
    scale = common.ScaleDistributionConfig().type(common_models.ScaleDistribution.LOG).log(10)
    drawn = common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.LINE)
    panel = line(title, description, "none", empty="no service is monitored yet").decimals(6)
    panel = panel.scale_distribution(scale).min(1e-6).max(10).thresholds_style(drawn)
    return panel.thresholds(limits((None, "transparent"), (1, BAD)))


def number(
    title: str, description: str, unit: str, steps: Steps | None, decimals: int = 0
) -> stat.Panel:
    """Stat panel of the latest values.

    `steps` are its colours by lower bound; None for no colour.
    """
    latest = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")
    mode = common_models.BigValueColorMode
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit(unit)
        .decimals(decimals)
        .no_value(MISSING)
        .mappings([_missing()])
        .reduce_options(latest)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .color_mode(mode.VALUE if steps else mode.NONE)
    )
    return panel.thresholds(limits(*(steps or ((None, PLAIN),))))


def density(title: str, description: str, unit: str) -> heatmap.Panel:
    """Heatmap panel of histogram buckets."""
    scheme = heatmap.HeatmapColorOptions().mode(heatmap_models.HeatmapColorMode.SCHEME)
    axis = heatmap.YAxisConfig().unit(unit)
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .no_value(NOTHING)
        .calculate(False)
        .color(scheme.scheme("Blues").steps(64))
        .y_axis(axis)
    )


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """Column of a table that shows a label; width in pixels.

    A column of width 0 is hidden: links read it. `absent` is shown where a row lacks the label, and
    keeps the column, which links read, where every row does.
    """

    name: str
    width: int
    shown: str = ""
    absent: str = ""

    @property
    def properties(self) -> list[models.DynamicConfigValue]:
        """Width, or what hides it in Grafana before and since version 13."""
        if self.width:
            return [property_of("custom.width", self.width)]
        hidden = {"viz": True, "legend": False, "tooltip": False}
        return [property_of("custom.hidden", True), property_of("custom.hideFrom", hidden)]


@dataclass(frozen=True, slots=True)
class QueryColumn:
    """Column of a table that shows a query's values; width in pixels."""

    name: str
    unit: str
    expression: str
    width: int
    decimals: int | None = None
    colour: str = ""


def listing(
    title: str, description: str, empty: str, labels: Sequence[LabelColumn], *columns: QueryColumn
) -> table.Panel:
    """Table with a row for each label set and a column for each query.

    The first query is the one that has a value wherever another has: Grafana calls the column of
    the only query that answers `Value`, without its letter. Labels that are not named are summed
    away, so that two replicas or tenants do not split a row.
    """
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .no_value(empty)
        .cell_height(common_models.TableCellHeight.SM)
    )
    names = [label.name for label in labels]
    for letter, column in zip("ABCDEFGHIJ", columns, strict=False):
        reduced = _labelled(f"max by ({', '.join(names)}) ({column.expression})", labels)
        panel = panel.with_target(_table_query(reduced))
        matched = "Value( #A)?" if letter == "A" else f"Value #{letter}"
        panel = panel.override_by_regexp(matched, _properties(column))
    for label in labels:
        panel = panel.override_by_name(label.shown or label.name, label.properties)
    return _arranged(panel, labels)


def _labelled(expression: str, labels: Sequence[LabelColumn]) -> str:
    for label in labels:
        if label.absent:
            absent = f'"{label.name}", "{label.absent}", "{label.name}", ""'
            expression = f"label_replace({expression}, {absent})"
    return expression


def _arranged(panel: table.Panel, labels: Sequence[LabelColumn]) -> table.Panel:
    """Merge the queries into rows and order the columns."""
    order = {label.name: at for at, label in enumerate(labels)}
    renamed = {label.name: label.shown for label in labels if label.shown}
    merge = models.DataTransformerConfig(id_val="merge", options={})
    options = {"indexByName": order, "excludeByName": {"Time": True}, "renameByName": renamed}
    organize = models.DataTransformerConfig(id_val="organize", options=options)
    return panel.with_transformation(merge).with_transformation(organize)


def _properties(column: QueryColumn) -> list[models.DynamicConfigValue]:
    found = [
        property_of("displayName", column.name),
        property_of("unit", column.unit),
        property_of("custom.width", column.width),
    ]
    if column.decimals is not None:
        found.append(property_of("decimals", column.decimals))
    if column.colour:
        found += [_fixed(column.colour), property_of("custom.cellOptions", {"type": "color-text"})]
    return found


def _table_query(expression: str) -> prometheus.Dataquery:
    return query_now(expression).format(prometheus_models.PromQueryFormat.TABLE)


def property_of(name: str, value: object) -> models.DynamicConfigValue:
    """Property of an override, such as `custom.width`."""
    return models.DynamicConfigValue(id_val=name, value=value)


def limits(*steps: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    """Threshold colours by lower bound; None is the lowest."""
    thresholds = [models.Threshold(value=value, color=color) for value, color in steps]
    absolute = models.ThresholdsMode.ABSOLUTE
    return dashboard.ThresholdsConfig().mode(absolute).steps(thresholds)


def _fixed(colour: str) -> models.DynamicConfigValue:
    return property_of("color", {"mode": "fixed", "fixedColor": colour})


def _shades(colour: str) -> models.DynamicConfigValue:
    return property_of("color", {"mode": "shades", "fixedColor": colour})


def _missing() -> models.ValueMapping:
    """Value mapping of a missing value to a grey dash."""
    shown = models.ValueMappingResult(text=MISSING, color=PLAIN, index=0)
    options = models.DashboardSpecialValueMapOptions(
        match=models.SpecialValueMatch.NULL_AND_NAN, result=shown
    )
    return models.SpecialValueMap(options=options)


Link = dashboard.DashboardLink


def turns_link(order: str = "worst", *labels: str) -> Link:
    """Data link from a series to its turns in the collector's pages."""
    chosen = "".join(f"&{name}=${{__field.labels.{name}:percentencode}}" for name in labels)
    title = "Open the worst turns" if order == "worst" else "Open the newest turns"
    return link(title, f"/turns?order={order}{chosen}{PERIOD}")


def refusals_link(*labels: str) -> Link:
    """Data link from a series to its newest refusals."""
    chosen = "".join(f"&{name}=${{__field.labels.{name}:percentencode}}" for name in labels)
    return link("Open the newest refusals", f"/turns?order=newest{chosen}&state=refusal{PERIOD}")


def worst_turn_link(*labels: str) -> Link:
    """Data link from a series to the sentences of its worst turn."""
    chosen = "".join(f"&{name}=${{__field.labels.{name}:percentencode}}" for name in labels)
    return link("Open the worst turn", f"/turns/worst?order=worst{chosen}{PERIOD}")


def row_link(**columns: str) -> Link:
    """Data link from a table row to its worst turn.

    `columns`: labels, and the columns that show them.
    """
    chosen = "".join(f"&{n}=${{__data.fields.{c}:percentencode}}" for n, c in columns.items())
    return link("Open the worst turn", f"/turns/worst?order=worst{chosen}{PERIOD}")


def worst_turn_of_row(name: str, value: str, further: str = "") -> Link:
    """Data link from a table row to the worst turn of the turns that a label chooses.

    The columns `name` and `value` show the label; a name that turns do not have chooses all.
    """
    fields = "${__data.fields.%s:percentencode}"
    chosen = f"{further}&{fields % name}={fields % value}"
    return link("Open the worst turn", f"/turns/worst?order=worst{chosen}{PERIOD}")


def segment_link() -> Link:
    """Data link from a drift alarm's row to its segment's worst turn."""
    service = "&service=${__data.fields.service:percentencode}"
    return worst_turn_of_row("dimension", "version", service)


def runbook_link(alert: str) -> Link:
    """Data link to the runbook of an alert."""
    return link("Open the runbook", f"/runbooks/{alert}")


def alarms_link() -> Link:
    """Data link to the drift alarms in the collector's pages."""
    return link("Open the alarms", "/alarms")


def link(title: str, path: str) -> Link:
    """Data link to a page of the collector."""
    return Link(title).url(f"${{collector_url}}{path}").target_blank(True)


PERIOD = "&since=${__from:date:seconds}&until=${__to:date:seconds}"
VERSION_LINKS = [
    worst_turn_link("service", "model_version"),
    turns_link("worst", "service", "model_version"),
]
