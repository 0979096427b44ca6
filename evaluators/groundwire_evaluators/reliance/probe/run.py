"""Results of a probe run and their summary."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from groundwire_evaluators.reliance.labelling import Labeller
from groundwire_evaluators.reliance.outcome import Outcome, Tally
from groundwire_evaluators.reliance.probe.arms import CONFLICT_ARMS, Arm, Trial
from groundwire_evaluators.reliance.probe.item import ProbeStratum
from groundwire_evaluators.statistics import Estimate, Mean, hajek, mean


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """One call; `error` is the failure kind (no outcome then)."""

    item: str
    arm: Arm
    stratum: ProbeStratum
    relation: str
    response: str | None = None
    followed: Outcome | None = None
    rule: str = ""
    error: str | None = None
    position: str | None = None
    seconds: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    margin: float | None = None  # nats a token; log-probabilities of substitute minus original

    @property
    def key(self) -> str:
        return f"{self.item}#{self.arm}"

    def as_record(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "ProbeResult":
        followed = record.get("followed")
        return cls(
            **{
                **record,
                "arm": Arm(record["arm"]),
                "stratum": ProbeStratum(record["stratum"]),
                "followed": None if followed is None else Outcome(followed),
            }
        )


def judge(
    trial: Trial, response: str | None, labeller: Labeller | None = None, **facts: Any
) -> ProbeResult:
    """Result of a trial: its labelled response, or an `error` kind."""
    labelled = (labeller or Labeller()).label(trial.conflict(response))
    followed = labelled.followed
    remembered = trial.item.stratum is ProbeStratum.STALE and trial.arm is not Arm.CLEAN
    if followed is Outcome.PARAMETRIC and remembered:
        followed = Outcome.STALE
    return ProbeResult(
        item=trial.item.id,
        arm=trial.arm,
        stratum=trial.item.stratum,
        relation=trial.item.relation,
        response=response,
        followed=followed,
        rule=labelled.rule,
        position=trial.position,
        **facts,
    )


@dataclass(frozen=True)
class ProbeRun:
    """Results for one model, prompt and pack (`identity`)."""

    identity: "RunIdentity"
    results: tuple[ProbeResult, ...]

    def of(self, *arms: Arm, stratum: ProbeStratum | None = None) -> list[ProbeResult]:
        """Labelled results of some arms."""
        return [
            result
            for result in self.results
            if result.arm in arms
            and result.followed is not None
            and stratum in (None, result.stratum)
        ]

    def tally(self, *arms: Arm, stratum: ProbeStratum | None = None) -> Tally:
        found = (result.followed for result in self.of(*arms, stratum=stratum))
        return Tally.of(outcome for outcome in found if outcome is not None)

    def memorization(self, *arms: Arm, stratum: ProbeStratum | None = None) -> Estimate:
        """M_R with its interval; the arms of one item are one cluster."""
        decided = [
            result
            for result in self.of(*arms, stratum=stratum)
            if result.followed is not None and result.followed.decides
        ]
        hits = [result.followed is not Outcome.CONTEXT for result in decided]
        return hajek(hits, clusters=[result.item for result in decided])

    def known(self) -> set[str]:
        """Items that the model answers correctly without context."""
        closed = self.of(Arm.CLOSED_BOOK)
        return {result.item for result in closed if result.followed and result.followed.from_memory}

    def margin(self, *arms: Arm, stratum: ProbeStratum | None = None) -> Mean | None:
        """Mean conflict margin, nats per token; None without log-probabilities.

        Above 0 the substitute of the context is likelier than memory's answer, whatever was said.
        """
        found = [
            (result.item, result.margin)
            for result in self.results
            if result.arm in arms
            and result.margin is not None
            and stratum in (None, result.stratum)
        ]
        return mean([margin for _, margin in found], [item for item, _ in found])

    @property
    def failures(self) -> Counter[str]:
        return Counter(result.error for result in self.results if result.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIdentity:
    """Identity of a run; comparable runs share pack and prompt."""

    pack: str
    digest: str
    prompt: str
    model: str = ""
    model_version: str = ""
    prompt_version: str = ""
    started_at: str = ""  # RFC 3339

    def comparable(self, other: "RunIdentity") -> bool:
        return (self.digest, self.prompt) == (other.digest, other.prompt)


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """Price per million tokens, in one currency."""

    input: float = 0.0
    output: float = 0.0

    def cost(self, results: Iterable[ProbeResult]) -> float:
        return sum(
            (result.input_tokens or 0) * self.input + (result.output_tokens or 0) * self.output
            for result in results
        ) / 1e6  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProbeSummary:
    """Summary of a run per stratum, with counts."""

    strata: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class WrongContext:
    """Answers to questions whose context is wrong: the mirror of stale memory.

    `repeats`: the answer asserts what the wrong context says, with its interval (items as
    clusters). `corrects`: it asserts the right answer, which only memory holds. `declines`: it
    refuses. Shares of `n` labelled answers.
    """

    n: int
    repeats: float
    interval: tuple[float, float]
    corrects: float
    declines: float


def mirror(run: ProbeRun, stratum: ProbeStratum) -> WrongContext | None:
    """What the model does where the context is wrong; None if that was not asked.

    A `stale` item's wrong context is its outdated text, which the clean arm shows; everywhere else
    it is the text of the conflict arms, which contradicts a true fact.
    """
    arms = (Arm.CLEAN,) if stratum is ProbeStratum.STALE else CONFLICT_ARMS
    found = [result for result in run.of(*arms, stratum=stratum) if result.followed is not None]
    if not found:
        return None
    outcomes = [result.followed for result in found]
    repeats = hajek(
        [each is Outcome.CONTEXT for each in outcomes], clusters=[result.item for result in found]
    )
    low, high = repeats.interval
    return WrongContext(
        n=len(found),
        repeats=repeats.value or 0.0,
        interval=(low, high),
        corrects=sum(each is not None and each.from_memory for each in outcomes) / len(found),
        declines=outcomes.count(Outcome.REFUSAL) / len(found),
    )


def summarise(run: ProbeRun, prices: TokenPrices | None = None) -> ProbeSummary:
    """Summary per stratum: ratio per conflict arm, clean accuracy, known items."""
    present = [
        stratum for stratum in ProbeStratum if any(r.stratum is stratum for r in run.results)
    ]
    return ProbeSummary(
        strata={stratum.value: _stratum(run, stratum) for stratum in present},
        calls=len(run.results),
        failures=dict(run.failures),
        tokens={
            "input": sum(result.input_tokens or 0 for result in run.results),
            "output": sum(result.output_tokens or 0 for result in run.results),
        },
        seconds=sum(result.seconds or 0.0 for result in run.results),
        cost=prices.cost(run.results) if prices else None,
    )


def _stratum(run: ProbeRun, stratum: ProbeStratum) -> dict[str, Any]:
    clean = run.tally(Arm.CLEAN, stratum=stratum)
    closed = run.tally(Arm.CLOSED_BOOK, stratum=stratum)
    summary: dict[str, Any] = {
        "conflict_arms": _ratio(run, CONFLICT_ARMS, stratum),
        "clean_accuracy": clean.p_s,
        "clean_n": clean.total,
        "known_closed_book": closed.p_o,
        "closed_book_n": closed.total,
    }
    mirrored = mirror(run, stratum)
    if mirrored is not None:
        summary["mirror"] = asdict(mirrored)
    margin = run.margin(*CONFLICT_ARMS, stratum=stratum)
    if margin is not None:
        summary["margin"] = {**asdict(margin), "interval": list(margin.interval)}
    for arm in (*CONFLICT_ARMS, Arm.IRRELEVANT):
        if run.of(arm, stratum=stratum):
            summary[arm.value] = _ratio(run, (arm,), stratum)
    return summary


def _ratio(run: ProbeRun, arms: Sequence[Arm], stratum: ProbeStratum) -> dict[str, Any]:
    tally = run.tally(*arms, stratum=stratum)
    estimate = run.memorization(*arms, stratum=stratum)
    return {
        "memorization_ratio": estimate.value,
        "interval": list(estimate.interval),
        "p_s": tally.p_s,
        "p_o": tally.p_o,
        "n": tally.total,
        "deciding": tally.deciding,
        "counts": {outcome.value: count for outcome, count in tally.counts.items()},
    }
