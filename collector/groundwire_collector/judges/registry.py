"""The judges that the settings name: where each runs, and what it may spend."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.isolation import Host, IsolatedEvaluator, Reference
from groundwire_collector.judges.budget import Budget
from groundwire_collector.judges.endpoint import JudgeModel
from groundwire_collector.prices import Price, Prices
from groundwire_collector.probing.pace import Pace
from groundwire_collector.probing.target import Endpoint
from groundwire_collector.settings import Settings
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.judges.llm import LLMJudge

LLM_JUDGE = "llm_judge"
START_SECONDS = 600.0  # a library, or a model that is fetched for the first time
LOCAL_BATCH = 16

Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Judge:
    """An evaluator under the name that the settings give it, with its budget.

    `at_once` threads ask it for `batch` turns each.
    """

    key: str
    evaluator: Evaluator
    budget: Budget
    at_once: int = 1
    batch: int = 1
    price: Price | None = None
    currency: str = ""


def judges(settings: Settings, sleep: Sleep = time.sleep) -> list[Judge]:
    """The judges of the settings, in their order; raises UsageError where one cannot be had."""
    prices = Prices.load(settings.prices) if settings.prices else None
    price = prices.of(settings.judge_model) if prices else None
    if settings.judge_cost_per_day is not None and price is None:
        named = settings.judge_model or "no model"
        raise UsageError(f"judge_cost_per_day needs `prices` with the judge's model ({named})")
    return [_judge(key, settings, price, prices, sleep) for key in settings.judge_rates]


def llm_judge(settings: Settings, sleep: Sleep = time.sleep) -> LLMJudge:
    """The LLM judge of the settings; raises UsageError where they name no endpoint or model."""
    if not settings.judge_endpoint or not settings.judge_model:
        raise UsageError(f"{LLM_JUDGE} needs judge_endpoint and judge_model")
    key = settings.judge_api_key
    endpoint = Endpoint(
        settings.judge_endpoint,
        settings.judge_model,
        api_key=key.get_secret_value() if key else None,
        timeout=settings.judge_timeout_seconds,
        extra=settings.judge_extra,
        sleep=sleep,
    )
    return LLMJudge(JudgeModel(endpoint, settings.judge_temperature))


def _judge(
    key: str, settings: Settings, price: Price | None, prices: Prices | None, sleep: Sleep
) -> Judge:
    money = settings.judge_cost_per_day
    pace = Pace(settings.judge_per_minute)
    budget = Budget(key, settings.judge_per_day, money, pace)
    currency = prices.currency if prices else ""
    try:
        if key == LLM_JUDGE:
            made = llm_judge(settings, sleep)
            return Judge(key, made, budget, settings.judge_at_once, 1, price, currency)
        host = Host([Reference(key)], settings.evaluator_timeout_seconds, START_SECONDS)
        return Judge(key, IsolatedEvaluator(host), budget)
    except UsageError as error:
        raise UsageError(f"judge {key}: {error}") from error


def close(found: Sequence[Judge]) -> None:
    """End the processes that judges run in."""
    for judge in found:
        if isinstance(judge.evaluator, IsolatedEvaluator):
            judge.evaluator.host.close()
