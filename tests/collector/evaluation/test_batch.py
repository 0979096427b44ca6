"""Batches of judged turns, as consumers take them."""

from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.storage.turns import JudgedTurn, StoredOutcome
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn


def judged(name: str, p_unsupported: float | None) -> JudgedTurn:
    signals = {} if p_unsupported is None else {"p_unsupported": p_unsupported}
    evaluation = Evaluation(
        evaluator="grounding", revision="1", state=State.SCORED, value=0.5, signals=signals
    )
    return JudgedTurn(Turn(id=name, question="q", answer="a"), (evaluation,))


def test_a_turn_that_grew_is_first_scored_where_it_had_no_probability() -> None:
    late, scored, still_without = judged("a", 0.2), judged("b", 0.2), judged("c", None)
    outcomes = {
        "a": StoredOutcome(),
        "b": StoredOutcome(p_unsupported=0.1),
        "c": StoredOutcome(),
    }
    again = [late, scored, still_without]
    batch = JudgedBatch(again, [], again, {}, outcomes, now_ns=0)
    assert batch.first_scored == [late]
