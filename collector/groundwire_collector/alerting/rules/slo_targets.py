"""SLO targets per service, from a YAML file.

default: {effect: 0.03}          # the baseline's share plus this much
services:
  support-bot: {effect: 0.05}
  search: {flagged: 0.10}        # a fixed share, independent of the baseline
"""

from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from groundwire_collector.errors import UsageError

Share = Annotated[float, Field(gt=0, lt=1)]
SMALLEST_EFFECT = 0.03  # as the collector's `min_effect`


class SloTarget(BaseModel):
    """SLO target: baseline plus `effect`, or the fixed share `flagged`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    effect: Share | None = None
    flagged: Share | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.effect is None) == (self.flagged is None):
            raise ValueError("a target needs exactly one of `effect` and `flagged`")
        return self


class SloTargets(BaseModel):
    """SLO targets by service, with a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: SloTarget = SloTarget(effect=SMALLEST_EFFECT)
    services: dict[str, SloTarget] = {}

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read targets from a YAML file. Raises UsageError if it is invalid."""
        try:
            return cls.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            raise UsageError(f"{file}: {error}") from error
