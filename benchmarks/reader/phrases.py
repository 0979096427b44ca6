"""Small operations on English phrases: capitals, numbers in words, lists."""

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
TENS = dict(
    zip(
        range(20, 100, 10),
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        strict=True,
    )
)
MONTHS = (
    "January February March April May June July August September October November December"
).split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
OPENERS = frozenset(
    "The A An In On At It He She They We You I This That These Those There But And If When While "
    "After Before For As With However Also Some Most All Many Its His Her Their Our To By From Of "
    "Or So Then What Who How Yes No Not According During Since Although Because".split()
)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """Lower the first letter, unless the first word may be a name."""
    first = text.split(maxsplit=1)[0]
    return text[:1].lower() + text[1:] if first in OPENERS and first != "I" else text


def like(old: str, new: str) -> str:
    """The new word with the capital of the old one."""
    return capital(new) if old[:1].isupper() else new


def spelled(number: int) -> str:
    """A whole number below a million in words."""
    if number <= 20:
        return SMALL[number]
    if number < 100:
        ten, one = number // 10 * 10, number % 10
        return TENS[ten] + (f"-{SMALL[one]}" if one else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{SMALL[hundreds]} hundred" + (f" and {spelled(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    return f"{spelled(thousands)} thousand" + (f" {spelled(rest)}" if rest else "")


def listed(words: list[str]) -> str:
    """The words as "a, b and c"."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
