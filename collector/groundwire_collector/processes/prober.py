"""Prober process: scheduled probes and closed-book calls until stopped.

A process of its own, so that an endpoint that hangs holds up no judgement. Whatever goes wrong in
it is logged and counted, and tried again in its time.

Why: docs/decisions/0053-probes-in-a-separate-process.md
"""

from threading import Event
from time import time_ns

from sqlalchemy import Engine

from groundwire_collector.errors import UsageError
from groundwire_collector.llm.client import ChatEndpoint
from groundwire_collector.llm.prompts import prompting_of
from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_collector.probing.closed_book_job import ClosedBookJob
from groundwire_collector.probing.job import ProbeJob
from groundwire_collector.probing.probe_alarms import ProbeAlarms
from groundwire_collector.probing.runner import ProbeRunner
from groundwire_collector.processes.job_loop import Step, go_round_in_threads, interruptible_sleep
from groundwire_collector.processes.standby import lead, until_signalled
from groundwire_collector.settings import Settings
from groundwire_collector.storage.leadership import Leadership
from groundwire_evaluators.reliance.probe.arms import Arm, ProbePrompting
from groundwire_evaluators.reliance.probe.item import ProbePack, load_pack

ROLE = "prober"
PERIOD_SECONDS = 30 * 86_400.0


def probe(settings: Settings) -> None:
    """Ask until SIGTERM or SIGINT."""
    with until_signalled(settings) as (engine, stop):
        lead(
            Leadership(engine, ROLE),
            stop,
            lambda over: go_round_in_threads(rounds(settings, engine, over), over),
        )


def rounds(settings: Settings, engine: Engine, stop: Event) -> list[list[Step]]:
    """Loops of the process: one thread per list, whose steps run in turn.

    Models are asked one after the other, so that the first one's run is the baseline.
    Raises UsageError where the settings do not fit together.
    """
    endpoint, prompting = _endpoint(settings, stop), prompting_of(settings)
    found: list[list[Step]] = []
    if settings.closed_book_rate:
        pace = RateLimiter(
            settings.closed_book_calls_per_minute, settings.closed_book_calls_per_day
        )
        model = settings.closed_book_model
        closed_book_calls = ClosedBookJob(engine, endpoint, prompting.closed_book, pace, model)
        found.append([lambda: closed_book_calls.step(time_ns())])
    models = models_of(settings.probe_models)
    probes: list[Step] = [
        ProbeJob(
            engine=engine,
            runner=_runner(settings, endpoint.of(model), prompting, stop),
            service=settings.probe_service,
            model=model,
            model_version=version,
            interval_seconds=settings.probe_interval_seconds,
            alarms=_alarms(settings, len(models)),
            prompt_version=settings.probe_prompt_version,
            stop=stop,
        ).step
        for model, version in models.items()
    ]
    return [*found, probes] if probes else found


def models_of(text: str) -> dict[str, str]:
    """Models to ask, each with the model_version that it is counted under."""
    named = (part.strip().partition("=") for part in text.split(",") if part.strip())
    return {model.strip(): version.strip() or model.strip() for model, _, version in named}


def _endpoint(settings: Settings, stop: Event) -> ChatEndpoint:
    key = settings.probe_api_key
    return ChatEndpoint(
        settings.probe_endpoint or "",
        model="",
        api_key=key.get_secret_value() if key else None,
        timeout=settings.probe_timeout_seconds,
        sleep=interruptible_sleep(stop),
    )


def _runner(
    settings: Settings, endpoint: ChatEndpoint, prompting: ProbePrompting, stop: Event
) -> ProbeRunner:
    return ProbeRunner(
        pack=_pack(settings),
        target=endpoint,
        prompting=prompting,
        arms=_arms(settings.probe_arms),
        pace=RateLimiter(settings.probe_calls_per_minute, sleep=interruptible_sleep(stop)),
    )


def _pack(settings: Settings) -> ProbePack:
    try:
        pack = load_pack(settings.probe_pack)
    except (OSError, ValueError) as error:
        raise UsageError(f"{settings.probe_pack}: {error}") from error
    return (
        pack
        if settings.probe_items is None
        else ProbePack(pack.name, pack.items[: settings.probe_items])
    )


def _arms(names: str) -> tuple[Arm, ...]:
    try:
        return tuple(Arm(name.strip()) for name in names.split(","))
    except ValueError as error:
        raise UsageError(f"probe_arms: {error}") from error


def _alarms(settings: Settings, models: int) -> ProbeAlarms:
    runs = models * PERIOD_SECONDS / settings.probe_interval_seconds
    return ProbeAlarms(settings.probe_alarms_per_30_days, runs)
