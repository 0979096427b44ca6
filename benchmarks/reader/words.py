"""Weights of words that never saw the held-out folds: what a reader is compared with fairly.

The shipped weights were trained on all folds. Beside them a reader that never saw a fold looks
worse than it is, and so would the gain that it brings.
"""

import pickle
import sys
from pathlib import Path

import numpy as np

from benchmarks.reader.labelled import FOLDS, HELD_OUT_FOLDS
from groundwire_evaluators.grounding.model import Model

_SCRIPTS = str(Path(__file__).parent.parent)


def held_out_model(folder: Path) -> Model:
    """The claim and answer model of the other folds, made once; some two minutes."""
    stored = folder / "words.pickle"
    if not stored.exists():
        stored.write_bytes(pickle.dumps(_trained()))
    model: Model = pickle.loads(stored.read_bytes())
    return model


def _trained() -> Model:
    if _SCRIPTS not in sys.path:
        sys.path.insert(0, _SCRIPTS)  # the training of the words is a script beside this package
    from grounding_data import SETS, labelled
    from train_grounding import Part, train

    parts = []
    for name in SETS:
        data = labelled(name)
        parts.append(Part(data, ~np.isin(data.fold(FOLDS), HELD_OUT_FOLDS)))
    return train(parts)
