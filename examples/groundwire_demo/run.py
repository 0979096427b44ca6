"""Demo run: start the parts, send traffic, report."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import httpx
import openai
from rich.console import Console

import groundwire as gw
from groundwire_collector.errors import UsageError
from groundwire_demo import alerting, collector, endpoint, questions, recording, report, truth
from groundwire_demo.alerting import Alerting, FiredAlert
from groundwire_demo.app import INDEX_VERSION, PROMPT_VERSION, SERVICE, HelpDesk
from groundwire_demo.collector import Collector, ReportedAlarm
from groundwire_demo.corpus import Edition, Page, handbook, passages
from groundwire_demo.display import Display, RunProgress, display
from groundwire_demo.endpoint import DemoEndpoint
from groundwire_demo.plan import DemoPlan
from groundwire_demo.probes import ProbeReading, ProbeSchedule
from groundwire_demo.retriever import Retriever
from groundwire_demo.traffic import Traffic

WORST_SHOWN = 3
_POLL_SECONDS = 0.5
_JUDGED_SECONDS = 120.0  # a slow machine may still be judging when the last answer is out
_ALERT_SECONDS = 20.0
_PROBE_SECONDS = 60.0
_HOPELESS = 20  # failures without a single answer before the run is given up


@dataclass
class DemoRun:
    """Running parts of the demo, with what was already reported."""

    plan: DemoPlan
    console: Console
    collector: Collector
    alerting: Alerting | None
    traffic: Traffic
    alarms: list[ReportedAlarm] = field(default_factory=list)
    readings: list[ProbeReading] = field(default_factory=list)  # of the probes, newest first
    _alerts_seen: int = 0
    _reported_alerts: list[FiredAlert] = field(default_factory=list)
    _judged: int = 0

    def watch(self, shown: Display) -> None:
        """Poll until every question is answered and evaluated, and alarms are reported."""
        threads = self.traffic.start()
        try:
            while any(thread.is_alive() for thread in threads):
                self._poll(shown, self._phase())
                self._give_up_if_hopeless()
                time.sleep(_POLL_SECONDS)
        finally:
            self.traffic.stop()
        gw.flush()
        self._wait(shown, "judging the last answers", _JUDGED_SECONDS, self._all_judged)
        if self.plan.memory_agrees:
            self._wait(shown, "waiting for the probes", _PROBE_SECONDS, self._probes_done)
            self._poll(shown, "probes finished")
        if self.alerting and self.alarms:
            self._wait(shown, "waiting for the alert", _ALERT_SECONDS, self._alert_arrived)

    def last_readings(self) -> list[ProbeReading]:
        """The newest of each model, in the order of their versions."""
        newest: dict[str, ProbeReading] = {}
        for reading in self.readings:
            newest.setdefault(reading.model, reading)
        return [newest[model] for model in sorted(newest)]

    def true_alarms(self) -> list[ReportedAlarm]:
        """Those raised after the rollout; one before it is false."""
        began = self.traffic.rollout_began
        return [alarm for alarm in self.alarms if began is not None and alarm.raised_at > began]

    def verdict(self) -> Iterator[str]:
        """Outcome of the run in words."""
        if self.traffic.failures:
            first = self.traffic.failures[0]
            yield f"{len(self.traffic.failures)} questions failed, the first one: {first}"
        lost = {name: gw.stats()[name] for name in ("dropped", "failed") if gw.stats()[name]}
        if lost:
            yield f"lost spans: {lost}"
        early = len(self.alarms) - len(self.true_alarms())
        if early and not self.plan.memory_agrees:  # probes may alarm before any user is answered
            yield f"{early} false alarm(s)"
        plan = self.plan
        if plan.memory_agrees:
            yield _verdict_on_agreement(self.alarms)
        elif not plan.rollout:
            yield "No rollout, but an alarm." if early else "No rollout, and no alarm."
        elif self.true_alarms():
            noticed = self.traffic.turn_at(self.true_alarms()[0].raised_at)
            yield f"The rollout was detected after {noticed - (plan.rollout_at or 0)} turns."
        else:
            yield "The rollout was NOT detected: no alarm."

    def as_expected(self) -> bool:
        if self.plan.memory_agrees:
            return {alarm.signal for alarm in self.alarms} == {"probe"}
        return bool(self.true_alarms()) if self.plan.rollout else not self.alarms

    def _phase(self) -> str:
        if not self.plan.rollout:
            return "no rollout"
        return "after the rollout" if self.traffic.rollout_began else "before the rollout"

    def _poll(self, shown: Display, phase: str) -> None:
        with suppress(httpx.TimeoutException):  # a busy machine; the next one follows
            self._show_state(shown, phase)

    def _show_state(self, shown: Display, phase: str) -> None:
        for alarm in self.collector.alarms():
            if alarm.id not in {reported.id for reported in self.alarms}:
                self.alarms.append(alarm)
                shown.say(report.alarm_line(alarm, self.traffic))
        for alert in self._new_alerts():
            shown.say(f"Alertmanager notified the webhook: {report.alert_line(alert)}")
        self._judged = self.collector.turns_judged()
        shown.show(RunProgress(self.traffic.done, self._judged, phase))

    def _new_alerts(self) -> Sequence[FiredAlert]:
        if self.alerting is None:
            return ()
        arrived = self.alerting.inbox[self._alerts_seen :]
        self._alerts_seen += len(arrived)
        # A notification repeats every alert that fires in its group; show each once.
        new = [alert for alert in arrived if alert not in self._reported_alerts]
        self._reported_alerts += new
        return new

    def _wait(self, shown: Display, phase: str, seconds: float, over: Callable[[], bool]) -> None:
        deadline = time.monotonic() + seconds
        while True:
            self._poll(shown, phase)
            if over() or time.monotonic() > deadline:
                return
            time.sleep(_POLL_SECONDS)

    def _probes_done(self) -> bool:
        """Whether both models were probed after the rollout."""
        runs = self.collector.estimates()["probe"]
        self.readings = [ProbeReading.of(run) for run in runs]
        began = self.traffic.rollout_began
        late = {r.model for r in self.readings if began is not None and r.started_at > began}
        return len(late) > 1

    def _all_judged(self) -> bool:
        return self._judged >= self.traffic.answered

    def _alert_arrived(self) -> bool:
        return self.alerting is not None and bool(self.alerting.fired())

    def _give_up_if_hopeless(self) -> None:
        failures = self.traffic.failures
        if len(failures) >= _HOPELESS and not self.traffic.answered:
            raise UsageError(f"the model does not answer: {failures[0]}")


def perform(plan: DemoPlan, console: Console) -> bool:
    """Run the demo; returns whether it went as expected.

    Raises:
        UsageError: the plan cannot end well, a part did not start, or the model does not answer.
    """
    plan.check()
    plan.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        model = _model(plan, stack)
        pages = handbook()
        probe = _probes(plan, pages, model)
        further = probe.settings(SERVICE, os.environ.get("OPENAI_API_KEY")) if probe else {}
        settings = {**plan.collector_settings(), **further}
        watcher = stack.enter_context(collector.running(plan.data_dir, settings))
        alerts = None if alerting.missing() else stack.enter_context(alerting.watching(watcher))
        gw.init(
            service=SERVICE,
            endpoint=watcher.url,
            api_key=watcher.api_key,
            prompt_version=PROMPT_VERSION,
            index_version=INDEX_VERSION,
        )
        run = DemoRun(plan, console, watcher, alerts, _traffic(plan, pages, model))
        _introduce(run, pages, model)
        with display(console, plan.turns) as shown:
            run.watch(shown)
        _conclude(run, model)
        if plan.keep:
            _keep(run)
    return run.as_expected()


def _model(plan: DemoPlan, stack: ExitStack) -> DemoEndpoint:
    """Model endpoint: live, from the environment, else recorded or scripted answers."""
    log = plan.data_dir / "stand-in.log"
    if plan.live:
        return stack.enter_context(endpoint.running_live(log))
    if plan.scripted or plan.memory_agrees:
        named = endpoint.from_environment(plan.rollout) if not plan.scripted else None
        return named or stack.enter_context(endpoint.stand_in_endpoint(plan.ramp, plan.learnt, log))
    named = endpoint.from_environment(plan.rollout)
    return named or stack.enter_context(endpoint.replaying(log))


def _probes(plan: DemoPlan, pages: list[Page], model: DemoEndpoint) -> ProbeSchedule | None:
    """Probe schedule, for the case that only probes can detect."""
    if not plan.memory_agrees:
        return None
    made = ProbeSchedule(plan.data_dir / "probes", model, plan.probe_interval)
    made.build(pages)
    return made


def _verdict_on_agreement(alarms: Sequence[ReportedAlarm]) -> str:
    signals = {alarm.signal for alarm in alarms}
    if signals - {"probe"}:
        return "The answers agreed with their context, but the traffic raised an alarm."
    if not signals:
        return "The rollout was NOT detected: no probe alarm."
    return "The answers still agree with their context: only the probes detected the rollout."


def _traffic(plan: DemoPlan, pages: list[Page], model: DemoEndpoint) -> Traffic:
    client = openai.OpenAI(
        base_url=model.base_url,
        api_key=os.environ.get("OPENAI_API_KEY", "none"),
        max_retries=1,
        timeout=120.0,
    )
    desk = HelpDesk(Retriever(passages(pages, Edition.THIS_YEAR)), client)
    stream = questions.stream(pages, plan.seed)
    if model.kind.is_recorded_model:  # the same questions and passages as in the recording
        desk.most_passages = recording.PASSAGES
        stream = questions.repeated(recording.questions(recording.read()), plan.seed)

    def ask(question: str, rolled_out: bool) -> object:
        answering = model.tuned_model if rolled_out else model.model
        return desk.ask(question, answering or model.model)

    return Traffic(ask, stream, plan.turns, plan.rate, plan.rollout_at)


def _introduce(run: DemoRun, pages: list[Page], model: DemoEndpoint) -> None:
    plan, absent = run.plan, alerting.missing()
    facts = sum(len(page.facts) for page in pages)
    begins = f"after turn {plan.rollout_at}" if plan.rollout else "none"
    rows = (
        ("application", f"{SERVICE}: {len(pages)} pages, {facts} facts, BM25 (bm25s), openai"),
        ("model", model.describe()),
        ("rollout", f"{model.tuned_model}, {begins}" if plan.rollout else begins),
        ("collector", f"{run.collector.url}, data in {plan.data_dir}"),
        ("alerting", f"not used: {absent}" if absent else "Prometheus and Alertmanager"),
    )
    report.print_lines(run.console, (f"{name:12} {text}" for name, text in rows))


def _conclude(run: DemoRun, model: DemoEndpoint) -> None:
    traffic, alarms, console = run.traffic, run.alarms, run.console
    console.print()
    if run.plan.rollout or alarms:
        console.print(report.timeline(traffic, model.tuned_model or "", alarms))
    if model.kind.is_recorded_model:
        known = recording.truths(recording.read())
        report.print_lines(console, truth.lines(run.collector.turns(), known))
    report.print_lines(console, report.probe_lines(run.last_readings()))
    report.print_lines(console, report.closed_book_lines(run.collector.estimates()["closed_book"]))
    since = alarms[0].changed_at if alarms else None
    if alarms:
        console.print("The worst answers since then, with unsupported text in »«:")
        report.print_lines(
            console, report.worst_answers(run.collector.worst_turns(WORST_SHOWN, since))
        )
    console.print()
    console.print(report.addresses(run.collector, run.alerting))
    if not run.plan.keep:
        report.print_lines(console, [report.reopen_command(run.plan.data_dir)])
    report.print_lines(console, run.verdict())


def _keep(run: DemoRun) -> None:
    report.print_lines(
        run.console, [f"API key: {run.collector.api_key}", "Ctrl-C stops everything."]
    )
    try:
        while True:
            time.sleep(1.0)
    except KeyboardInterrupt:
        run.console.print("stopping")
