"""PEFT adapters: configuration and size, read without loading a tensor.

Format: `adapter_config.json` of PEFT (https://huggingface.co/docs/peft/developer_guides/checkpoint)
and the header of safetensors (https://github.com/huggingface/safetensors#format).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
_LONGEST_HEADER = 100_000_000  # bytes, the limit of the format
_LONGEST_CONFIG = 1_000_000  # bytes


class AdapterError(ValueError):
    """The folder holds no readable PEFT adapter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterDescription:
    """PEFT adapter: base model, rank, targets and size.

    `scale` is alpha / rank, or alpha / √rank with rsLoRA: what its change is multiplied by.
    `targets` are module names, or the one pattern that PEFT matches. `parameters`, `tensors` and
    `weights_bytes` are None where there is no safetensors file.
    """

    kind: str
    base: str | None
    revision: str | None
    task: str | None
    rank: int | None
    alpha: float | None
    scale: float | None
    dropout: float | None
    targets: tuple[str, ...]
    layers: tuple[int, ...]
    modules_to_save: tuple[str, ...]
    parameters: int | None = None
    tensors: int | None = None
    weights_bytes: int | None = None
    data_types: tuple[str, ...] = ()


def read_adapter(path: Path) -> AdapterDescription:
    """Read an adapter's folder, or its `adapter_config.json`.

    Raises:
        AdapterError: there is no configuration, or it or the header of the weights is broken.
    """
    folder = path if path.is_dir() else path.parent
    config = _config(folder / CONFIG)
    rank, alpha = _number(config.get("r")), _number(config.get("lora_alpha"))
    scale = None
    if rank and alpha is not None:
        scale = alpha / (rank**0.5 if config.get("use_rslora") else rank)
    weights = folder / WEIGHTS
    return AdapterDescription(
        kind=str(config.get("peft_type") or "unknown"),
        base=_name(config.get("base_model_name_or_path")),
        revision=_name(config.get("revision")),
        task=_name(config.get("task_type")),
        rank=None if rank is None else int(rank),
        alpha=alpha,
        scale=scale,
        dropout=_number(config.get("lora_dropout")),
        targets=_names(config.get("target_modules")),
        layers=tuple(e for e in _list(config.get("layers_to_transform")) if isinstance(e, int)),
        modules_to_save=_names(config.get("modules_to_save")),
        **(_sizes(weights) if weights.is_file() else {}),
    )


def _config(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LONGEST_CONFIG))
    except (OSError, ValueError) as error:
        raise AdapterError(f"{path}: cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise AdapterError(f"{path}: expected a JSON object")
    return found


def _sizes(path: Path) -> dict[str, Any]:
    """Parameters and types of the tensors, from the header alone."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(_LONGEST_HEADER, size - 8):
            raise AdapterError(f"{path}: no safetensors file")
        header = file.read(length)
    try:
        tensors = {
            name: each for name, each in json.loads(header).items() if name != "__metadata__"
        }
        shapes = [tuple(int(side) for side in each["shape"]) for each in tensors.values()]
        types = sorted({str(each["dtype"]) for each in tensors.values()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AdapterError(f"{path}: broken header: {error}") from error
    return {
        "parameters": sum(prod(shape) for shape in shapes),
        "tensors": len(tensors),
        "weights_bytes": size,
        "data_types": tuple(types),
    }


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [each for each in value if not isinstance(each, bool)]
    return [] if value is None else [value]


def _names(value: Any) -> tuple[str, ...]:
    return tuple(sorted(str(each) for each in _list(value)))
