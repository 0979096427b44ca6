"""Multi-window burn rates of the error budget of flagged turns.

The share that the baseline flags in normal operation (the floor) does not use up the budget, since
an evaluator has false positives. The budget is what the target allows above the floor; a burn rate
of 1 uses exactly that. A window's threshold is the floor plus its factor times the budget, but at
most half of the turns that are normally not flagged: with budgets of percents, rather than
thousandths as in the workbook, a factor of 14.4 would otherwise be unreachable
(docs/explanation/metrics-and-alerts.md).

Simulate false alarms and delay with `groundwire rules --simulate`.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from groundwire_collector.alerting.promql import (
    BY_JUDGE,
    BY_SERVICE_AND_JUDGE,
    RecordingRule,
    grown,
    one_replica,
    total,
)
from groundwire_collector.alerting.rules.settings import (
    BurnWindow,
    RuleSettings,
    Severity,
    duration,
)
from groundwire_collector.alerting.rules.slo_targets import SloTarget
from groundwire_collector.metric_definitions import (
    BASELINE_FLAGGED_TURNS,
    BASELINE_TURNS,
    FAITHFULNESS,
    FLAGGED_TURNS,
)

GRADUALLY = 6 * 3600  # longer windows are evaluated every `reference_interval`
ON = f"on ({', '.join(BY_SERVICE_AND_JUDGE)})"
JUDGED_SIGNAL, JUDGE = "p_unsupported", "grounding"  # signal whose baseline has a flagged share
SCORED = "window:groundwire_scored_turns:increase"
FLAGGED = "window:groundwire_flagged_turns:increase"
RATIO = "window:groundwire_flagged_turns:ratio"
FLOOR = "service_evaluator:groundwire_flagged_turns:floor_ratio"
TARGET = "service_evaluator:groundwire_flagged_turns:target_ratio"
THRESHOLD = "window:groundwire_flagged_turns:threshold_ratio"
BURNING = "version_evaluator:groundwire_flagged_turns:burning"
BURN = "GroundwireFaithfulnessBurn"  # the page
PAGE_TIMESTAMP = "service:groundwire_burn_page:timestamp_seconds"


def burn_recordings(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    """Burn-rate recording rules, in dependency order."""
    return (
        *_counts(limits, (w for w in _windows(limits) if w <= GRADUALLY)),
        *_whole_service(),
        RecordingRule(
            RATIO,
            "Share of scored turns that are flagged, by window, for versions and services.",
            f"{FLAGGED} / ({SCORED} > 0)",
        ),
        *_target(limits),
        *(_threshold(limits, window) for window in limits.burn_windows),
        *_noise(),
        _page_timestamp(limits),
        *(_burning(limits, severity) for severity in Severity),
    )


def gradual_recordings(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    """Recording rules of counts over long windows."""
    return tuple(_counts(limits, (w for w in _windows(limits) if w > GRADUALLY)))


def _windows(limits: RuleSettings) -> Sequence[int]:
    return sorted(set(chain.from_iterable((w.long, w.short) for w in limits.burn_windows)))


def _counts(limits: RuleSettings, windows: Iterable[int]) -> Iterable[RecordingRule]:
    for window in windows:
        labels = {"window": duration(window), "scope": "version"}
        scored = grown(limits, BY_JUDGE, f"{FAITHFULNESS.name}_count", window)
        flagged = grown(limits, BY_JUDGE, total(FLAGGED_TURNS), window)
        yield RecordingRule(
            SCORED, "Scored turns by window; scope: version, service.", scored, labels
        )
        # Evaluators of a sample flag turns too; count only those with scored turns.
        yield RecordingRule(
            FLAGGED,
            "Flagged turns by window; 0 if none were flagged.",
            f"({flagged}\nor {scored} * 0)\nand {scored}",
            labels,
        )


def _whole_service() -> Iterable[RecordingRule]:
    by = ", ".join((*BY_SERVICE_AND_JUDGE, "window"))
    for name, meaning in (
        (SCORED, "Scored turns by window over all versions of a service."),
        (FLAGGED, "Flagged turns by window over all versions of a service."),
    ):
        summed = f'sum by ({by}) ({name}{{scope="version"}})'
        yield RecordingRule(name, meaning, summed, {"scope": "service"})


def _target(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    flagged = one_replica(
        f'{BASELINE_FLAGGED_TURNS.name}{{signal="{JUDGED_SIGNAL}"}}', limits.replica_labels
    )
    turns = one_replica(f'{BASELINE_TURNS.name}{{signal="{JUDGED_SIGNAL}"}}', limits.replica_labels)
    by = ", ".join(BY_SERVICE_AND_JUDGE)

    def of_judge(series: str) -> str:
        return f'max by ({by}) (label_replace({series}, "evaluator", "{JUDGE}", "", ""))'

    baseline = "service_evaluator:groundwire_flagged_turns:baseline_ratio"
    return (
        RecordingRule(
            "service_evaluator:groundwire_scored_turns:baseline",
            "Scored turns in the pinned baseline of a service.",
            of_judge(turns),
        ),
        RecordingRule(
            baseline,
            "Flagged share in the pinned baseline.",
            f"{of_judge(flagged)}\n/ (service_evaluator:groundwire_scored_turns:baseline > 0)",
        ),
        RecordingRule(
            TARGET,
            "Target share of flagged turns, from the targets file.",
            "\nor ".join(f"({part})" for part in _targets(limits)),
        ),
        RecordingRule(
            FLOOR,
            "Share flagged in normal operation, which uses up no budget: the baseline's; 0 "
            "without a baseline or if the target is below it.",
            f"({baseline} < {TARGET})\nor {TARGET} * 0",
        ),
    )


def _targets(limits: RuleSettings) -> Iterable[str]:
    named = limits.targets.services
    for service, target in sorted(named.items()):
        yield _allowed(target, f'service="{_quoted(service)}"')
    others = "|".join(_quoted(_pattern(service)) for service in sorted(named))
    yield _allowed(limits.targets.default, f'service!~"{others}"' if others else "")


def _allowed(target: SloTarget, matcher: str) -> str:
    if target.flagged is None:
        level = f"service_evaluator:groundwire_flagged_turns:baseline_ratio{{{matcher}}}"
        return f"{level} + {target.effect:g}"
    matcher = f'scope="service"{f", {matcher}" if matcher else ""}'
    of_service = f"max by ({', '.join(BY_SERVICE_AND_JUDGE)}) ({SCORED}{{{matcher}}})"
    return f"{of_service} * 0 + {target.flagged:g}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _pattern(text: str) -> str:
    """RE2 pattern that matches exactly this text."""
    return "".join(c if c.isalnum() or c in "_ -" or ord(c) > 127 else f"\\{c}" for c in text)


def _threshold(limits: RuleSettings, window: BurnWindow) -> RecordingRule:
    most = f"{limits.most_excess:g} * (1 - {FLOOR})"
    burnt = f"{window.factor:g} * ({TARGET} - {FLOOR})"
    return RecordingRule(
        THRESHOLD,
        "Flagged share above which this window is burning.",
        f"{FLOOR}\n+ (({burnt} < {most})\nor {most})",
        {"window": duration(window.long)},
    )


def _noise() -> tuple[RecordingRule, ...]:
    variance = f"({TARGET} * (1 - {TARGET}))"
    of_baseline = (
        f"({variance} / (service_evaluator:groundwire_scored_turns:baseline > 0) or {TARGET} * 0)"
    )
    return (
        RecordingRule(
            "window:groundwire_flagged_turns:excess_ratio",
            "Flagged share above the floor.",
            f"{RATIO} - {ON} group_left () {FLOOR}",
        ),
        RecordingRule(
            "window:groundwire_flagged_turns:stderr",
            "Standard error of the excess for a service at its target, from the turns of the "
            "window and of the baseline.",
            f"sqrt(\n  (1 / ({SCORED} > 0)) * {ON} group_left () {variance}\n"
            f"  + {ON} group_left () {of_baseline}\n)",
        ),
    )


def _page_timestamp(limits: RuleSettings) -> RecordingRule:
    page = f'ALERTS{{alertname="{BURN}", alertstate="firing"}}'
    memory = duration(max(_windows(limits)))
    return RecordingRule(
        PAGE_TIMESTAMP,
        "Time of the last page for a service.",
        f"max by (service) (timestamp({page}))\n"
        f"or max by (service) (last_over_time({PAGE_TIMESTAMP}[{memory}]))",
    )


def already_paged(window: int) -> str:
    """Services paged within `window`, to suppress duplicates."""
    return f"(time() - {PAGE_TIMESTAMP} < {window})"


def _burning(limits: RuleSettings, severity: Severity) -> RecordingRule:
    chosen = [window for window in limits.burn_windows if window.severity is severity]
    conditions = "\nor\n".join(f"(\n{_burns(limits, window)}\n)" for window in chosen)
    # Where no window is of this severity the series is empty, not missing.
    return RecordingRule(
        BURNING,
        "Flagged share of versions and services that burn through what is allowed, by severity.",
        f"max without (window) (\n{conditions or f'{RATIO} > 1'}\n)",
        {"severity": severity.value},
    )


def _burns(limits: RuleSettings, window: BurnWindow) -> str:
    long, short = (f'{{window="{duration(length)}"}}' for length in (window.long, window.short))
    threshold = f"{ON} group_left () {THRESHOLD}{long}"
    # A ticket's short window is hours long and still holds turns already paged.
    suppressed = f"\nunless on (service) {already_paged(window.short)}"
    trailing = suppressed if window.severity is Severity.TICKET else ""
    return (
        f"{RATIO}{long} > {threshold}\n"
        f"and ignoring (window) ({RATIO}{short} > {threshold})\n"
        f"and window:groundwire_flagged_turns:excess_ratio{long}"
        f" > {limits.noise_factor:g} * window:groundwire_flagged_turns:stderr{long}\n"
        f"and {SCORED}{long} >= {limits.min_turns}{trailing}"
    )


def burning(severity: Severity) -> str:
    """Versions that are burning, and services if none of their versions is."""
    by_scope = f'{BURNING}{{severity="{severity.value}", scope="%s"}}'
    version, service = by_scope % "version", by_scope % "service"
    return f"max without (scope) (\n{version}\nor ({service} unless {ON} {version})\n)"
