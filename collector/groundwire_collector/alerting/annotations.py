"""Annotation templates shared by alerts: labels, values, links.

https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
"""

from collections.abc import Sequence

from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_collector.metric_definitions import JUDGE_CALLS, VERSION_LABELS

VERSIONS = VERSION_LABELS[1:]
CLOCK = "2006-01-02 15:04:05 MST"  # Go format verb
# Signal descriptions for the person on call; other signals appear by name.
SIGNALS = {
    "p_unsupported": "unsupported claims",
    "override": "answers contradicting the context",
    "probe": "probe answers from memory",
    "unfaithful": "unfaithful answers by drawn labels",
    "not_evaluated": "turns that could not be evaluated",
    "unscored": "turns with nothing to score",
}
# Takes the name of the judge from the alert's label.
_JUDGED = (
    f"printf `group by (service) ({JUDGE_CALLS.name}_total{{evaluator=%q}})` "
    "$labels.evaluator | query | sortByLabel `service`"
)
WHOLE = 'printf "%.0f"'
SHARE = "humanizePercentage"


def named(label: str) -> str:
    return f"{{{{ $labels.{label} }}}}"


def signal(label: str) -> str:
    """Description of the signal, with its name in parentheses."""
    labelled = "".join(
        f'{{{{ if eq {label} "{name}" }}}}{words} {{{{ end }}}}' for name, words in SIGNALS.items()
    )
    return f"{labelled}({{{{ {label} }}}})"


def versions(names: Sequence[str] = VERSIONS) -> str:
    """Version labels of an alert."""
    return "".join(
        f"{{{{ with $labels.{name} }}}}, {name} {{{{ . }}}}{{{{ end }}}}" for name in names
    )


def number(series: str, labels: Sequence[str], written: str, further: str = "") -> str:
    """Value of a series with the alert's labels, formatted in a template.

    `further`: additional matchers. Renders "unknown" if there is no such series.
    """
    matchers = ",".join([*(f"{name}=%q" for name in labels), *([further] if further else ())])
    values = "".join(f" $labels.{name}" for name in labels)
    expression = (
        f"printf `{series}{{{matchers}}}`{values}" if labels else f"`{series}{{{further}}}`"
    )
    shown = f"{{{{ . | first | value | {written} }}}}"
    return f"{{{{ with {expression} | query }}}}{shown}{{{{ else }}}}unknown{{{{ end }}}}"


def moment_of(series: str, labels: Sequence[str]) -> str:
    """Time that is the value of a series with the alert's labels."""
    matchers = ",".join(f"{name}=%q" for name in labels)
    values = "".join(f" $labels.{name}" for name in labels)
    written = f'{{{{ (. | first | value | toTime).Format "{CLOCK}" }}}}'
    expression = f"printf `{series}{{{matchers}}}`{values} | query"
    return f"{{{{ with {expression} }}}}{written}{{{{ else }}}}unknown{{{{ end }}}}"


def drift_since() -> str:
    """Onset of the service's open drift alarms, with its confidence interval."""

    def clock_time(bound: str) -> str:
        series = (
            'segment:groundwire_drift_change_bound_timestamp_seconds:max{service=%q,signal=%q,dimension=%q,value=%q,bound="'
            + bound
        )
        expression = (
            f'printf `{series}"}}` .Labels.service .Labels.signal .Labels.dimension .Labels.value'
        )
        clock = '{{ (. | first | value | toTime).Format "15:04:05" }}'
        return f"{{{{ with {expression} | query }}}}{clock}{{{{ end }}}}"

    alarms = (
        "printf `segment:groundwire_drift_change_timestamp_seconds:max{service=%q}` "
        "$labels.service | query"
    )
    where = "{{ if .Labels.dimension }} for {{ .Labels.dimension }} {{ .Labels.value }}{{ end }}"
    moment = f'{{{{ (.Value | toTime).Format "{CLOCK}" }}}}'
    error = f"between {clock_time('from')} and {clock_time('until')}"
    return (
        f"{{{{ range $i, $_ := {alarms} }}}}{{{{ if $i }}}}; {{{{ end }}}}"
        f"{signal('.Labels.signal')}{where} got worse at {moment} ({error}), "
        "probable cause: {{ .Labels.cause }}{{ else }}No open drift alarm yet: "
        "compare the newest version with the previous one.{{ end }}"
    )


def judged_services() -> str:
    """Services that the judge of an alert, which has no service itself, has judged."""
    services = "{{ if $i }}, {{ end }}{{ .Labels.service }}"
    return f"{{{{ range $i, $_ := {_JUDGED} }}}}{services}{{{{ else }}}}unknown{{{{ end }}}}"


def judged_turns_url(limits: RuleSettings, order: str, further: str = "") -> str:
    """Turns of the only service that the judge of an alert judges, or of all services."""
    service = "{{ if eq (len .) 1 }}&service={{ (first .).Labels.service | urlquery }}{{ end }}"
    return turns_url(limits, (), order, f"{further}{{{{ with {_JUDGED} }}}}{service}{{{{ end }}}}")


def turns_url(limits: RuleSettings, labels: Sequence[str], order: str, further: str = "") -> str:
    return f"{limits.collector_url}/turns?order={order}{_chosen(labels)}{further}"


def worst_links(limits: RuleSettings, labels: Sequence[str], window: int) -> dict[str, str]:
    """Links to the worst turn and the list of worst turns.

    Since the onset of an open drift alarm, else over the last `window` seconds.
    """
    changed = (
        "printf "
        "`min(segment:groundwire_drift_change_timestamp_seconds:max{service=%q})` $labels.service"
    )
    shown = f"{{{{ . | first | value | {WHOLE} }}}}"
    recently = f'{{{{ with query "time() - {window}" }}}}{shown}{{{{ end }}}}'
    begin = f"&since={{{{ with {changed} | query }}}}{shown}{{{{ else }}}}{recently}{{{{ end }}}}"
    return {
        "worst_turn_url": f"{limits.collector_url}/turns/worst?order=worst{_chosen(labels)}{begin}",
        "turns_url": turns_url(limits, labels, "worst", begin),
        "dashboard_url": dashboard_url(limits),
    }


def dashboard_url(limits: RuleSettings) -> str:
    service = "{{ $labels.service | urlquery }}"
    return f"{limits.grafana_url}/d/groundwire-overview?var-service={service}"


def judge_dashboard_url(limits: RuleSettings, board: str) -> str:
    """Dashboard that shows a judge, with the judge chosen."""
    judge = "{{ $labels.evaluator | urlquery }}"
    return f"{limits.grafana_url}/d/groundwire-{board}?var-evaluator={judge}"


def behaviour_board_url(limits: RuleSettings) -> str:
    service = "{{ $labels.service | urlquery }}"
    return f"{limits.grafana_url}/d/groundwire-behaviour?var-service={service}"


def _chosen(labels: Sequence[str]) -> str:
    return "".join(
        f"{{{{ with $labels.{name} }}}}&{name}={{{{ . | urlquery }}}}{{{{ end }}}}"
        for name in labels
    )
