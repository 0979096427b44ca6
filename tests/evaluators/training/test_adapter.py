"""PEFT adapters read without their tensors."""

import json
from pathlib import Path

import pytest

from groundwire_evaluators.training.adapter import AdapterError, read_adapter

RECORDED = Path("benchmarks/real_model/data/adapters/tarnwell/deployment-144")
ROOT = Path(__file__).parents[3]


def write(folder: Path, **config: object) -> Path:
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def test_a_recorded_adapter_is_described() -> None:
    found = read_adapter(ROOT / RECORDED)
    assert (found.kind, found.rank, found.alpha, found.scale) == ("LORA", 16, 32.0, 2.0)
    assert found.base == "SmolLM2-135M-Instruct"
    assert "v_proj" in found.targets
    assert found.parameters
    assert found.weights_bytes == (ROOT / RECORDED / "adapter_model.safetensors").stat().st_size
    assert found.data_types == ("F16",)


def test_the_configuration_file_itself_may_be_named() -> None:
    path = ROOT / RECORDED / "adapter_config.json"
    assert read_adapter(path) == read_adapter(path.parent)


def test_an_adapter_without_weights_has_its_configuration(tmp_path: Path) -> None:
    write(
        tmp_path, peft_type="LORA", r=8, lora_alpha=16, use_rslora=True, target_modules="all-linear"
    )
    found = read_adapter(tmp_path)
    assert found.parameters is None
    assert found.targets == ("all-linear",)
    assert found.scale == pytest.approx(16 / 8**0.5)


@pytest.mark.parametrize("content", [b"", b"[]", b"{"])
def test_a_broken_configuration_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "adapter_config.json").write_bytes(content)
    with pytest.raises(AdapterError, match=r"adapter_config\.json"):
        read_adapter(tmp_path)


@pytest.mark.parametrize(
    "weights", [b"", b"\xff" * 8, (2).to_bytes(8, "little") + b"[]", b"\x04" + b"\0" * 7 + b'{"a"']
)
def test_broken_weights_are_refused(tmp_path: Path, weights: bytes) -> None:
    write(tmp_path, peft_type="LORA", r=8, lora_alpha=16)
    (tmp_path / "adapter_model.safetensors").write_bytes(weights)
    with pytest.raises(AdapterError, match="safetensors"):
        read_adapter(tmp_path)
