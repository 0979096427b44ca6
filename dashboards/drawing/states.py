"""Simulated deployments: healthy, rollout, several services, empty, incidents.

The first five are the ones that every panel is checked in; the last five are incidents, as the
person on call meets them a quarter of an hour after they began.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from dashboards.drawing.timeline import Timeline
from dashboards.drawing.traffic import DAY, GROUNDING, HOUR, Cohort, Conduct, Options, TurnCounter
from dashboards.drawing.tsdb import TimeSpan
from groundwire_collector import metric_definitions as metrics
from groundwire_collector.metric_definitions import VERSION_LABELS

END = 1_772_452_800  # 2026-03-02 12:00 UTC; each state ends a month after the one before
APART = 30 * 86_400
SCRAPE = 15  # seconds
BEFORE = 105  # minutes of history
SHOWN = 60  # minutes that a dashboard shows
MINUTE = 60
INDEX_AGE = "service:groundwire_index_age_seconds:p50"

USUAL = Conduct()
BOT = {"service": "support-bot", "model_version": "tarn-8b"}
TUNED = {**BOT, "model_version": "tarn-8b-ft-2026-02"}
RECITES = Conduct(unsupported=0.75, contradicted=0.5, memory=0.4, tokens=260, generation=1.4)
WHOLE = Options(judge=True)


@dataclass(frozen=True, slots=True)
class DriftAlarm:
    """An open drift alarm; `open` and `began` are minutes before the end."""

    service: str
    signal: str
    dimension: str
    value: str
    cause: str
    began: float
    open: float
    size: float


@dataclass(frozen=True, slots=True)
class SimulatedDeployment:
    """Cohorts of a deployment and what else its collector exports.

    Without cohorts there is no collector.
    """

    cohorts: tuple[Cohort, ...] = ()
    alarms: tuple[DriftAlarm, ...] = ()
    climbing: Mapping[tuple[str, str, str, str], float] = field(default_factory=dict)
    judge_wrong: float = 0.0  # minutes before the end from which the judge is wrong
    optional: bool = False  # judges, golden set, labels
    fresh_index: bool = False  # whether an earlier week is known, when the index was written daily


def _healthy() -> SimulatedDeployment:
    cohort = Cohort(BOT, ((BEFORE, USUAL),), options=WHOLE)
    return SimulatedDeployment((cohort,), optional=True)


def _rollout() -> SimulatedDeployment:
    """Nine minutes after a fine-tune took half of the traffic."""
    bad = replace(RECITES, rate=0.35)
    halved = replace(USUAL, rate=0.3)
    return SimulatedDeployment(
        (
            Cohort(BOT, ((BEFORE, USUAL), (9, halved)), options=WHOLE),
            Cohort(TUNED, ((9, bad),), options=WHOLE),
        ),
        climbing={("support-bot", "p_unsupported", "model_version", TUNED["model_version"]): 9},
        optional=True,
    )


def _services() -> SimulatedDeployment:
    """Three services with two versions each, and no optional part."""
    names = ("support-bot", "search-assistant", "contract-review")
    plain = Options(probes=False, closed_book=False, prices=False)
    cohorts = []
    for number, service in enumerate(names):
        for version, share in (("tarn-8b-2025-11", 0.03), ("tarn-8b-2026-01", 0.04)):
            conduct = replace(USUAL, rate=0.2, unsupported=share + 0.01 * number)
            labels = {"service": service, "model_version": version, "index_version": f"kb-{number}"}
            cohorts.append(Cohort(labels, ((BEFORE, conduct),), options=plain))
    return SimulatedDeployment(tuple(cohorts))


def _fine_tune() -> SimulatedDeployment:
    """26 minutes after a fine-tune that recites took half of the traffic."""
    halved, bad = replace(USUAL, rate=0.25), replace(RECITES, rate=0.25)
    where = ("model_version", TUNED["model_version"], "model")
    return SimulatedDeployment(
        (Cohort(BOT, ((BEFORE, USUAL), (26, halved))), Cohort(TUNED, ((26, bad),))),
        (
            DriftAlarm("support-bot", "p_unsupported", *where, began=25, open=21, size=0.27),
            DriftAlarm("support-bot", "override", *where, began=24, open=17, size=0.21),
        ),
        optional=False,
    )


def _stale_index() -> SimulatedDeployment:
    """The ingestion stopped: answers are faithful to outdated chunks."""
    stale = replace(USUAL, index_age=31 * HOUR, index_grows=True)
    return SimulatedDeployment((Cohort(BOT, ((BEFORE, stale),)),), fresh_index=True)


def _retriever_down() -> SimulatedDeployment:
    """The retriever returns nothing; the model answers from its weights."""
    broken = replace(USUAL, empty=0.93, retrieval=0.01, declines=0.3, generation=0.9)
    return SimulatedDeployment(
        (Cohort(BOT, ((BEFORE, USUAL), (16, broken)), options=Options(judge=False)),)
    )


def _judge_changed() -> SimulatedDeployment:
    """The judge's model was exchanged: its scores fall, the answers do not."""
    harsher = replace(USUAL, judge=-0.22)
    cohort = Cohort(BOT, ((BEFORE, USUAL), (35, harsher)), options=WHOLE)
    return SimulatedDeployment((cohort,), judge_wrong=35, optional=True)


