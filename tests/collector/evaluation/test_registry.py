"""The user's own evaluators judge live turns, and harm nobody when they hang, crash or lie."""

import sys

import pytest

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.registry import close, evaluators
from groundwire_collector.evaluation.runner import judge
from groundwire_collector.settings import Settings
from groundwire_evaluators.evaluation import State
from groundwire_evaluators.turn import Chunk, Turn

MODULE = """
import os, time
from groundwire_evaluators.evaluation import Evaluation, State

class Shout:
    name, revision = "shout", "7"
    def judge(self, turn):
        answer = turn.answer
        if answer == "hang":
            time.sleep(600)
        if answer == "crash":
            os._exit(3)
        if answer == "raise":
            raise ValueError("no")
        return Evaluation(evaluator=self.name, revision=self.revision, state=State.SCORED,
                          value=float(answer.isupper()))

class Nothing:
    pass
"""


@pytest.fixture
def named(tmp_path, monkeypatch):
    """Makes the evaluators of a dotted name, as GROUNDWIRE_EVALUATORS would."""
    (tmp_path / "shouting.py").write_text(MODULE)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    made = []

    def make(names: str, timeout: float = 30.0):
        settings = Settings(evaluators=names, evaluator_timeout_seconds=timeout)
        made.extend(evaluators(settings))
        return made

    yield make
    for evaluator in made:
        if hasattr(evaluator, "host"):
            evaluator.host.close()


def judged(found, *answers: str):
    turns = [Turn(answer=answer) for answer in answers]
    return [item.evaluations[0] for item in judge(found, turns)]


def test_an_evaluator_of_a_dotted_name_judges_in_its_own_process(named):
    found = named("shouting:Shout")
    assert (found[0].name, found[0].revision) == ("shout", "7")
    assert [e.value for e in judged(found, "LOUD", "quiet")] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("hang", "no answer within 1 s"), ("crash", "its process ended"), ("raise", "ValueError: no")],
)
def test_one_that_fails_is_counted_as_failed_and_judges_the_next_batch(named, answer, reason):
    found = named("shouting:Shout", timeout=1.0)
    [failed] = judged(found, answer)
    assert failed.state is State.FAILED
    assert reason in (failed.reason or "")
    found[0].host.timeout_seconds = 30.0
    assert [e.value for e in judged(found, "LOUD")] == [1.0]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nosuch", "evaluator nosuch: unknown; known: behaviour"),
        ("shouting:Missing", "evaluator shouting:Missing: AttributeError"),
        ("shouting:Nothing", "evaluator shouting:Nothing: missing name, revision or judge()"),
        ("not_a_module:X", "evaluator not_a_module:X: ModuleNotFoundError"),
    ],
)
def test_a_name_that_is_no_evaluator_is_one_clear_line(named, name, says):
    with pytest.raises(UsageError) as raised:
        named(name)
    assert str(raised.value).startswith(says)


def test_none_is_no_evaluator_at_all(named):
    assert named("none") == []


@pytest.mark.parametrize(("threshold", "flagged"), [(0.0, True), (1.0, False)])
def test_the_deployment_sets_from_where_a_turn_is_flagged(threshold, flagged):
    chunk = Chunk(text="Badges are valid for four years.")
    turn = Turn(question="How long?", chunks=(chunk,), answer="Badges are valid for four years.")
    found = evaluators(Settings(evaluators="grounding", flag_threshold=threshold))
    assert judge(found, [turn])[0].evaluations[0].flagged is flagged


def test_a_users_check_of_the_format_runs_in_a_process_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "own_checks.py").write_text("def has_euro(answer):\n    return 'EUR' in answer\n")
    (tmp_path / "behaviour.toml").write_text(
        "[services.bot]\ncheck = 'own_checks:has_euro'\nregex = '.'\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    settings = Settings(
        evaluators="retrieval,behaviour", behaviour_file=tmp_path / "behaviour.toml"
    )
    found = evaluators(settings)
    try:
        assert found[0].host is not found[1].host
        [turn] = judge(found, [Turn(question="How much?", answer="4 USD", service="bot")])
        assert turn.evaluations[1].signals["invalid_format"] == 1.0
    finally:
        close(found)


def test_a_wrong_file_of_expected_behaviour_stops_the_start_with_its_reason(tmp_path):
    path = tmp_path / "behaviour.toml"
    path.write_text("[services.bot]\nlanguage = 'xx'\n")
    with pytest.raises(UsageError, match=r"language 'xx'"):
        evaluators(Settings(evaluators="behaviour", behaviour_file=path))
