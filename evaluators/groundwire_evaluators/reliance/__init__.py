"""Does the model read its context? Outcomes, passive signals, shadow calls, margins, canaries."""

from groundwire_evaluators.reliance.override import Override

__all__ = ["Override"]
