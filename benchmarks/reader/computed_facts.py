"""Schemas of facts whose wordings are computed: numbers, dates, clocks, counts, coreference."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from benchmarks.reader.phrases import MONTHS, capital, listed, spelled

States = list[list[str]]
Lists = dict[str, list[str]]
Maker = Callable[[Random, Lists], States]


@dataclass(frozen=True)
class Computed:
    """A schema whose states are made by a function of the drawing and the lists of words."""

    make: Maker
    kind: str
    held_out: bool = False
    complete: int = 99

    @property
    def name(self) -> str:
        return self.make.__name__.strip("_")

    def bind(self, lists: Lists) -> Callable[[Random], States]:
        return lambda draw: self.make(draw, lists)


def _all(start: str, wordings: list[str]) -> list[str]:
    return [capital(f"{start} {wording}.").replace("..", ".") for wording in wordings]


def _other(draw: Random, value: float, rivals: list[float]) -> float:
    return draw.choice([rival for rival in rivals if rival != value and rival > 0])


def number(draw: Random, _: Lists) -> States:
    n = draw.choice(
        [draw.randint(2, 20), draw.randint(21, 99), draw.randint(2, 90) * 100,
         draw.randint(2, 90) * 1000]
    )  # fmt: skip
    wrong = int(_other(draw, n, [n + draw.randint(1, 9), n * 10, n // 2, n * 2, n + 100]))
    start = draw.choice(
        ["the town has", "the show drew", "the plant employs", "the survey reached", "it counts"]
    )
    unit = draw.choice(["residents", "visitors", "workers", "trees", "households", "pupils"])
    return [
        _all(start, [f"{k} {unit}", f"{k:,} {unit}", f"{spelled(k)} {unit}"]) for k in (n, wrong)
    ]


_UNITS = [
    ("the parcel weighs", ("kg", "kilograms"), ("g", "grams"), 1000),
    ("the trail measures", ("km", "kilometres"), ("m", "metres"), 1000),
    ("the tank holds", ("l", "litres"), ("ml", "millilitres"), 1000),
    ("the rope measures", ("m", "metres"), ("cm", "centimetres"), 100),
]


def measure(draw: Random, _: Lists) -> States:
    n = draw.choice([1.5, 2, 2.5, 3, 4, 5, 0.5, 7.5])
    wrong = _other(draw, n, [n * 10, n + 1, n * 2, n / 10])
    start, big, small, per = draw.choice(_UNITS)
    return [
        _all(
            start,
            [f"{k:g} {big[0]}", f"{k:g} {big[1]}", f"{k * per:g} {small[1]}",
             f"{k * per:,.0f} {small[0]}"],
        )
        for k in (n, wrong)
    ]  # fmt: skip


def money(draw: Random, _: Lists) -> States:
    n = draw.choice([1.2, 2.5, 3, 14, 40, 5.75])
    wrong = _other(draw, n, [n * 10, n + 1, n + 0.5, n * 2])
    start = draw.choice(
        ["the project cost", "the fund raised", "the fine was", "the firm lost", "the club paid"]
    )
    return [
        _all(
            start,
            [f"${k:g} million", f"{k:g} million dollars", f"${k * 1e6:,.0f}", f"{k:g}m US dollars"],
        )
        for k in (n, wrong)
    ]


_DATED = [
    "the bridge opened on", "the offer ends on", "the patent was filed on", "she moved in on",
    "the ship sank on", "applications close on", "the contract was signed on",
]  # fmt: skip


def date(draw: Random, _: Lists) -> States:
    start = draw.choice(_DATED)
    month, day, year = draw.randrange(12), draw.randint(1, 28), draw.randint(1850, 2025)
    changed = draw.choice(["month", "day", "year"])
    wrong = {
        "month": ((month + draw.randint(1, 11)) % 12, day, year),
        "day": (month, day % 28 + 1, year),
        "year": (month, day, year + draw.choice([-10, -1, 1, 3, 10])),
    }[changed]
    return [_all(start, _dates(*one)) for one in ((month, day, year), wrong)]


def _dates(month: int, day: int, year: int) -> list[str]:
    name = MONTHS[month]
    ending = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return [
        f"{name} {day}, {year}", f"{day} {name} {year}", f"{name[:3]} {day}, {year}",
        f"the {day}{ending} of {name} {year}",
    ]  # fmt: skip


def clock(draw: Random, _: Lists) -> States:
    start = draw.choice(
        ["the shop closes at", "the train leaves at", "check-in starts at", "the kitchen opens at"]
    )
    hour, wrong = draw.sample(range(1, 12), 2)
    minutes, late = draw.choice([0, 30]), draw.random() < 0.6
    other = (wrong, late) if draw.random() < 0.6 else (hour, not late)
    return [_all(start, _times(*one, minutes)) for one in ((hour, late), other)]


def _times(hour: int, late: bool, minutes: int) -> list[str]:
    shown = f"{hour}:{minutes:02d}" if minutes else f"{hour}"
    part = "evening" if late and hour > 5 else "afternoon" if late else "morning"
    return [
        f"{shown} {'p.m.' if late else 'a.m.'}", f"{shown} {'PM' if late else 'AM'}",
        f"{hour + 12 * late}:{minutes:02d}", f"{shown} in the {part}",
    ]  # fmt: skip


def temperature(draw: Random, _: Lists) -> States:
    start = draw.choice(["bake at", "store it below", "heat the oil to", "the oven should be at"])
    degrees = draw.choice([5, 20, 100, 150, 160, 175, 180, 200, 220])
    wrong = _other(draw, degrees, [degrees + 10, degrees + 25, degrees * 2, degrees - 30])
    return [
        _all(
            start,
            [f"{k:g} °C", f"{k:g} degrees Celsius", f"{k:g} °C ({k * 9 / 5 + 32:.0f} °F)",
             f"{k * 9 / 5 + 32:.0f} degrees Fahrenheit"],
        )
        for k in (degrees, wrong)
    ]  # fmt: skip


def count(draw: Random, lists: Lists) -> States:
    start = draw.choice(
        ["The team visited", "The firm has offices in", "The line stops in", "The festival tours"]
    )
    n = draw.randint(2, 5)
    chosen = draw.sample(lists["places"], n)
    size = draw.choice([k for k in (2, 3, 4, 5, 6) if k != n])
    other = draw.sample([place for place in lists["places"] if place != chosen[0]], size)
    return [_counted(draw, start, places) for places in (chosen, other)]


def _counted(draw: Random, start: str, places: list[str]) -> list[str]:
    shuffled = draw.sample(places, len(places))
    total = f"{start} {spelled(len(places))} cities"
    return [
        f"{start} {listed(places)}.", f"{start} {listed(shuffled)}.",
        f"{total}: {listed(shuffled)}.", f"{total}.",
    ]  # fmt: skip


def prices(draw: Random, lists: Lists) -> States:
    first, second = draw.sample(lists["services"], 2)
    low, high = draw.sample(range(5, 90), 2)
    return [_priced(first, second, n, m) for n, m in ((low, high), (high, low))]


def _priced(first: str, second: str, n: int, m: int) -> list[str]:
    return [
        f"{capital(first)} costs {n} euros, {second} {m} euros.",
        f"{capital(second)} is €{m} and {first} is €{n}.", f"You pay {n} euros for {first}.",
        f"The price of {second} is {m} euros.", f"How much is {first}? {n} euros.",
        f"What does {second} cost? €{m}",
    ]  # fmt: skip


def coreference(draw: Random, lists: Lists) -> States:
    woman, man = draw.choice(lists["women"]), draw.choice(lists["men"])
    job = draw.choice(["nurse", "pilot", "lawyer", "cook", "teacher"])
    act = draw.choice(
        ["won a scholarship", "moved to Lisbon", "wrote the report", "opened a bakery"]
    )
    first, second = (woman, man) if draw.random() < 0.5 else (man, woman)
    pronoun = {woman: "She", man: "He"}
    return [_acted(first, second, job, act, pronoun[who], who) for who in (first, second)]


def _acted(first: str, second: str, job: str, act: str, pronoun: str, who: str) -> list[str]:
    other = second if who == first else first
    return [
        f"{first} met {second}, a {job}, last year. {pronoun} {act}.",
        f"{who} {act}.",
        f"It was {who} and not {other} who {act}.",
    ]


def named_count(draw: Random, lists: Lists) -> States:
    """Who has how many: two people, two numbers."""
    first, second = draw.sample(lists["women"] + lists["men"], 2)
    n, m = draw.sample(range(2, 40), 2)
    what = draw.choice(["goals", "tickets", "patients", "apples", "pages", "clients"])
    verb = draw.choice(["has", "counted", "got"])
    return [
        [
            f"{first} {verb} {a} {what}, {second} {b}.",
            f"{first} {verb} {spelled(a)} {what} and {second} {spelled(b)}.",
            f"{second} {verb} {b} {what} and {first} {a}.",
            f"How many {what} for {first}? {a}.",
            f"{first} {verb} {a} {what}.",
            f"{second} {verb} {b} {what}.",
        ]
        for a, b in ((n, m), (m, n))
    ]


SCHEMAS = (
    Computed(number, "value"),
    Computed(measure, "value", held_out=True),
    Computed(money, "value"),
    Computed(date, "value"),
    Computed(clock, "value"),
    Computed(temperature, "value"),
    Computed(count, "value", complete=3),
    Computed(prices, "where", complete=2),
    Computed(named_count, "where", complete=3),
    Computed(coreference, "where", held_out=True, complete=1),
)
