"""Task scores: exact match, token F1, rules, a function of the user's own."""

import sys

import pytest

from groundwire_evaluators.gate.task_scores import exact_match, rule_holds, scorer_of, token_f1


@pytest.mark.parametrize(
    ("answer", "exact", "f1"),
    [
        ("30 days", 1.0, 1.0),
        ("**30 Days.**", 1.0, 1.0),
        ("The 30 days", 0.0, 1.0),
        ("30 days or more", 0.0, 2 / 3),
        ("two weeks", 0.0, 0.0),
        ("", 0.0, 0.0),
        (None, 0.0, 0.0),
    ],
)
def test_answers_are_scored_by_their_reference(answer, exact, f1):
    record = {"answer": answer, "reference": "30 days"}
    assert (exact_match(record), token_f1(record)) == (exact, pytest.approx(f1))


def test_without_a_reference_or_a_rule_nothing_is_scored():
    assert exact_match({"answer": "x"}) is None
    assert token_f1({"answer": "x", "reference": " "}) is None
    assert rule_holds({"answer": "x"}) is None


def test_a_rule_of_the_line_is_checked():
    record = {"answer": "Yes.", "rule": {"count": {"of": "words", "most": 1}}}
    assert rule_holds(record) == 1.0
    assert rule_holds({**record, "answer": "Yes of course"}) == 0.0
    with pytest.raises(ValueError, match="unknown rule"):
        rule_holds({**record, "rule": {"shape": 1}})


def test_a_function_of_ones_own_scores_and_is_checked(tmp_path, monkeypatch):
    (tmp_path / "own_scores.py").write_text(
        "def polite(record):\n    return 'please' in record['answer']\n"
        "def some(record):\n    return None\n"
        "def wrong(record):\n    return 1.5\n"
        "def text(record):\n    return 'good'\n"
        "number = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert scorer_of("own_scores:polite")({"answer": "please"}) == 1.0
    assert scorer_of("own_scores:some")({"answer": "please"}) is None
    for name in ("wrong", "text"):
        with pytest.raises(ValueError, match="must be in"):
            scorer_of(f"own_scores:{name}")({"answer": ""})
    for name in ("own_scores:missing", "nothing_there:f", "own_scores:number", "nice", "a:"):
        with pytest.raises(ValueError, match="task score"):
            scorer_of(name)
    sys.modules.pop("own_scores", None)