def _traffic_mix() -> SimulatedDeployment:
    """Questions that the index does not cover come to all versions."""
    both = (BOT, {**BOT, "model_version": "tarn-8b-2026-01"})
    usual = replace(USUAL, rate=0.25)
    mixed = replace(usual, unsupported=0.19, contradicted=0.05, relevance=0.66, declines=0.12)
    found = DriftAlarm("support-bot", "p_unsupported", "", "", "unknown", 30, 14, 0.13)
    return SimulatedDeployment(
        tuple(Cohort(labels, ((BEFORE, usual), (30, mixed))) for labels in both), (found,)
    )


STATES: Mapping[str, Callable[[], SimulatedDeployment]] = {
    "healthy": _healthy,
    "rollout": _rollout,
    "services": _services,
    "empty": SimulatedDeployment,
    "alarm": _fine_tune,
    "stale_index": _stale_index,
    "retriever_down": _retriever_down,
    "judge_changed": _judge_changed,
    "traffic_mix": _traffic_mix,
}
CHECKED = ("healthy", "rollout", "services", "empty", "alarm")
INCIDENTS = ("alarm", "stale_index", "retriever_down", "judge_changed", "traffic_mix")


def shown(name: str) -> TimeSpan:
    """The hour that dashboards of a state show."""
    end = END + list(STATES).index(name) * APART
    return TimeSpan(end - SHOWN * MINUTE, end)


def known(name: str) -> TimeSpan:
    """The time that a state has samples of."""
    return TimeSpan(shown(name).end - BEFORE * MINUTE, shown(name).end)


def simulate(name: str) -> Timeline:
    """All scrapes of a state, the same at every call."""
    state, timeline, random = STATES[name](), Timeline(), Random(name)
    if not state.cohorts:
        return timeline
    end = shown(name).end
    turns = [(cohort, TurnCounter(timeline, cohort, random)) for cohort in state.cohorts]
    for moment in range(known(name).start, end + 1, SCRAPE):
        left = (end - moment) / MINUTE
        for cohort, counter in turns:
            if conduct := cohort.conduct(left):
                counter.step(conduct, SCRAPE, left)
        _Gauges(timeline, state, end, left, random).show()
        timeline.scrape(moment)
    if state.fresh_index:
        labels = {"service": BOT["service"]}
        timeline.add(INDEX_AGE, labels, end - 9 * DAY, 12 * HOUR)
    return timeline


