"""Does the model read its context? Outcomes, passive signals, closed-book calls, margins,
probes."""

from groundwire_evaluators.reliance.override import Override

__all__ = ["Override"]
