"""Behaviour signals: what is watched, in which direction, with which margin."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from groundwire_collector.storage.drift import BEHAVIOUR
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.drift.margin import ChangeDirection
from groundwire_evaluators.evaluation import State
from groundwire_evaluators.retrieval.outcome import ANSWERING_CHUNK, ChunkOutcome, chunk_outcome
from groundwire_evaluators.turn import Route

UP, BOTH = (ChangeDirection.UP,), (ChangeDirection.UP, ChangeDirection.DOWN)
EVALUATOR, GROUNDING = "behaviour", "grounding"


class SignalKind(StrEnum):
    """Kind of a behaviour signal: share or amount."""

    SHARE = "share"  # 0 or 1 an answer: the loss itself
    AMOUNT = "amount"  # any number: compared by its rank among those of the baseline


MARGINS = {SignalKind.SHARE: 0.02, SignalKind.AMOUNT: 0.05}
EFFECTS = {SignalKind.SHARE: 0.03, SignalKind.AMOUNT: 0.07}


@dataclass(frozen=True, slots=True)
class BehaviourSignal:
    """One watched behaviour of answers.

    `margin` and `effect` are changes of the mean loss: of a share, or of the mean rank (0.5 in the
    baseline; a rank of 0.6 means that an answer of now exceeds one of the baseline in 60 of 100
    pairs). Changes within the margin are never looked for.
    """

    name: str
    words: str
    unit: str
    kind: SignalKind
    directions: tuple[ChangeDirection, ...] = BOTH
    wide: float = 1.0  # factor of margin and effect, where days differ by themselves
    configured: bool = False  # depends on the file of expected behaviour

    @property
    def stored(self) -> str:
        """Name of the signal in alarms."""
        return f"{BEHAVIOUR}{self.name}"

    @property
    def margin(self) -> float:
        return MARGINS[self.kind] * self.wide

    @property
    def effect(self) -> float:
        return EFFECTS[self.kind] * self.wide


def _share(
    name: str, words: str, *, both: bool = False, configured: bool = False
) -> BehaviourSignal:
    directions = BOTH if both else UP
    return BehaviourSignal(name, words, "", SignalKind.SHARE, directions, configured=configured)


def _amount(
    name: str,
    words: str,
    unit: str,
    *,
    only_up: bool = False,
    wide: float = 1.0,
    configured: bool = False,
) -> BehaviourSignal:
    directions = UP if only_up else BOTH
    return BehaviourSignal(name, words, unit, SignalKind.AMOUNT, directions, wide, configured)


BEHAVIOUR_SIGNALS = (
    _share("invalid_format", "answers in an invalid format", configured=True),
    _share("broken_json", "JSON answers that do not parse"),
    _share("other_language", "answers in another language than the question"),
    _share("refusal", "answers that decline", both=True),
    _share("false_refusal", "answers that decline although a chunk answers"),
    _share("ignored_chunk", "answers that ignore a chunk that answers"),
    _share("missing_chunk", "answers without a chunk that answers"),
    _share("without_retrieval", "turns answered without retrieval", both=True),
    _share("loop", "answers that end in a loop"),
    _amount("repetition", "repetition within answers", "of the word sequences", only_up=True),
    _amount("answer_words", "length of answers", "words"),
    _amount("citations", "citations in answers", "citations"),
    _amount("reading_level", "reading level (LIX)", "LIX"),
    _amount("formality", "register (formality)", "of 100"),
    _amount("emoji", "emoji in answers", "emoji"),
    _amount("markup", "markup in answers", "of the lines"),
    _amount("tone_distance", "distance to the reference tone", "", only_up=True, configured=True),
    _amount("retrieval_seconds", "retrieval time", "s", only_up=True, wide=2.0),
    _amount("first_token_seconds", "time to the first token", "s", only_up=True, wide=2.0),
    _amount("generation_seconds", "generation time", "s", only_up=True, wide=2.0),
    _amount("input_tokens", "input tokens", "tokens"),
    _amount("output_tokens", "output tokens", "tokens"),
    _amount("cost", "cost of a turn", "", only_up=True),
)
BY_NAME = {signal.name: signal for signal in BEHAVIOUR_SIGNALS}


def words_of(stored: str) -> str:
    """Description of a stored behaviour signal; empty for any other."""
    found = BY_NAME.get(stored.removeprefix(BEHAVIOUR)) if stored.startswith(BEHAVIOUR) else None
    return found.words if found else ""


@dataclass(frozen=True, slots=True)
class SignalValue:
    """Value of a signal in one turn, with its revision."""

    signal: BehaviourSignal
    value: float
    revision: str


def values_of(judged: JudgedTurn, cost: float | None = None) -> Iterator[SignalValue]:
    """Behaviour signals of a turn that have a value.

    `cost` in the currency of the price list, where one is set. A signal that depends on the file
    of expected behaviour belongs to its digest, so that another file starts a baseline of its own.
    """
    yield from _retrieval_values(judged)
    for evaluation in judged.evaluations:
        if evaluation.evaluator == GROUNDING and evaluation.state in _JUDGED:
            refused = evaluation.signals.get("false_refusal", 0.0)
            yield SignalValue(BY_NAME["false_refusal"], refused, evaluation.revision)
        if evaluation.evaluator != EVALUATOR:
            continue
        base = evaluation.revision.partition("+")[0]
        for name, value in evaluation.signals.items():
            if (signal := BY_NAME.get(name)) is not None and value == value:  # no NaN
                yield SignalValue(signal, value, evaluation.revision if signal.configured else base)
        if cost is not None:
            yield SignalValue(BY_NAME["cost"], cost, base)


def _retrieval_values(judged: JudgedTurn) -> Iterator[SignalValue]:
    """Route of a turn, and what became of the right chunk."""
    parametric = float(judged.turn.route is Route.PARAMETRIC)
    yield SignalValue(BY_NAME["without_retrieval"], parametric, _ROUTES)
    outcome = chunk_outcome(judged.evaluations)
    if outcome is None:
        return
    revision = next(e.revision for e in judged.evaluations if ANSWERING_CHUNK in e.signals)
    for name, watched in _OUTCOMES.items():
        yield SignalValue(BY_NAME[name], float(outcome is watched), revision)


_ROUTES = "1"  # revision of what counts as without retrieval
_OUTCOMES = {"ignored_chunk": ChunkOutcome.IGNORED, "missing_chunk": ChunkOutcome.MISSING}
_JUDGED = {State.SCORED, State.REFUSAL, State.NO_CLAIMS}
