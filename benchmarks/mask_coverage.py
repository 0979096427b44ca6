"""Coverage of the default masks against texts drawn from detect-secrets and presidio.

    pip install . detect-secrets presidio-analyzer hypothesis   # in an environment of its own
    python benchmarks/mask_coverage.py

Texts are drawn from the patterns of detect-secrets 1.5 (Apache-2.0) and presidio-analyzer 2.2
(MIT), those that fail a check digit are drawn again. Prints, for each, how many are masked
whole; nothing of either project is shipped or imported elsewhere.
"""

import importlib
import pkgutil
import re
import string
import warnings
from collections.abc import Callable, Iterable, Iterator
from inspect import isabstract
from typing import Any

import detect_secrets.plugins
from detect_secrets.plugins.base import RegexBasedDetector
from hypothesis import strategies as st
from presidio_analyzer import predefined_recognizers as presidio

from groundwire.redaction import DEFAULT_MASKS, Redactor

TEXTS = 40
DRAWS = 400
PRESIDIO = ("CreditCard", "Email", "Iban", "UsSsn")


def detectors() -> Iterator[tuple[str, str, re.Pattern[str], Callable[[str], bool]]]:
    """Package, name, pattern and check of everything that both look for."""
    for module in pkgutil.iter_modules(detect_secrets.plugins.__path__):
        found = importlib.import_module(f"detect_secrets.plugins.{module.name}")
        for kind in vars(found).values():
            if getattr(kind, "__module__", "") != found.__name__:
                continue
            if isinstance(kind, type) and issubclass(kind, RegexBasedDetector):
                for pattern in () if isabstract(kind) else kind.denylist:
                    yield "detect-secrets", kind.__name__, pattern, lambda _: True
    for name in PRESIDIO:
        recognizer = getattr(presidio, f"{name}Recognizer")()
        for pattern in recognizer.patterns:
            yield (
                "presidio",
                f"{name}: {pattern.name}",
                re.compile(pattern.regex, re.IGNORECASE),
                lambda text, by=recognizer: valid_for(by, text),
            )


def valid_for(recognizer: Any, text: str) -> bool:
    """Whether presidio keeps the match; its check of e-mail addresses would use the network."""
    if "Email" in type(recognizer).__name__:
        return True
    refused = recognizer.invalidate_result(text) is True
    return not refused and recognizer.validate_result(text) is not False


def with_check_digits(text: str) -> str:
    """An account number with the check digits of ISO 13616 in the place of those drawn."""
    plain = "".join(c for c in text.upper() if c.isalnum())
    rest = int("".join(str(int(c, 36)) for c in f"{plain[4:]}{plain[:2]}00"))
    return f"{text[:2]}{98 - rest % 97:02}{text[4:]}"


def texts(name: str, pattern: re.Pattern[str], valid: Callable[[str], bool]) -> Iterable[str]:
    """Different texts that the whole pattern matches and the check accepts."""
    ascii_only = re.compile(pattern.pattern, pattern.flags & ~re.UNICODE | re.ASCII)
    drawn = st.from_regex(ascii_only, fullmatch=True, alphabet=string.printable)
    found: set[str] = set()
    for _ in range(DRAWS):
        text = with_check_digits(drawn.example()) if "Iban" in name else drawn.example()
        if text.strip() and valid(text):
            found.add(text)
        if len(found) == TEXTS:
            break
    return sorted(found)


def main() -> None:
    warnings.simplefilter("ignore")
    for package, name, pattern, valid in detectors():
        drawn = list(texts(name, pattern, valid))
        redact = Redactor(DEFAULT_MASKS)
        missed = [text for text in drawn if redact(f"It is {text} here", 1) == f"It is {text} here"]
        masked = len(drawn) - len(missed)
        print(f"{package:15}{name[:44]:46}{masked:3} of {len(drawn):3}  {missed[:1]!r:.70}")


if __name__ == "__main__":
    main()
