"""Price list of model calls, from a user's file.

currency = "USD"
[models."acme-large"]   # as requests name it; "acme-*" holds for all that begin so
input = 0.40            # per million tokens
output = 1.60
cached_input = 0.10     # of input tokens read from a cache; else they cost as the others
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundwire_collector.errors import UsageError

MILLION = 1_000_000


def input_tokens_in_all(input_tokens: int | None, cached_tokens: int | None) -> int | None:
    """Input tokens with the cached ones, which are part of them.

    More cached tokens than input tokens prove the other convention: they come beside them.
    """
    if input_tokens is None or cached_tokens is None or cached_tokens <= input_tokens:
        return input_tokens
    return input_tokens + cached_tokens


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """Token prices of a model, per million tokens."""

    input: float
    output: float
    cached_input: float
    cache_write: float

    def of(
        self, input_tokens: int, output_tokens: int, cached_tokens: int = 0, written_tokens: int = 0
    ) -> float:
        """Cost of a call.

        `cached_tokens` were read from a cache and `written_tokens` written to one; both in either
        convention (`input_tokens_in_all`).
        """
        apart = cached_tokens + written_tokens
        fresh_tokens = (input_tokens_in_all(input_tokens, apart) or 0) - apart
        read = fresh_tokens * self.input + cached_tokens * self.cached_input
        paid = read + written_tokens * self.cache_write + output_tokens * self.output
        return paid / MILLION


@dataclass(frozen=True)
class PriceList:
    """Model prices in one currency; names ending in `*` are prefixes."""

    currency: str
    models: Mapping[str, TokenPrice]

    @classmethod
    def load(cls, path: Path) -> "PriceList":
        """Read a TOML price file; raises UsageError if invalid."""
        try:
            read = tomllib.loads(path.read_text(encoding="utf-8"))
            models = {name: _price(entry) for name, entry in dict(read["models"]).items()}
            return cls(str(read["currency"]), models)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{path}: unreadable price file: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{path}: invalid price file: {error!r}") from error

    def of(self, model: str | None) -> TokenPrice | None:
        """The price of a model; of several patterns the longest decides. None: not known."""
        if model is None:
            return None
        if model in self.models:
            return self.models[model]
        fitting = [n for n in self.models if n.endswith("*") and model.startswith(n[:-1])]
        return self.models[max(fitting, key=len)] if fitting else None


def _price(entry: Mapping[str, Any]) -> TokenPrice:
    paid = float(entry["input"])
    others = (float(entry.get(name, paid)) for name in ("cached_input", "cache_write"))
    numbers = (paid, float(entry["output"]), *others)
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise ValueError(f"a price must be a number >= 0, not {dict(entry)}")
    return TokenPrice(*numbers)
