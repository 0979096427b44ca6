"""Low-rank adapters from peft's form to llama.cpp's.

The format: https://github.com/ggml-org/llama.cpp/blob/master/convert_lora_to_gguf.py. Query and
key weights would have to be permuted; the adapters here touch neither.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

_TYPES: "dict[str, np.dtype[Any]]" = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}
_NAMES = {
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}


def write_gguf(adapter: Path, out: Path) -> None:
    """Write a folder of peft's form as GGUF in half precision.

    Raises:
        KeyError: it touches weights other than values, attention output and feed-forward ones.
    """
    import gguf

    config = json.loads((adapter / "adapter_config.json").read_text())
    writer = gguf.GGUFWriter(str(out), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["lora_alpha"]))
    for name, tensor in sorted(tensors(adapter / "adapter_model.safetensors")):
        _, _, _, _, layer, _, part, matrix, _ = name.split(".")
        key = f"blk.{layer}.{_NAMES[part]}.weight.{matrix.lower()}"
        writer.add_tensor(key, np.ascontiguousarray(tensor.astype(np.float16)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def tensors(path: Path) -> Iterator[tuple[str, "np.ndarray[Any, Any]"]]:
    """Names and arrays of a safetensors file (https://huggingface.co/docs/safetensors).

    Raises:
        KeyError: a tensor is neither in half nor in single precision.
    """
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[start + begin : start + end], _TYPES[entry["dtype"]])
        yield name, values.reshape(entry["shape"])