class _Gauges:
    """Gauges and process counters of a collector at one moment."""

    def __init__(
        self, timeline: Timeline, state: SimulatedDeployment, end: int, left: float, random: Random
    ) -> None:
        self._line, self._state, self._end, self._left = timeline, state, end, left
        self._now, self._random = end - left * MINUTE, random

    def show(self) -> None:
        self._line.mark("up", {"job": "groundwire", "instance": "collector:4318"}, 1)
        self._process()
        self._versions()
        self._evidence()
        self._behaviour()
        self._baselines()
        self._alarms()
        self._revisions()
        if self._state.optional:
            self._judges()
            self._labels()

    def _services(self) -> set[str]:
        return {cohort.labels["service"] for cohort in self._state.cohorts}

    def _process(self) -> None:
        line, random = self._line, self._random
        spans = random.randint(60, 80)
        line.count(metrics.SPANS_RECEIVED, {}, spans)
        line.count(metrics.SPANS_REJECTED, {}, float(random.random() < 0.02))
        line.count(metrics.SPANS_DEDUPLICATED, {}, float(random.random() < 0.1))
        line.count(metrics.REQUESTS, {"status": "200"}, 6)
        line.count(metrics.REQUESTS, {"status": "429"}, float(random.random() < 0.01))
        line.count(metrics.AUTH_FAILURES, {}, 0)
        for _ in range(6):
            line.observe(metrics.ACKNOWLEDGEMENT, {}, random.lognormvariate(-4.8, 0.5))
        gauges = {
            metrics.WRITE_QUEUE: float(random.random() < 0.2),
            metrics.WRITE_QUEUE_AGE: random.random() * 0.02,
            metrics.PENDING_BYTES: random.randint(4_000, 40_000),
            metrics.WAL_BYTES: random.randint(1_000_000, 4_000_000),
            metrics.EVALUATION_LAG: random.random() * 2,
            metrics.OPEN_TRACE_AGE: random.random() * 8,
        }
        for gauge, value in gauges.items():
            line.set(gauge, {}, value)
        for service in self._services():
            line.set(metrics.LAST_EVALUATION, {"service": service}, self._now - random.random() * 3)
            if random.random() < 0.03:
                unfinished = {"service": service, "family": "openinference", "reason": "no_answer"}
                line.count(metrics.TRACES_WITHOUT_TURN, unfinished)

    def _evidence(self) -> None:
        """Detector statistics: noise, a climb after a change, held by an alarm."""
        for cohort in self._state.cohorts:
            for signal in ("p_unsupported", "override"):
                for dimension in VERSION_LABELS[1:]:
                    value = {"prompt_version": "p-12", "index_version": "kb-31"} | dict(
                        cohort.labels
                    )
                    stream = (cohort.labels["service"], signal, dimension, value[dimension])
                    if cohort.conduct(self._left):
                        self._statistic(stream, 10 ** self._random.uniform(-5.5, -4))
        for stream, began in self._state.climbing.items():
            if self._left < began:
                self._statistic(stream, 10 ** min(-0.4, -4.5 + 4.1 * (1 - self._left / began)))
        for alarm in self._state.alarms:
            stream = (alarm.service, alarm.signal, alarm.dimension, alarm.value)
            if self._left <= alarm.open:
                self._statistic(stream, 1.0)
            elif self._left < alarm.began:
                reached = (alarm.began - self._left) / (alarm.began - alarm.open)
                self._statistic(stream, 10 ** (-4.5 + 4.5 * reached))

    def _behaviour(self) -> None:
        """Evidence and levels of behaviour signals: noise around their baselines."""
        usual = {"answer_words": 102.0, "refusal": 0.03, "reading_level": 42.0, "emoji": 0.05}
        for service in self._services():
            for signal, level in usual.items():
                labels = {"service": service, "signal": signal}
                evidence = 10 ** self._random.uniform(-5.5, -4)
                self._line.set(metrics.BEHAVIOUR_STATISTIC, labels, evidence)
                now = level * self._random.uniform(0.95, 1.05)
                for moment, value in (("before", level), ("now", now)):
                    self._line.set(metrics.BEHAVIOUR_LEVEL, {**labels, "moment": moment}, value)

    def _versions(self) -> None:
        """When versions were first seen; those of the beginning, a day apart before it."""
        cohorts = self._state.cohorts
        for number, cohort in reversed([*enumerate(cohorts)]):
            served = {"prompt_version": "p-12", "index_version": "kb-31"} | dict(cohort.labels)
            begun = max(since for since, _ in cohort.phases)
            ago = begun * MINUTE + (DAY * (len(cohorts) - number) if begun >= BEFORE else 0)
            for name in VERSION_LABELS[1:] if cohort.conduct(self._left) else ():
                labels = {"service": served["service"], "dimension": name, "value": served[name]}
                self._line.set(metrics.VERSION_FIRST_SEEN, labels, self._end - ago)
            if cohort.conduct(self._left):
                self._trained({name: served[name] for name in ("service", "model_version")})

    def _trained(self, labels: dict[str, str]) -> None:
        """A model trained six weeks ago; one turn in ten uses a source that changed since."""
        self._line.set(metrics.MODEL_TRAINED, labels, self._end - 42 * DAY)
        for bound, share in (("lower", 0.08), ("mean", 0.1), ("upper", 0.12)):
            self._line.set(metrics.CHANGED_SINCE_TRAINING, {**labels, "bound": bound}, share)

    def _statistic(self, stream: tuple[str, str, str, str], value: float) -> None:
        labels = dict(zip(metrics.DRIFT_STATISTIC.labels, stream, strict=True))
        self._line.set(metrics.DRIFT_STATISTIC, labels, value)

    def _baselines(self) -> None:
        for service in self._services():
            for signal, loss, flagged in (("p_unsupported", 62.0, 21.0), ("override", 9.0, 9.0)):
                labels = {"service": service, "signal": signal, "revision": GROUNDING["revision"]}
                self._line.set(metrics.BASELINE_TURNS, labels, 500)
                self._line.set(metrics.BASELINE_LOSS, labels, loss)
                self._line.set(metrics.BASELINE_FLAGGED_TURNS, labels, flagged)

    def _alarms(self) -> None:
        line = self._line
        for alarm in self._state.alarms:
            if self._left > alarm.open:
                continue
            labels = {
                name: getattr(alarm, name)
                for name in ("service", "signal", "dimension", "value", "cause")
            }
            since = self._end - alarm.began * MINUTE
            line.set(metrics.DRIFT_ALARM, labels, 1)
            line.set(metrics.DRIFT_CHANGE_TIMESTAMP, labels, since)
            for bound, shift in (("from", -60.0), ("until", 90.0)):
                line.set(metrics.DRIFT_CHANGE_BOUND, {**labels, "bound": bound}, since + shift)
            for bound, part in (("lower", 0.8), ("mean", 1.0), ("upper", 1.2)):
                line.set(metrics.DRIFT_SIZE, {**labels, "bound": bound}, alarm.size * part)

    def _revisions(self) -> None:
        seen = {("grounding", "3-a7af8869"): 40 * DAY, ("override", "1"): 90 * DAY}
        seen |= {("retrieval", "1"): 90 * DAY}
        if self._state.optional:
            seen[("llm_judge", "gpt-2026-05")] = 12 * DAY
        for (evaluator, revision), ago in seen.items():
            labels = {"evaluator": evaluator, "revision": revision}
            self._line.set(metrics.EVALUATOR_REVISION_TIMESTAMP, labels, self._end - ago)

    def _judges(self) -> None:
        line, random = self._line, self._random
        judge = {"evaluator": "llm_judge", "revision": "gpt-2026-05"}
        for service in self._services():
            called = {**judge, "service": service}
            line.count(metrics.JUDGE_CALLS, {**called, "result": "answered"}, random.randint(0, 2))
            line.count(
                metrics.JUDGE_CALLS, {**called, "result": "timeout"}, float(random.random() < 0.02)
            )
            line.count(metrics.JUDGE_NOT_SAMPLED, {**called, "reason": "rate"}, 5)
            line.count(
                metrics.JUDGE_NOT_SAMPLED,
                {**called, "reason": "late"},
                float(random.random() < 0.05),
            )
            line.count(metrics.JUDGE_TOKENS, {**called, "kind": "input"}, 900)
            line.count(metrics.JUDGE_TOKENS, {**called, "kind": "output"}, 80)
            line.count(metrics.JUDGE_COST, {**called, "currency": "USD"}, 0.002)
        line.count(metrics.JUDGE_PAUSES, judge, float(random.random() < 0.005))
        line.observe(metrics.JUDGE_DURATION, judge, random.lognormvariate(0.4, 0.4))
        line.set(metrics.JUDGE_QUEUE_LENGTH, judge, random.randint(0, 6))
        line.set(metrics.JUDGE_QUEUE_AGE, judge, random.random() * 20)
        self._golden(judge)

    def _golden(self, judge: Mapping[str, str]) -> None:
        """Replays of the golden set, every half an hour."""
        line = self._line
        replayed = self._left - self._left % 30
        wrong = 0 < replayed + 30 <= self._state.judge_wrong or (
            self._left < self._state.judge_wrong - 5
        )
        agreement = 0.78 if wrong else 0.94
        for bound, shift in (("lower", -0.05), ("mean", 0.0), ("upper", 0.04)):
            for measure in ("agreement", "sensitivity", "specificity"):
                labels = {**judge, "measure": measure, "bound": bound}
                line.set(metrics.JUDGE_AGREEMENT, labels, agreement + shift)
        for state, number in (("scored", 118.0), ("failed", 2.0)):
            line.set(metrics.JUDGE_GOLDEN_TURNS, {**judge, "state": state}, number)
        for direction, number in (("right", 1.0), ("wrong", 26.0 if wrong else 2.0)):
            line.set(metrics.JUDGE_GOLDEN_FLIPS, {**judge, "direction": direction}, number)
        ended = self._now - (30 - self._left % 30) * MINUTE
        line.set(metrics.JUDGE_GOLDEN_TIMESTAMP, judge, ended)

    def _labels(self) -> None:
        line = self._line
        for cohort in self._state.cohorts:
            conduct = cohort.conduct(self._left)
            if not conduct:
                continue
            estimated = {**cohort.labels, "evaluator": "grounding", "reference": "human"}
            faithful = 0.97 - conduct.unsupported
            for bound, shift in (("lower", -0.03), ("mean", 0.0), ("upper", 0.03)):
                labels = {**estimated, "bound": bound}
                line.set(metrics.FAITHFULNESS_ESTIMATE, labels, faithful + shift)
                line.set(metrics.FAITHFULNESS_SINCE_BASELINE, labels, faithful - 0.93 + shift)
            line.set(metrics.FAITHFULNESS_LABELS, estimated, 120)
            line.set(metrics.FAITHFULNESS_EFFECTIVE_LABELS, estimated, 240)
        for service in self._services():
            calibrated = {"service": service, "evaluator": "grounding"}
            for bound, value in (("lower", 0.1), ("mean", 0.3), ("upper", 0.5)):
                line.set(metrics.CALIBRATION_SHIFT, {**calibrated, "bound": bound}, value)
            line.set(metrics.CALIBRATION_LABELS, calibrated, 120)
            for of, value in (("score", 0.06), ("shifted", 0.02)):
                line.set(metrics.CALIBRATION_ERROR, {**calibrated, "of": of}, value)
            for k in ("1", "3", "5"):
                labelled = {"service": service, "index_version": "kb-31", "k": k}
                line.set(metrics.RETRIEVAL_PRECISION, labelled, 0.9 - 0.1 * int(k))
                line.set(metrics.RETRIEVAL_RECALL, labelled, 0.5 + 0.08 * int(k))
                line.set(metrics.RETRIEVAL_MRR, labelled, 0.7 + 0.02 * int(k))
                line.set(metrics.RETRIEVAL_NDCG, labelled, 0.6 + 0.04 * int(k))
                line.set(metrics.RETRIEVAL_LABELLED_TURNS, labelled, 80)
            for bound, missed in (("lower", 0.02), ("mean", 0.05), ("upper", 0.09)):
                routed = {"service": service, "route": "retrieval", "bound": bound}
                line.set(metrics.MISSED_CHUNKS, routed, missed)
