"""`GET /api/v1/estimates`: ratios with intervals, and "too few" where there is too little."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from groundwire_collector.app import create_app
from groundwire_collector.llm.client import FunctionTarget
from groundwire_collector.probing.job import ProbeJob
from groundwire_collector.probing.probe_alarms import ProbeAlarms
from groundwire_collector.probing.runner import ProbeRunner
from groundwire_collector.settings import Settings
from groundwire_collector.storage import closed_book_turns, keys
from groundwire_collector.storage import estimates as stored_estimates
from groundwire_collector.storage.closed_book_turns import ClosedBookTurn
from groundwire_collector.storage.estimates import MISSED_CHUNKS, StoredEstimate
from groundwire_collector.storage.keys import Scope
from groundwire_evaluators.reliance.memorization import RelianceCell
from groundwire_evaluators.reliance.probe import ProbePack, load_pack
from groundwire_evaluators.reliance.probe.arms import Arm

KEY = "gw_estimates"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(data_dir=tmp_path, api_key=KEY)
    app = create_app(settings)
    keys.first_key(settings, app.state.engine)
    headers = {"authorization": f"Bearer {KEY}"}
    with TestClient(app, headers=headers) as made:
        made.engine = app.state.engine  # type: ignore[attr-defined]
        yield made


def keep(client: TestClient, cell: RelianceCell, count: int, **changes: Any) -> None:
    """So many turns asked closed-book, each of a question of its own."""
    facts = {"service": "bot", "model_version": "v1", "prompt_version": None, "probability": 1.0}
    facts |= {"sampled_ns": 1, "diagnostic": cell is not RelianceCell.REDUNDANT, **changes}
    with client.engine.begin() as connection:  # type: ignore[attr-defined]
        names = [f"{facts['model_version']} {cell} {i}" for i in range(count)]
        closed_book_turns.put(
            connection,
            [ClosedBookTurn(turn_id=n, cluster=n, cell=cell.value, **facts) for n in names],
        )


def estimates(client: TestClient, **query: Any) -> Any:
    return client.get("/api/v1/estimates", params=query).raise_for_status().json()


def test_nothing_measured_is_an_empty_answer(client: TestClient) -> None:
    reported = estimates(client)
    assert set(reported) > {"faithfulness", "agreement", "closed_book", "probe"}
    assert not any(reported.values())


def test_the_ratio_is_reported_with_its_interval_where_enough_turns_decide_it(
    client: TestClient,
) -> None:
    keep(client, RelianceCell.PARAMETRIC_OVERRIDE, 20)
    keep(client, RelianceCell.CONTEXT_DRIVEN, 60)
    keep(client, RelianceCell.REDUNDANT, 80)
    [reported] = estimates(client)["closed_book"]
    assert reported["memorization_ratio"] == pytest.approx(0.25)
    low, high = reported["measured"]["interval"]
    assert low < 0.25 < high
    assert (reported["n"], reported["diagnostic_n"], reported["too_few"]) == (160, 80, False)
    assert reported["redundant_share"]["value"] == pytest.approx(0.5)
    assert (reported["p_s"], reported["p_o"]) == (pytest.approx(0.375), pytest.approx(0.125))
    assert reported["statement"].startswith("0.25 (")


def test_too_few_diagnostic_turns_are_reported_to_be_too_few(client: TestClient) -> None:
    keep(client, RelianceCell.REDUNDANT, 200)
    keep(client, RelianceCell.PARAMETRIC_OVERRIDE, 3)
    [reported] = estimates(client)["closed_book"]
    assert reported["memorization_ratio"] is None
    assert reported["too_few"]
    assert reported["statement"] == "too few diagnostic turns (3 of at least 50)"
    assert reported["redundant_share"]["value"] > 0.95


def test_versions_are_apart_and_turns_that_wait_are_not_reported(client: TestClient) -> None:
    keep(client, RelianceCell.REDUNDANT, 2)
    keep(client, RelianceCell.CONTEXT_DRIVEN, 3, model_version="v2")
    with client.engine.begin() as connection:  # type: ignore[attr-defined]
        waiting = ClosedBookTurn(
            turn_id="w", service="bot", model_version="v3", prompt_version=None,
            sampled_ns=1, probability=0.1,
        )  # fmt: skip
        closed_book_turns.enqueue(connection, [waiting])
    reported = {one["model_version"]: one["n"] for one in estimates(client)["closed_book"]}
    assert reported == {"v1": 2, "v2": 3}
    [only] = estimates(client, model_version="v2", service="bot")["closed_book"]
    assert only["n"] == 3
    assert estimates(client, since="2020-01-01T00:00:00Z")["closed_book"] == []


def test_a_probe_run_reports_each_stratum_and_how_it_compares(client: TestClient) -> None:
    items = {item.question: item for item in load_pack().items[:24]}
    pack = ProbePack("small", tuple(items.values()))

    def reads(question: str, chunks: list[str]) -> str:
        item = items[question]
        return item.substitute if item.substitute in " ".join(chunks) else item.original

    def recites(question: str, chunks: list[str]) -> str:
        return items[question].original

    for version, answer in (("v1", reads), ("v2", recites)):
        ProbeJob(
            engine=client.engine,  # type: ignore[attr-defined]
            runner=ProbeRunner(pack, FunctionTarget(answer), arms=(Arm.CLEAN, Arm.CONFLICT)),
            service="bot",
            model="m",
            model_version=version,
            interval_seconds=60.0,
            alarms=ProbeAlarms(),
        ).step()
    newer, older = estimates(client)["probe"]
    assert (newer["model_version"], older["model_version"]) == ("v2", "v1")
    reported = [run["strata"]["known"]["conflict_arms"] for run in (older, newer)]
    assert [one["memorization_ratio"] for one in reported] == [0.0, 1.0]
    assert older["against_baseline"] is None
    assert newer["against_baseline"]["override"]
    assert len(newer["against_baseline"]["turned"]) == len(pack)
    [alarm] = client.get("/api/v1/alarms").json()["alarms"]
    assert (alarm["signal"], alarm["value"]) == ("probe", "v2")


def test_a_key_reads_the_estimates_of_its_services_alone(client: TestClient) -> None:
    keep(client, RelianceCell.REDUNDANT, 2)
    keep(client, RelianceCell.REDUNDANT, 2, service="other", model_version="o1")
    with client.engine.begin() as connection:  # type: ignore[attr-defined]
        keys.add(connection, "gw_reader", "reader", {Scope.READ}, {"bot"})
    headers = {"authorization": "Bearer gw_reader"}
    reported = client.get("/api/v1/estimates", headers=headers).json()["closed_book"]
    assert [one["service"] for one in reported] == ["bot"]
    assert TestClient(client.app).get("/api/v1/estimates").status_code == 401


def test_missed_chunks_are_reported_by_route_with_an_example(client: TestClient) -> None:
    with client.engine.begin() as connection:  # type: ignore[attr-defined]
        found = [
            StoredEstimate(
                kind=MISSED_CHUNKS,
                service=service,
                value="parametric",
                reference="",
                evaluator="retrieval",
                updated_ns=1,
                estimate={"value": 0.3, "interval": [0.2, 0.4], "turns": 80, "example": "t1"},
                sequence={},
            )
            for service in ("bot", "shop")
        ]
        stored_estimates.store(connection, found)
    [reported] = estimates(client, service="bot")["missed_chunks"]
    assert (reported["route"], reported["example"]) == ("parametric", "t1")
    assert reported["share"] == {"value": 0.3, "interval": [0.2, 0.4], "n": 80}
