"""Claims that a reader is asked about, and what its answers change in an evaluation."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from groundwire_evaluators.evaluation import Evaluation, State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding.read_claims import MOST_CLAIMS
from groundwire_evaluators.grounding.reading_budget import ReadingBudget
from groundwire_evaluators.grounding.reading_pairs import SHOWN_WORDS
from groundwire_evaluators.reader import Card, Reader, ReaderWeights
from groundwire_evaluators.turn import Chunk, Turn

WEIGHTS = ReaderWeights(
    not_there=1.5, intercept=-0.2, contradicted=0.9, summary_contradicted=0.9, above=0.5
)
SHOP = "The shop on the corner opens at nine. Lamps are sold on the first floor by the owner."
WORDS = Grounding(reader=None)


class RuleReader:
    """Reads by a rule on claim and evidence; remembers what it was asked."""

    def __init__(self, rule: Callable[[str, str], Sequence[float]], card: Card | None = None):
        self.card = card or Card("rule", weights=WEIGHTS)
        self.revision = "rule-1"
        self.asked: list[tuple[str, str]] = []
        self._rule = rule

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        self.asked += pairs
        return np.array([self._rule(*pair) for pair in pairs]).reshape(len(pairs), 3)


def supports(_: str, __: str) -> Sequence[float]:
    return (0.98, 0.01, 0.01)


def contradicts(_: str, __: str) -> Sequence[float]:
    return (0.01, 0.02, 0.97)


def misses(_: str, __: str) -> Sequence[float]:
    return (0.02, 0.97, 0.01)


def turn(answer: str, *chunks: str, question: str | None = "When does the shop open?") -> Turn:
    texts = chunks or (SHOP,)
    return Turn(question=question, answer=answer, chunks=tuple(Chunk(text=t) for t in texts))


def judge(reader: Reader, *turns: Turn) -> list[Evaluation]:
    return Grounding(reader=reader).evaluate_batch(turns)


def without_reading(evaluation: Evaluation) -> Evaluation:
    signals = {k: v for k, v in evaluation.signals.items() if not k.startswith("reader_")}
    return replace(evaluation, revision=WORDS.revision, signals=signals)


COPY = "The shop on the corner opens at nine."


def test_a_contradiction_reaches_verdict_reason_flag_and_probability() -> None:
    [found] = judge(RuleReader(contradicts), turn(COPY))
    [claim] = found.claims
    assert claim.verdict is Verdict.CONTRADICTED
    assert claim.reason == "read against chunk 1, it says otherwise (0.97)"
    assert [(span.start, span.end) for span in claim.spans] == [(0, len(COPY))]
    assert found.flagged
    assert found.value == 0.0
    by_words = WORDS.judge(turn(COPY))
    assert found.signals["p_unsupported"] > by_words.signals["p_unsupported"]


def test_a_claim_that_is_not_there_scores_higher_and_says_why() -> None:
    [found] = judge(RuleReader(misses), turn(COPY))
    [claim] = found.claims
    assert claim.verdict is Verdict.UNSUPPORTED
    assert claim.reason is not None
    assert claim.reason.startswith("read against chunk 1, it is not there (0.97)")


def test_a_claim_that_the_reader_finds_scores_lower_than_by_words() -> None:
    odd = "The corner shop opens its doors at nine for early customers."
    [found] = judge(RuleReader(supports), turn(odd))
    by_words = WORDS.judge(turn(odd))
    assert found.signals["p_unsupported"] < by_words.signals["p_unsupported"]


def test_a_finding_of_words_is_not_taken_back() -> None:
    wrong = "The shop on the corner opens at ten."
    assert WORDS.judge(turn(wrong)).flagged
    [found] = judge(RuleReader(supports), turn(wrong))
    assert found.flagged


def test_at_most_six_claims_of_a_turn_are_read() -> None:
    reader = RuleReader(supports)
    answer = " ".join(f"The shop on the corner opens at nine on floor {k}." for k in range(40))
    [found] = judge(reader, turn(answer))
    assert len(reader.asked) == MOST_CLAIMS
    assert found.signals["reader_claims"] == MOST_CLAIMS


def test_records_are_never_read() -> None:
    reader = RuleReader(contradicts)
    record = '{"name": "The shop", "opens": "nine", "wifi": false}'
    [found] = judge(reader, turn("The shop opens at nine.", record))
    assert reader.asked == []
    assert without_reading(found) == WORDS.judge(turn("The shop opens at nine.", record))


def test_other_languages_than_the_cards_are_not_read() -> None:
    reader = RuleReader(contradicts)
    german = turn(
        "Der Laden an der Ecke öffnet um neun Uhr.",
        "Der Laden an der Ecke öffnet um neun Uhr und er ist am Sonntag nicht offen.",
        question="Wann öffnet der Laden?",
    )
    [found] = judge(reader, german)
    assert found.state is State.SCORED
    assert reader.asked == []


def test_a_short_answer_is_read_with_its_question() -> None:
    reader = RuleReader(supports)
    judge(reader, turn("At nine."))
    assert reader.asked[0][0] == "When does the shop open? At nine."


def test_the_evidence_is_the_sentences_that_share_words_with_the_claim() -> None:
    reader = RuleReader(supports)
    other = "Trains to the north leave from platform four. " * 30
    judge(reader, turn("The owner sells lamps on the first floor.", other, SHOP))
    evidence = reader.asked[0][1]
    assert "Lamps are sold on the first floor by the owner." in evidence
    assert len(evidence.split()) < 120


def test_answers_without_a_question_have_weights_of_their_own() -> None:
    deaf = ReaderWeights(not_there=3.0, summary_not_there=0.0, summary_contradicted=1.1)
    reader = RuleReader(misses, Card("rule", weights=deaf))
    asked, summary = judge(reader, turn(COPY), turn(COPY, question=None))
    assert asked.flagged
    assert without_reading(summary) == WORDS.judge(turn(COPY, question=None))


def test_several_turns_are_read_in_one_batch_as_they_are_one_by_one() -> None:
    turns = [turn(COPY), turn("I cannot tell from the passages."), turn("Lamps are sold there.")]
    calls: list[int] = []

    class Counting(RuleReader):
        def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
            calls.append(len(pairs))
            return super().read(pairs)

    together = judge(Counting(contradicts), *turns)
    assert calls == [2]
    alone = [judge(RuleReader(contradicts), one)[0] for one in turns]
    assert [without_reading(one) for one in together] == [without_reading(one) for one in alone]


def test_what_is_not_read_in_time_has_a_state_and_never_the_score_of_words() -> None:
    def slow(_: str, __: str) -> Sequence[float]:
        time.sleep(0.002)
        return supports("", "")

    grounding = Grounding(reader=RuleReader(slow), reader_seconds=0.0001)
    found = grounding.evaluate_batch([turn(COPY) for _ in range(40)])
    late = [one for one in found if one.state is not State.SCORED]
    assert late
    assert {one.state for one in late} == {State.NOT_EVALUABLE}
    assert late[0].reason == "reader: time limit of 0.0001 s a turn"
    assert "p_unsupported" not in late[0].signals


def test_a_single_turn_whose_reading_takes_too_long_has_a_state_too() -> None:
    def slow(_: str, __: str) -> Sequence[float]:
        time.sleep(0.02)
        return supports("", "")

    answer = " ".join(f"The shop on the corner opens at nine on floor {k}." for k in range(8))
    reader = RuleReader(slow)
    [found] = Grounding(reader=reader, reader_seconds=0.03).evaluate_batch([turn(answer)])
    assert found.state is State.NOT_EVALUABLE
    assert found.reason == "reader: time limit of 0.03 s a turn"
    assert len(reader.asked) < MOST_CLAIMS


def test_turns_beyond_the_budget_of_live_traffic_are_not_read_and_say_so() -> None:
    def slow(_: str, __: str) -> Sequence[float]:
        time.sleep(0.01)
        return supports("", "")

    budget = ReadingBudget(seconds_a_turn=0.001, most_saved=0.05)
    grounding = Grounding(reader=RuleReader(slow), reading_budget=budget)
    found = [grounding.judge(turn(COPY)) for _ in range(40)]
    states = [one.state for one in found]
    assert states[0] is State.SCORED
    assert states[-1] is State.NOT_EVALUABLE
    assert found[-1].reason == "reader: not read, as turns wait: over 0.001 s a turn"
    assert "p_unsupported" not in found[-1].signals


def test_a_claim_and_its_evidence_fit_into_one_window() -> None:
    reader = RuleReader(supports)
    sentence = "The shop on the corner of the old square opens at nine in the morning every day. "
    judge(reader, turn("The shop on the corner opens at nine in the morning.", sentence * 40))
    claim, evidence = reader.asked[0]
    assert len(claim.split()) + len(evidence.split()) <= SHOWN_WORDS
    assert evidence.endswith("every day.")


def test_a_reader_that_raises_costs_the_turns_that_asked_it_their_score() -> None:
    def broken(_: str, __: str) -> Sequence[float]:
        raise RuntimeError("out of memory")

    read, refused = judge(RuleReader(broken), turn(COPY), turn("I do not know."))
    assert read.state is State.NOT_EVALUABLE
    assert read.reason == "reader: RuntimeError: out of memory"
    assert refused.state is State.REFUSAL


@pytest.mark.parametrize(
    "answer",
    [
        "😀 " * 20_000,
        "\0" * 1_000 + COPY,
        "The shop opens. " * 10_000,
        "shop" * 250_000,
        "The shop " + "opens at nine " * 70_000 + ".",
    ],
)
def test_hostile_answers_ask_little_of_the_reader(answer: str) -> None:
    reader = RuleReader(supports)
    [found] = judge(reader, turn(answer))
    assert found.state in State
    assert len(reader.asked) <= MOST_CLAIMS
    assert all(len(claim) + len(evidence) < 10_000 for claim, evidence in reader.asked)


def test_without_a_reader_nothing_of_it_shows() -> None:
    found = WORDS.judge(turn(COPY))
    assert not any(name.startswith("reader") for name in found.signals)
    assert "rule" not in WORDS.revision
