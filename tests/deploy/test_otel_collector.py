"""Configurations of an OpenTelemetry Collector in front: nothing is dropped on the way."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from groundwire_collector.alerting.stack.writing import FILES as STACK

FOLDER = Path(__file__).parents[2] / "deploy" / "otel-collector"
FILES = [*sorted(FOLDER.glob("*.yaml")), Path(str(STACK / "otel-collector.yaml"))]


def config(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_part_of_a_pipeline_is_configured_and_every_configured_part_is_used(
    path: Path,
) -> None:
    found = config(path)
    pipelines = found["service"]["pipelines"].values()
    for kind in ("receivers", "processors", "exporters"):
        used = {name for pipeline in pipelines for name in pipeline.get(kind, ())}
        assert used == set(found.get(kind, {}))
    assert set(found["service"].get("extensions", ())) == set(found.get("extensions", {}))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_groundwire_and_kafka_are_retried_without_end(path: Path) -> None:
    for name, exporter in config(path)["exporters"].items():
        if "groundwire" in name or name == "kafka":
            assert exporter["retry_on_failure"] == {"enabled": True, "max_elapsed_time": "0s"}


def test_kafka_moves_on_only_after_groundwire_has_acknowledged() -> None:
    found = config(FOLDER / "from-kafka.yaml")
    assert found["receivers"]["kafka"]["message_marking"] == {"after": True, "on_error": False}
    assert found["exporters"]["otlphttp/groundwire"]["sending_queue"] == {"enabled": False}
    assert "batch" not in found["processors"]  # it acknowledges before it sends


def test_both_sides_of_kafka_agree_on_topics_and_encoding() -> None:
    sent = config(FOLDER / "to-kafka.yaml")["exporters"]["kafka"]
    read = config(FOLDER / "from-kafka.yaml")["receivers"]["kafka"]
    for signal in ("traces", "logs"):
        assert sent[signal] == read[signal]
    assert sent["producer"]["required_acks"] == -1
