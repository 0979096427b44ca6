"""Expected behaviour from a file: format, language, tone, per service."""

import json
from pathlib import Path

import pytest

from groundwire_evaluators.behaviour import Behaviour, BehaviourFile, BehaviourFileError
from groundwire_evaluators.behaviour.expected import has_own_check
from groundwire_evaluators.behaviour.tone import Background, ToneReference
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.turn import Turn


def written(folder: Path, text: str) -> Path:
    path = folder / "behaviour.toml"
    path.write_text(text, encoding="utf-8")
    return path


def judged(path: Path, answer: str, service: str = "bot") -> Evaluation:
    turn = Turn(question="What is the price of a badge?", answer=answer, service=service)
    return Behaviour(str(path)).judge(turn)


def test_a_schema_in_a_file_beside_it_is_the_format_of_a_service(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["price"]}
    (tmp_path / "answer.json").write_text(json.dumps(schema))
    path = written(tmp_path, '[services.bot]\nschema = "answer.json"\n')
    assert judged(path, '{"price": 4}').signals["invalid_format"] == 0.0
    broken = judged(path, '{"cost": 4}')
    assert broken.signals["invalid_format"] == 1.0
    assert "'price' is a required property" in (broken.reason or "")
    assert "invalid_format" not in judged(path, '{"cost": 4}', "other").signals


def test_a_star_is_every_other_service(tmp_path: Path) -> None:
    path = written(tmp_path, "[services.bot]\njson = true\n[services.'*']\nregex = '^ok'\n")
    assert judged(path, "{}").signals["invalid_format"] == 0.0
    assert judged(path, "{}", "other").signals["invalid_format"] == 1.0
    assert judged(path, "ok then", "other").signals["invalid_format"] == 0.0


def test_a_users_function_decides_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "price_checks.py").write_text(
        "def has_price(answer):\n    return 'EUR' in answer or 'no price'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    path = written(tmp_path, '[services.bot]\ncheck = "price_checks:has_price"\nregex = "4"\n')
    assert has_own_check(path)
    assert judged(path, "4 EUR").signals["invalid_format"] == 0.0
    assert judged(path, "4 USD").reason == "invalid_format: no price"
    assert (judged(path, "5 EUR").reason or "").startswith("invalid_format: no match")


def test_the_language_of_a_service_counts_instead_of_the_questions(tmp_path: Path) -> None:
    path = written(tmp_path, '[services.bot]\nlanguage = "de"\n')
    german = "Der Ausweis kostet vier Euro und ist am Tor zu haben."
    assert judged(path, german).signals["other_language"] == 0.0
    english = "The badge costs four euros and is to be had at the gate."
    assert judged(path, english).signals["other_language"] == 1.0


def test_the_tone_is_measured_where_a_reference_has_the_language(tmp_path: Path) -> None:
    background = Background.shipped("en")
    assert background is not None
    own = ToneReference.of([f"The badge number {n} is at the gate." for n in range(40)], background)
    (tmp_path / "tone.json").write_text(json.dumps({"languages": {"en": own.to_json()}}))
    path = written(tmp_path, '[services.bot]\ntone = "tone.json"\n')
    answer = "The badge number 99 is at the gate of the house in the north."
    assert judged(path, answer).signals["tone_distance"] < 0.5
    assert (
        "tone_distance" not in judged(path, "Der Ausweis ist am Tor und kostet vier Euro.").signals
    )


def test_the_revision_names_the_file(tmp_path: Path) -> None:
    first = Behaviour(str(written(tmp_path, "[services.bot]\njson = true\n"))).revision
    second = Behaviour(str(written(tmp_path, "[services.bot]\nregex = 'a'\n"))).revision
    assert {first.partition("+")[0], second.partition("+")[0]} == {Behaviour().revision}
    assert first != second


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[services.bot]\nschemas = 'a'\n", "unknown schemas"),
        ("[services.bot]\nschema = 'missing.json'\n", "missing.json"),
        ("[services.bot]\nregex = '('\n", "regex: "),
        ("[services.bot]\nlanguage = 'xx'\n", "language 'xx'"),
        ("[services.bot]\ncheck = 'nothing'\n", "write module:function"),
        ("[services.bot]\ncheck = 'no_such_module:f'\n", "no_such_module"),
        ("[services.bot]\ntone = 'behaviour.toml'\n", "behaviour.toml"),
        ("services = 3\n", "attribute"),
        ("[services", "behaviour.toml"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BehaviourFileError, match=reason):
        BehaviourFile.load(written(tmp_path, text))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BehaviourFileError):
        Behaviour(str(tmp_path / "none.toml"))
    assert not has_own_check(tmp_path / "none.toml")
