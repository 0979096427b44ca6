"""Units, against pint."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire_evaluators.text.quantities import agree, quantities

pint = pytest.importorskip("pint", reason="of the dev group")
REGISTRY = pint.UnitRegistry()
UNITS = {
    "mg": "milligram", "g": "gram", "kg": "kilogram", "tonnes": "metric_ton",
    "mm": "millimeter", "cm": "centimeter", "m": "meter", "km": "kilometer",
    "ml": "milliliter", "litres": "liter",
    "seconds": "second", "minutes": "minute", "hours": "hour", "days": "day", "weeks": "week",
    "kW": "kilowatt", "MW": "megawatt", "kWh": "kilowatt_hour", "MWh": "megawatt_hour",
    "MHz": "megahertz", "GHz": "gigahertz",
}  # fmt: skip


PAIRS = [
    (one, other)
    for one in UNITS
    for other in UNITS
    if REGISTRY.Quantity(1, UNITS[one]).is_compatible_with(UNITS[other])
    and 1e-4 < REGISTRY.Quantity(1, UNITS[one]).to(UNITS[other]).magnitude < 1e9
]


@settings(max_examples=300, deadline=None)
@given(pair=st.sampled_from(PAIRS), count=st.integers(2, 99))
def test_amounts_agree_just_where_pint_converts_them(pair: tuple[str, str], count: int) -> None:
    one, other = pair
    converted = REGISTRY.Quantity(count, UNITS[one]).to(UNITS[other]).magnitude
    shown = f"{converted:.15g}"
    (mine,), (theirs,) = quantities(f"{count} {one}"), quantities(f"{shown} {other}")
    assert agree(mine, theirs)
    if one != other and converted != count:
        (wrong,) = quantities(f"{count} {other}")
        assert not agree(mine, wrong)


@settings(max_examples=100, deadline=None)
@given(degrees=st.integers(-40, 250))
def test_fahrenheit_agrees_with_the_rounded_celsius(degrees: int) -> None:
    celsius = round(REGISTRY.Quantity(degrees, "degF").to("degC").magnitude)
    (mine,), (theirs,) = quantities(f"{degrees} °F"), quantities(f"{celsius} °C")
    assert agree(mine, theirs)
    (other,) = quantities(f"{celsius + 3} °C")
    assert not agree(mine, other)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("62 mph", "100 km/h"), ("3.1 miles", "5 km"), ("one year", "365 days"),
        ("24 months", "2 years"), ("50 basis points", "0.5 percentage points"),
        ("25 percent", "a quarter of"), ("20 pounds", "£20"), ("EUR 20", "20 euros"),
    ],
)  # fmt: skip
def test_two_spellings_of_one_amount_agree(said: str, shown: str) -> None:
    (mine,), (theirs,) = quantities(said), quantities(shown)
    assert agree(mine, theirs)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("€20", "$20"), ("-20 °C", "20 °C"), ("5 percent", "5 percentage points"),
        ("5 kW", "5 MW"), ("20 euros a day", "20 euros a month"), ("5 working days", "5 days"),
        ("twice a week", "twice a month"), ("daily", "weekly"),
    ],
)  # fmt: skip
def test_amounts_that_differ_in_unit_sign_or_rate_disagree(said: str, shown: str) -> None:
    (mine,), (theirs,) = quantities(said), quantities(shown)
    assert not agree(mine, theirs)
