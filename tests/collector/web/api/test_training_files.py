"""Training files and adapters of model versions, by the API."""

from datetime import UTC, datetime

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from groundwire_collector.storage import keys, training_files, turns
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.training_files import StoredAdapter, TrainingFile
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.question_index import QuestionIndex
from groundwire_evaluators.turn import Turn

PATH = "/api/v1/training-files"


def key_for(engine: Engine, *services: str) -> dict[str, str]:
    key = keys.generate()
    with engine.begin() as connection:
        keys.add(connection, key, " ".join(services) or "all", [Scope.READ], services or None)
    return {"Authorization": f"Bearer {key}"}


def fill(engine: Engine) -> None:
    example = TrainingExample(line=1, question="Who leads?", answer="A private answer.")
    for version in ("ft-1", "ft-2"):
        file = TrainingFile(
            id=0,
            model_version=version,
            name="train.jsonl",
            digest="d",
            added_ns=10**18,
            examples=1,
            facts={"lines": 2, "bad_lines": 1, "secrets": {"EMAIL": 1}},
        )
        index = QuestionIndex.build([example.question]).to_bytes()
        training_files.add(engine, file, [example], index)
    description = {"kind": "LORA", "rank": 16, "targets": ["q_proj"], "parameters": 9}
    with engine.begin() as connection:
        adapter = StoredAdapter(
            model_version="ft-1", path="/models/a", added_ns=1, description=description
        )
        training_files.put_adapter(connection, adapter)
        made = Turn(
            id="t",
            trace_id="0" * 31 + "1",
            service="shop",
            model_version="ft-1",
            answer="Yes.",
            started_at=datetime(2026, 3, 2, tzinfo=UTC),
        )
        turns.save(connection, [JudgedTurn(made, ())])


def test_files_and_adapters_are_described_without_their_texts(app) -> None:
    fill(app.state.engine)
    client, key = TestClient(app), key_for(app.state.engine)
    found = client.get(PATH, headers=key, params={"model_version": "ft-1"}).json()
    [file] = found["training_files"]
    assert (file["examples"], file["bad_lines"], file["secrets"]) == (1, 1, {"EMAIL": 1})
    [adapter] = found["adapters"]
    assert (adapter["rank"], adapter["targets"], adapter["base"]) == (16, ["q_proj"], None)
    assert "private" not in client.get(PATH, headers=key).text
    assert len(client.get(PATH, headers=key).json()["training_files"]) == 2


def test_a_key_of_a_service_sees_the_versions_of_its_turns(app) -> None:
    fill(app.state.engine)
    client = TestClient(app)
    shop, other = (key_for(app.state.engine, name) for name in ("shop", "other"))
    [file] = client.get(PATH, headers=shop).json()["training_files"]
    assert file["model_version"] == "ft-1"
    assert client.get(PATH, headers=other).json() == {"training_files": [], "adapters": []}
    hidden = client.get(PATH, headers=other, params={"model_version": "ft-1"}).json()
    assert hidden == {"training_files": [], "adapters": []}


def test_a_version_is_listed_with_its_training_file_and_adapter(app) -> None:
    fill(app.state.engine)
    client, key = TestClient(app), key_for(app.state.engine)
    query = {"service": "shop", "since": "2026-03-01T00:00:00Z", "until": "2026-03-03T00:00:00Z"}
    [version] = client.get("/api/v1/versions", headers=key, params=query).json()["versions"]
    assert (version["value"], version["training_files"]) == ("ft-1", 1)
    assert version["adapter"]["rank"] == 16


def test_without_a_key_there_is_nothing_to_see(app) -> None:
    assert TestClient(app).get(PATH).status_code == 401
