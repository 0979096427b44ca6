import pytest

from groundwire_collector.errors import UsageError
from groundwire_demo.endpoint import LLM, TUNED_MODEL, DemoEndpoint, ModelKind, from_environment


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LLM, raising=False)
    monkeypatch.delenv(TUNED_MODEL, raising=False)


def test_without_configuration_there_is_no_real_endpoint() -> None:
    assert from_environment(rollout=True) is None


def test_a_real_endpoint_is_its_url_and_model_and_the_model_rolled_out(
    monkeypatch: pytest.MonkeyPatch, base_url: str
) -> None:
    monkeypatch.setenv(LLM, f"{base_url} llama3.2")
    monkeypatch.setenv(TUNED_MODEL, "llama3.2-ft")
    expected = DemoEndpoint(base_url, "llama3.2", "llama3.2-ft", ModelKind.NAMED)
    assert from_environment(rollout=True) == expected


def test_a_rollout_needs_a_model_to_roll_out(
    monkeypatch: pytest.MonkeyPatch, base_url: str
) -> None:
    monkeypatch.setenv(LLM, f"{base_url} llama3.2")
    with pytest.raises(UsageError, match=TUNED_MODEL):
        from_environment(rollout=True)
    assert from_environment(rollout=False) is not None


@pytest.mark.parametrize("value", ["llama3.2", "http://127.0.0.1:11434/v1", "127.0.0.1 llama3.2"])
def test_half_an_endpoint_is_refused_with_an_example(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(LLM, value)
    with pytest.raises(UsageError, match="BASE_URL MODEL"):
        from_environment(rollout=False)


def test_a_server_that_is_not_there_is_reported_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(LLM, "http://127.0.0.1:9/v1 llama3.2")
    with pytest.raises(UsageError, match="does not answer"):
        from_environment(rollout=False)
