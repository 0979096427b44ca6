"""The recorded models, run here by llama.cpp: SmolLM2-135M and its fine-tune's adapter."""

from groundwire_demo.live.engine import server
from groundwire_demo.live.parts import ADAPTER, require

__all__ = ["ADAPTER", "require", "server"]
