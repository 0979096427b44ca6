"""Adapters as peft and llama.cpp read them."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("real-model")


def test_an_adapter_is_written_for_llama_cpp_under_its_own_names(tmp_path: Path) -> None:
    import gguf
    import torch

    from benchmarks.real_model import training
    from groundwire_demo.live import adapter

    weights = {"15.v_proj.A": torch.full((16, 576), 0.5), "15.v_proj.B": torch.ones(192, 16)}
    training.save(weights, tmp_path / "peft")
    adapter.write_gguf(tmp_path / "peft", tmp_path / "adapter.gguf")

    reader = gguf.GGUFReader(tmp_path / "adapter.gguf")
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    assert set(tensors) == {"blk.15.attn_v.weight.lora_a", "blk.15.attn_v.weight.lora_b"}
    assert (tensors["blk.15.attn_v.weight.lora_a"].data == 0.5).all()
    assert reader.get_field("adapter.lora.alpha").contents() == training.ALPHA


def test_an_adapter_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    import torch

    from benchmarks.real_model import training

    weights = {"29.down_proj.A": torch.rand(16, 1536).half()}
    training.save(weights, tmp_path)

    assert torch.equal(training.load(tmp_path)["29.down_proj.A"], weights["29.down_proj.A"])
