"""Export of a trained reader: int8 ONNX, tokenizer and card in one folder."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from benchmarks.reader.encoder import Encoder, Layer
from benchmarks.reader.tokens import LONGEST, LONGEST_CLAIM
from groundwire_evaluators.reader.card import Card, ReaderWeights

INPUTS = ("input_ids", "token_type_ids", "attention_mask")


class _Exported(nn.Module):
    """The encoder with its inputs in the order of `INPUTS`."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (rows, 3), and the features below them, for adaptations."""
        features, _ = self.encoder.features(ids, types, mask)
        return self.encoder.head(features), features


def export(folder: Path, target: Path, name: str, weights: ReaderWeights) -> None:
    """Write `model.onnx`, `tokenizer.json` and `card.json` from the checkpoint in the folder."""
    target.mkdir(parents=True, exist_ok=True)
    encoder = Encoder(folder / "sources/model.safetensors")
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    encoder.load_state_dict(state["model"])
    encoder.eval()
    for layer in encoder.layers:
        assert isinstance(layer, Layer)
        layer.plain_attention = True
    whole = target / "whole.onnx"
    ids = torch.randint(1000, 2000, (2, 64))
    torch.onnx.export(
        _Exported(encoder),
        (ids, torch.zeros_like(ids), torch.ones_like(ids)),
        str(whole),
        input_names=list(INPUTS),
        output_names=["logits", "features"],
        dynamic_axes={name: {0: "rows", 1: "tokens"} for name in INPUTS}
        | {"logits": {0: "rows"}, "features": {0: "rows"}},
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(whole, target / "model.onnx", weight_type=QuantType.QInt8)
    whole.unlink()
    shutil.copyfile(folder / "sources/tokenizer.json", target / "tokenizer.json")
    write_card(target, name, weights, {"pairs": state["seen"], "cpu_seconds": round(state["cpu"])})


def write_card(
    target: Path, name: str, weights: ReaderWeights, trained: dict[str, int] | None = None
) -> None:
    """Write the card; what else it says (`trained`) is for people."""
    path = target / "card.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    card = Card(name, longest=LONGEST, longest_claim=LONGEST_CLAIM, weights=weights)
    values = asdict(card) | {"labels": list(card.labels), "languages": sorted(card.languages)}
    values["trained"] = trained or before.get("trained", {})
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
