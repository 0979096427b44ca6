"""What calls cost is what the user's file says, and what it does not say is not known."""

from pathlib import Path

import pytest

from groundwire_collector.errors import UsageError
from groundwire_collector.metrics.prices import PriceList

FILE = """
currency = "EUR"
[models."acme-large"]
input = 2.0
output = 8.0
cached_input = 0.5
[models."acme-*"]
input = 1
output = 1
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_tokens_are_priced_per_million_and_cached_ones_apart(tmp_path: Path) -> None:
    prices = PriceList.load(write(tmp_path, FILE))
    price = prices.of("acme-large")
    assert price is not None
    assert prices.currency == "EUR"
    assert price.of(1_000_000, 500_000) == 6.0
    assert price.of(1_000_000, 0, cached_tokens=400_000) == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("input_tokens", "cached", "cost"),
    [
        (100, 40, (60 * 2 + 40 * 0.5) / 1e6),  # cached tokens are part of the input
        (40, 40, 40 * 0.5 / 1e6),
        (86, 17_817, (86 * 2 + 17_817 * 0.5) / 1e6),  # they come beside it
        (0, 17_817, 17_817 * 0.5 / 1e6),
    ],
)
def test_cached_tokens_are_priced_in_both_conventions(
    tmp_path: Path, input_tokens: int, cached: int, cost: float
) -> None:
    price = PriceList.load(write(tmp_path, FILE)).of("acme-large")
    assert price is not None
    assert price.of(input_tokens, 0, cached) == pytest.approx(cost)


def test_a_pattern_holds_for_all_that_begin_so_and_a_name_before_it(tmp_path: Path) -> None:
    prices = PriceList.load(write(tmp_path, FILE))
    small = prices.of("acme-small")
    assert small is not None
    assert small.of(1_000_000, 0) == 1.0
    assert prices.of("other") is None
    assert prices.of(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "currency = ",
        "[models]",
        'currency = "EUR"',
        'currency = "EUR"\nmodels = 3',
        'currency = "EUR"\n[models.a]\ninput = 1',
        'currency = "EUR"\n[models.a]\ninput = -1\noutput = 1',
        'currency = "EUR"\n[models.a]\ninput = nan\noutput = 1',
    ],
)
def test_a_file_that_is_none_is_refused_in_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"prices\.toml"):
        PriceList.load(write(tmp_path, text))


def test_a_file_that_is_missing_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml"):
        PriceList.load(tmp_path / "none.toml")
