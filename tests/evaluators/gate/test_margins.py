"""Margins of the gate: the shipped file, a user's file over it, and what is refused."""

import tomllib

import pytest

from groundwire_evaluators.gate.margins import Better, MeasureRule, default_text, load_rules


def test_the_shipped_file_holds_a_rule_for_what_decides():
    rules = load_rules()
    assert rules.alpha == 0.01
    for name in ("right", "faithful", "answered", "follows", "task", "retention"):
        assert rules.of(name).decides
        assert rules.of(name).better is Better.HIGHER
    assert rules.of("seconds").relative
    assert set(tomllib.loads(default_text())["measures"]) == set(rules.measures)


def test_a_file_of_the_user_is_laid_over_the_shipped_one(tmp_path):
    path = tmp_path / "margins.toml"
    path.write_text(
        'alpha = 0.05\n[measures.faithful]\nmargin = 0.1\n[measures."mine.words"]\n'
        'better = "same"\nrelative = true\nmargin = 0.3\n'
    )
    rules = load_rules(path)
    assert rules.alpha == 0.05
    assert rules.of("faithful") == MeasureRule(margin=0.1, weight=2.0)
    assert rules.of("mine.words").better is Better.SAME
    assert rules.of("answered").margin == 0.03


def test_a_measure_without_a_rule_is_shown_and_decides_nothing():
    assert not load_rules().of("anything").decides


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alpha = 2", "alpha must be in"),
        ("alfa = 0.1", "unknown: alfa"),
        ("[measures.faithful]\nmargn = 1", "measures.faithful: unknown: margn"),
        ("[measures.faithful]\nmargin = 0", "a margin must be a number above 0"),
        ("[measures.faithful]\nmargin = true", "margin must be a number"),
        ('[measures.faithful]\nbetter = "up"', "measures.faithful"),
        ("[measures.faithful]\nrelative = 1", "relative must be true or false"),
        ("measures = 3", "must be tables"),
        ("a = ", "cannot be read"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_place(tmp_path, text, message):
    path = tmp_path / "margins.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_rules(path)
