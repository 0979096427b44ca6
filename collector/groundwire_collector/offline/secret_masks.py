"""Masking of secrets in training files and exports."""

from collections import Counter
from typing import Any

from groundwire.redaction import DEFAULT_MASKS, Masks
from groundwire_collector.storage.text_cleaning import clean_text


class SecretMasks:
    """Masks secrets and personal data; `found` counts them by kind."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self._masks = Masks(DEFAULT_MASKS)
        self._numbers: dict[str, dict[str, int]] = {}

    def text(self, text: str) -> str:
        """The text with each secret as `[NAME_n]`."""
        return self._masks.apply(clean_text(text), self._number)

    def value(self, value: Any) -> Any:
        """A JSON value with the secrets of all its texts masked; keys are left."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {key: self.value(each) for key, each in value.items()}
            case list() | tuple():
                return [self.value(each) for each in value]
        return value

    def _number(self, name: str, value: str) -> int:
        self.found[name] += 1
        numbers = self._numbers.setdefault(name, {})
        return numbers.setdefault(value, len(numbers) + 1)
