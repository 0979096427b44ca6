"""`groundwire tone`: a reference from training answers or stored turns."""

import json
import random
from pathlib import Path

import pytest
import typer
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from groundwire_collector.commands.tone import tone
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import turns
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.behaviour import ToneReference
from groundwire_evaluators.turn import Turn

THINGS = "badge parcel invoice form key bike room seat plan visit".split()


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(tone)
    result = CliRunner().invoke(app, [*arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def formal(seed: int) -> str:
    a, b = random.Random(seed).sample(THINGS, 2)
    return f"The {a} of the house is issued by the office of the {b} in accordance with the rules."


def written(path: Path, records: list[dict[str, object]]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


@pytest.mark.parametrize(
    "form",
    [
        lambda text: {"answer": text},
        lambda text: {"prompt": "?", "completion": text},
        lambda text: {"instruction": "?", "output": text},
        lambda text: {
            "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}]
        },
        lambda text: {
            "conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": text}]
        },
    ],
)
def test_a_training_file_of_any_usual_form_is_a_reference(tmp_path: Path, form) -> None:  # type: ignore[no-untyped-def]
    answers = written(tmp_path / "train.jsonl", [form(formal(seed)) for seed in range(40)])
    out = tmp_path / "tone.json"
    assert json.loads(run(str(out), "--answers", answers).stdout) == {"en": 40}
    reference = ToneReference.from_json(json.loads(out.read_text())["languages"]["en"])
    assert reference.distance(formal(99)) < 0.6
    assert reference.distance("Hey, so what do you want? I can't say, but you can!") > 1


def test_stored_turns_of_a_version_are_a_reference(
    tmp_path: Path, engine: Engine, settings: Settings
) -> None:
    def stored(number: int, **facts: object) -> JudgedTurn:
        turn = Turn(
            id=str(number), trace_id=f"{number:032x}", service="bot", answer=formal(number), **facts
        )  # type: ignore[arg-type]
        return JudgedTurn(turn, ())

    with engine.begin() as connection:
        turns.save(connection, [stored(n, model_version="v1") for n in range(35)])
        turns.save(connection, [stored(n, model_version="v2") for n in range(35, 80)])
        turns.save(connection, [stored(n, model_version="v1", probe=True) for n in range(80, 90)])
    where = (
        ("--database-url", settings.database_url)
        if settings.database_url
        else ("--data-dir", str(settings.data_dir))
    )
    out = tmp_path / "tone.json"
    found = run(str(out), "--service", "bot", "--model-version", "v1", *where)
    assert json.loads(found.stdout) == {"en": 35}


def test_another_language_needs_a_background(tmp_path: Path) -> None:
    german = [
        {"answer": f"Der Ausweis Nummer {n} ist nach den Regeln des Hauses am Tor zu erneuern."}
        for n in range(40)
    ]
    answers, out = written(tmp_path / "de.jsonl", german), str(tmp_path / "tone.json")
    with pytest.raises(UsageError, match="for de give a background"):
        run(out, "--answers", answers)
    usual = [
        {"answer": f"Hallo, du kannst mir das {w} ja auch so geben, wenn du magst: {n} mal!"}
        for n, w in enumerate(THINGS * 4)
    ]
    background = written(tmp_path / "usual.jsonl", german[:20] + usual)
    found = run(out, "--answers", answers, "--background", background)
    assert json.loads(found.stdout) == {"de": 40}


def test_too_few_answers_or_no_source_is_one_clear_line(tmp_path: Path) -> None:
    answers = written(tmp_path / "few.jsonl", [{"answer": formal(1)}])
    with pytest.raises(UsageError, match="at least 30 answers"):
        run(str(tmp_path / "tone.json"), "--answers", answers)
    with pytest.raises(UsageError, match="--answers FILE, or --service NAME"):
        run(str(tmp_path / "tone.json"))
