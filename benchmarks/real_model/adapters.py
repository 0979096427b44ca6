"""An adapter as llama.cpp reads it: a GGUF file in half precision.

The format: https://github.com/ggml-org/llama.cpp/blob/master/convert_lora_to_gguf.py. Query and
key weights would have to be permuted; the adapters here touch neither.
"""

from pathlib import Path

import numpy as np

from benchmarks.real_model import training

_NAMES = {
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}


def write_gguf(adapter: Path, out: Path) -> None:
    """Write the adapter in a folder of peft's format as one GGUF file."""
    import gguf

    writer = gguf.GGUFWriter(str(out), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(training.ALPHA))
    for name, tensor in sorted(training.load(adapter).items()):
        layer, part, matrix = name.split(".")
        key = f"blk.{layer}.{_NAMES[part]}.weight.lora_{matrix.lower()}"
        writer.add_tensor(key, np.ascontiguousarray(tensor.half().numpy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
