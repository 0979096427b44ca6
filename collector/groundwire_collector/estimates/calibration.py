"""Calibration of p_unsupported per service, fitted from stored labels.

Why: docs/decisions/0114-calibration-per-service.md
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from groundwire_collector.storage import estimates
from groundwire_collector.storage.estimates import DecidedScore, StoredEstimate

CALIBRATION = "calibration"  # kind of the stored estimate; its value is the evaluator's revision
EVALUATOR = "grounding"


def fitted(
    connection: Connection, service: str, decided: Mapping[str, bool], now_ns: int
) -> StoredEstimate | None:
    """The shift of a service for the grounding revision of most labelled turns.

    From turns drawn at random and decided by people (`decided`: whether each is faithful); None
    with fewer than 30 of them. The scores themselves stay as they are: drift is watched on them.
    Price: one read of the scores of these turns.
    """
    # The worker, whose evaluators judge in another process, would load all of them at its start.
    from groundwire_evaluators.grounding.calibration import FEWEST_LABELS, fit_shift

    scores = _decided(connection, decided)
    counts = Counter(score.revision for score, _ in scores)
    if not counts or counts.most_common(1)[0][1] < FEWEST_LABELS:
        return None
    revision = counts.most_common(1)[0][0]
    same = [
        (score.p_unsupported or 0.0, bad) for score, bad in scores if score.revision == revision
    ]
    found = fit_shift([p for p, _ in same], [bad for _, bad in same])
    return StoredEstimate(
        kind=CALIBRATION,
        service=service,
        value=revision,
        reference="human",
        evaluator=EVALUATOR,
        updated_ns=now_ns,
        estimate={
            "shift": found.calibration.shift,
            "standard_error": found.standard_error,
            "labels": found.labels,
            "error_before": found.before,
            "error_after": found.after,
        },
        sequence={},
    )


def newest_of_service(stored: Iterable[StoredEstimate]) -> list[StoredEstimate]:
    """One calibration a service: another revision's is out of date once a newer one is fitted."""
    found: dict[str, StoredEstimate] = {}
    for each in sorted(stored, key=lambda each: each.updated_ns):
        found[each.service] = each
    return list(found.values())


def _decided(
    connection: Connection, decided: Mapping[str, bool]
) -> list[tuple[DecidedScore, bool]]:
    """Grounding's scores of decided turns, and whether they are unsupported."""
    return [
        (score, not decided[score.turn_id])
        for score in estimates.scores_of(connection, decided)
        if score.evaluator == EVALUATOR and score.p_unsupported is not None
    ]
