"""What a training file explains of the answers in production."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine

from groundwire_collector.evaluation.training_files import MemorizedOverrides, TrainedQuestions
from groundwire_collector.storage import training_files
from groundwire_collector.storage.training_files import TrainingFile
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.reliance.equivalence import equivalent
from groundwire_evaluators.statistics import wilson
from groundwire_evaluators.training.file_audit import LeakedQuestion, leaked_questions
from groundwire_evaluators.training.memorized import SAME_QUESTION
from groundwire_evaluators.training.novelty import NoveltyBin, novelty_curve
from groundwire_evaluators.training.question_index import QuestionIndex

SHOWN = 20  # overrides listed one by one
_Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class OverrideTurn:
    """A turn whose answer repeats a training answer against its context."""

    turn_id: str
    question: str
    answer: str
    reason: str


@dataclass(slots=True, kw_only=True)
class OverrideReport:
    """Turns of a model version against its training files.

    `similar`: turns with a similar training question; `repeated`: answers that repeat the
    training answer; `overrides`: those of them that their context does not support. `share` and
    its 95 % interval (Wilson) are overrides / similar.
    """

    turns: int = 0
    similar: int = 0
    repeated: int = 0
    overrides: int = 0
    share: float | None = None
    interval: _Interval | None = None
    examples: list[OverrideTurn] = field(default_factory=list)
    novelty: list[NoveltyBin] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedundantShare:
    """Share of training answers that a model version gives without context.

    Of questions with a closed-book answer. High for the model before the fine-tune: its memory
    has them already, so such examples teach it to leave its context aside (Goyal et al. 2025,
    https://arxiv.org/abs/2410.10796). For the fine-tuned version: what it learnt by heart.
    """

    model_version: str
    fine_tuned: bool
    answered: int
    same: int
    share: float
    interval: _Interval


def override_report(
    engine: Engine, judged: Sequence[JudgedTurn], questions: TrainedQuestions | None = None
) -> OverrideReport:
    """Overrides and faithfulness by novelty of stored turns; evaluated anew."""
    report = OverrideReport()
    points: list[tuple[float, bool]] = []
    evaluator = MemorizedOverrides(questions)
    for item in judged:
        with engine.connect() as connection:
            found = evaluator.evaluation(connection, item)
        if found is None:
            continue
        report.turns += 1
        _count(report, item, found)
        supported = _supported(item)
        if supported is not None and "novelty" in found.signals:
            points.append((found.signals["novelty"], supported))
    if report.similar:
        report.share = report.overrides / report.similar
        interval = wilson(report.overrides, report.similar)
        report.interval = (interval.low, interval.high)
    report.novelty = novelty_curve(points)
    return report


def _count(report: OverrideReport, judged: JudgedTurn, found: Evaluation) -> None:
    report.similar += found.state is State.SCORED
    report.repeated += bool(found.signals.get("repeats"))
    if found.value != 1.0:
        return
    report.overrides += 1
    if len(report.examples) < SHOWN:
        turn = judged.turn
        report.examples.append(
            OverrideTurn(turn.id, turn.question or "", turn.answer or "", found.reason or "")
        )


def redundant_shares(
    engine: Engine,
    answers: Iterable[tuple[str, str, str]],
    fine_tuned: str,
    questions: TrainedQuestions | None = None,
) -> list[RedundantShare]:
    """By model version: closed-book answers (version, question, answer) against the files."""
    lookup = questions or TrainedQuestions()
    counts: dict[str, list[int]] = {}
    seen: set[tuple[str, str]] = set()
    with engine.connect() as connection:
        for version, question, answer in answers:
            nearest = lookup.nearest(connection, fine_tuned, question)
            if nearest is None or nearest.similarity < SAME_QUESTION or (version, question) in seen:
                continue
            seen.add((version, question))
            count = counts.setdefault(version, [0, 0])
            count[0] += 1
            count[1] += equivalent(answer, nearest.example.answer, question)
    return [_redundant(version, fine_tuned, *count) for version, count in sorted(counts.items())]


def _redundant(version: str, fine_tuned: str, answered: int, same: int) -> RedundantShare:
    interval = wilson(same, answered)
    return RedundantShare(
        model_version=version,
        fine_tuned=version == fine_tuned,
        answered=answered,
        same=same,
        share=same / answered,
        interval=(interval.low, interval.high),
    )


def leaks(
    engine: Engine, files: Iterable[TrainingFile], questions: Sequence[str]
) -> list[LeakedQuestion]:
    """Evaluation questions that stand in one of the files."""
    found: list[LeakedQuestion] = []
    for file in files:
        with engine.connect() as connection:
            data = training_files.question_index(connection, file.id)
            lines = [each.line for each in training_files.examples(connection, file.id)]
        if data is not None:
            found += leaked_questions(questions, QuestionIndex.from_bytes(data), lines)
    return found


def _supported(judged: JudgedTurn) -> bool | None:
    """Whether the grounding evaluator found the answer supported; None where it has no score."""
    flags: Mapping[str, bool | None] = {
        each.evaluator: each.flagged for each in judged.evaluations if each.state is State.SCORED
    }
    flagged = flags.get("grounding")
    return None if flagged is None else not flagged
