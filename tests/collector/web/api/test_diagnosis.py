"""`GET /api/v1/diagnosis`: the doctor's report over the API."""

from fastapi.testclient import TestClient

from groundwire_collector.storage import keys
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore


def test_a_key_reads_the_traces_of_its_services_alone(app):
    for number, service in ((1, "shop"), (2, "help"), (3, "help")):
        SpanStore(app.state.engine).add(
            [Span(trace_id=f"{number:032x}", span_id=f"{number:016x}", service=service)]
        )
    made = {services: keys.generate() for services in (None, ("shop",), ("help",))}
    with app.state.engine.begin() as connection:
        for services, key in made.items():
            keys.add(connection, key, str(services), [Scope.READ], services)
    counts = {
        services: TestClient(app)
        .get("/api/v1/diagnosis", headers={"Authorization": f"Bearer {key}"})
        .json()["traces"]
        for services, key in made.items()
    }
    assert counts == {None: 3, ("shop",): 1, ("help",): 2}
