"""Cost metrics by the price list; unknown models are counted apart."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from groundwire_collector import metric_definitions
from groundwire_collector.metrics.prices import PriceList, TokenPrice
from groundwire_collector.settings import Settings
from groundwire_collector.storage.counters import Increments
from groundwire_evaluators.turn import Turn

log = logging.getLogger(__name__)

_MOST_LOGGED = 100  # unknown models that the log names


@dataclass(slots=True)
class Costs:
    """Counts the cost of turns; without a price list it does nothing."""

    prices: PriceList | None = None
    _logged: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, settings: Settings) -> "Costs":
        """Raises UsageError where the price file cannot be read."""
        return cls(PriceList.load(settings.prices) if settings.prices else None)

    def of_turn(self, turn: Turn) -> float | None:
        """Cost of one turn; None without prices, tokens or a known model."""
        if self.prices is None or (turn.input_tokens is None and turn.output_tokens is None):
            return None
        price = self._price(turn)
        return None if price is None else _cost(price, turn)

    def tally(self, increments: Increments, turn: Turn, labels: Mapping[str, str]) -> None:
        """Count the cost of one turn by served model, else requested model."""
        if self.prices is None:
            return
        if turn.input_tokens is None and turn.output_tokens is None:
            self._unpriced(increments, "no_tokens", labels)
        elif (price := self._price(turn)) is None:
            self._unpriced(increments, "unknown_model", labels)
        else:
            named = {**labels, "currency": self.prices.currency}
            increments.count(metric_definitions.COST, named, _cost(price, turn))

    def _price(self, turn: Turn) -> TokenPrice | None:
        assert self.prices is not None
        found = self.prices.of(turn.response_model) or self.prices.of(turn.model)
        name = turn.response_model or turn.model or "unnamed"
        if found is None and name not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(name)
            log.warning("the price file has no price for model %s", name)
        return found

    @staticmethod
    def _unpriced(increments: Increments, reason: str, labels: Mapping[str, str]) -> None:
        increments.count(metric_definitions.UNPRICED_TURNS, {**labels, "reason": reason})


def _cost(price: TokenPrice, turn: Turn) -> float:
    return price.of(
        turn.input_tokens or 0,
        turn.output_tokens or 0,
        turn.cached_tokens or 0,
        turn.cache_write_tokens or 0,
    )
