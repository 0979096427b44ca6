"""Judges configured by the settings: endpoints and budgets."""

import importlib.util
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.isolation import (
    EvaluatorHost,
    EvaluatorReference,
    IsolatedEvaluator,
)
from groundwire_collector.evaluation.loading import find
from groundwire_collector.evaluation.sampling import factors_of
from groundwire_collector.judges.budget import JudgeBudget
from groundwire_collector.judges.endpoint import JudgeModel
from groundwire_collector.judges.golden import GoldenSet
from groundwire_collector.judges.queue import REFERENCED
from groundwire_collector.llm.client import ChatEndpoint
from groundwire_collector.llm.logprobs import EndpointScorer
from groundwire_collector.llm.prompts import prompting_of
from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_collector.metrics.prices import PriceList, TokenPrice
from groundwire_collector.settings import Settings
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.judges.llm import LLMJudge
from groundwire_evaluators.reliance.context_gain import ContextGain

LLM_JUDGE = "llm_judge"
CONTEXT_GAIN = "context_gain"
RAGAS = "ragas_"
LOCAL = "hf:"
_BROUGHT = {"ragas": ("ragas", "openai"), "hf": ("torch", "transformers")}
START_SECONDS = 600.0  # a library, or a model that is fetched for the first time
TURN_SECONDS = 600.0  # timeout per turn of a metric with many calls
LOCAL_BATCH = 16

Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Judge:
    """Configured evaluator with its name and budget.

    `at_once` threads ask it for `batch` turns each.
    """

    key: str
    evaluator: Evaluator
    budget: JudgeBudget
    at_once: int = 1
    batch: int = 1
    price: TokenPrice | None = None
    currency: str = ""
    referenced: bool = False  # sees the turns that have a reference answer, and no sample


def judges(settings: Settings, sleep: Sleep = time.sleep) -> list[Judge]:
    """The judges of the settings, in their order; raises UsageError where one cannot be had."""
    price, currency = _price(settings)
    made = _evaluators(settings, sleep)
    return [_judge(key, made[key], settings, price, currency) for key in settings.judge_rates]


def check(settings: Settings) -> None:
    """Validate the judge settings without loading models; raises UsageError."""
    factors_of(settings.judge_rate_overrides)
    if settings.judge_golden is not None:
        GoldenSet.load(settings.judge_golden)
    _price(settings)
    for key in settings.judge_rates:
        try:
            _check(key, settings)
        except UsageError as error:
            raise UsageError(f"judge {key}: {error}") from error


def _check(key: str, settings: Settings) -> None:
    extra = "ragas" if key.startswith(RAGAS) else "hf" if key.startswith(LOCAL) else None
    if extra is not None and not all(importlib.util.find_spec(name) for name in _BROUGHT[extra]):
        raise UsageError(f"pip install 'groundwire[{extra}]'")
    if (key == LLM_JUDGE or extra == "ragas") and not (
        settings.judge_endpoint and settings.judge_model
    ):
        raise UsageError("judge_endpoint and judge_model are required")
    if key == "ragas_answer_relevancy" and not settings.judge_embedding_model:
        raise UsageError("judge_embedding_model is required")
    if key == CONTEXT_GAIN:
        if not settings.probe_endpoint:
            raise UsageError(
                "probe_endpoint is required: the model that answers, with log-probabilities"
            )
        prompting_of(settings)
    elif key != LLM_JUDGE and extra != "hf":
        find(key)


def llm_judge(settings: Settings, sleep: Sleep = time.sleep) -> LLMJudge:
    """The LLM judge of the settings; raises UsageError where they name no endpoint or model."""
    if not settings.judge_endpoint or not settings.judge_model:
        raise UsageError(f"{LLM_JUDGE} needs judge_endpoint and judge_model")
    key = settings.judge_api_key
    endpoint = ChatEndpoint(
        settings.judge_endpoint,
        settings.judge_model,
        api_key=key.get_secret_value() if key else None,
        timeout=settings.judge_timeout_seconds,
        extra=settings.judge_extra,
        sleep=sleep,
    )
    model = JudgeModel(endpoint, settings.judge_temperature)
    return LLMJudge(model, at_once=settings.judge_concurrency)


