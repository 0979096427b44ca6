"""The number of a quantity as it is written, without its unit: 6 of "six hours", 15 of "€15"."""

from groundwire_evaluators.text.quantities import Quantity, quantities
from groundwire_evaluators.text.tokens import tokenize


def face(quantity: Quantity) -> float | None:
    """The number as written; None of dates, times, codes and ordinals.

    An answer to "How many hours?" may leave the hours out, so a bare number is looked up by faces.
    """
    if quantity.kind not in ("number", "amount", "percent", "money"):
        return None
    if quantity.unit is None:
        return quantity.value
    tokens = tokenize(quantity.text)
    for length in range(len(tokens), 0, -1):
        found = quantities(quantity.text, tokens[:length])
        if found and found[0].start == 0 and found[0].unit is None:
            return found[0].value
    return None