def gain_judge(settings: Settings, sleep: Sleep = time.sleep) -> ContextGain:
    """The context gain under the settings' production model; raises UsageError without one."""
    if not settings.probe_endpoint:
        raise UsageError(f"{CONTEXT_GAIN} needs probe_endpoint")
    key = settings.probe_api_key
    endpoint = ChatEndpoint(
        settings.probe_endpoint,
        model="",
        api_key=key.get_secret_value() if key else None,
        timeout=settings.probe_timeout_seconds,
        sleep=sleep,
    )
    model = settings.closed_book_model or ""
    return ContextGain(EndpointScorer(endpoint), prompting_of(settings), model)


def _price(settings: Settings) -> tuple[TokenPrice | None, str]:
    """Token price of the judge's model, and the currency."""
    prices = PriceList.load(settings.prices) if settings.prices else None
    price = prices.of(settings.judge_model) if prices else None
    if settings.judge_cost_per_day is not None and price is None:
        named = settings.judge_model or "no model"
        raise UsageError(f"judge_cost_per_day needs `prices` with the judge's model ({named})")
    return price, prices.currency if prices else ""


def is_judge(name: str) -> bool:
    """Whether a name is that of a judge that we ship."""
    return name in (LLM_JUDGE, CONTEXT_GAIN) or name.startswith((RAGAS, LOCAL))


def _judge(
    key: str, evaluator: Evaluator, settings: Settings, price: TokenPrice | None, currency: str
) -> Judge:
    local = key.startswith(LOCAL)
    pace = None if local else RateLimiter(settings.judge_per_minute)
    budget = JudgeBudget(key, settings.judge_per_day, settings.judge_cost_per_day, pace)
    return Judge(
        key=key,
        evaluator=evaluator,
        budget=budget,
        at_once=settings.judge_concurrency if key == LLM_JUDGE else 1,
        batch=LOCAL_BATCH if local else 1,
        price=price if key == LLM_JUDGE or key.startswith(RAGAS) else None,
        currency=currency,
        referenced=key in REFERENCED,
    )


def _evaluators(settings: Settings, sleep: Sleep) -> dict[str, Evaluator]:
    """Group evaluators by process: ragas metrics share one, local models another."""
    keys = list(settings.judge_rates)
    found: dict[str, Evaluator] = {}
    for group in groups(keys):
        try:
            if group == [LLM_JUDGE]:
                found[LLM_JUDGE] = llm_judge(settings, sleep)
                continue
            if group == [CONTEXT_GAIN]:
                found[CONTEXT_GAIN] = gain_judge(settings, sleep)
                continue
            references = [_reference(key, settings) for key in group]
            ours = group[0].startswith((RAGAS, LOCAL))
            seconds = TURN_SECONDS if ours else settings.evaluator_timeout_seconds
            host = EvaluatorHost(references, seconds, START_SECONDS)
            found |= {key: IsolatedEvaluator(host, at) for at, key in enumerate(group)}
        except UsageError as error:
            raise UsageError(f"judge {', '.join(group)}: {error}") from error
    return found


def groups(keys: Sequence[str]) -> list[list[str]]:
    """The judges that share a process."""
    ragas = [key for key in keys if key.startswith(RAGAS)]
    local = [key for key in keys if key.startswith(LOCAL)]
    others = [[key] for key in keys if key not in ragas and key not in local]
    return [group for group in (*others, ragas, local) if group]


def _reference(key: str, settings: Settings) -> EvaluatorReference:
    if key.startswith(LOCAL):
        return EvaluatorReference("hf", {"model": key.removeprefix(LOCAL)})
    if not key.startswith(RAGAS):
        return EvaluatorReference(key)
    secret = settings.judge_api_key
    address = {
        "url": settings.judge_endpoint,
        "model": settings.judge_model,
        "api_key": secret.get_secret_value() if secret else None,
        "embedding_model": settings.judge_embedding_model,
        "temperature": settings.judge_temperature,
        "timeout_seconds": settings.judge_timeout_seconds,
        "extra": settings.judge_extra,
    }
    return EvaluatorReference(key, address)


def close(evaluators: Iterable[Evaluator]) -> None:
    """End the processes and connections of judges."""
    for evaluator in evaluators:
        if isinstance(evaluator, IsolatedEvaluator):
            evaluator.host.close()
        elif isinstance(evaluator, LLMJudge) and isinstance(evaluator.model, JudgeModel):
            evaluator.model.endpoint.close()
        elif isinstance(evaluator, ContextGain) and isinstance(evaluator.scorer, EndpointScorer):
            evaluator.scorer.endpoint.close()
