"""Validation report of a probe pack."""

from collections import Counter
from typing import Any

from groundwire_evaluators.reliance.probe.item import ProbePack
from groundwire_evaluators.reliance.probe.validators import PER_ITEM, ItemRejection


def pack_report(pack: ProbePack, rejections: tuple[ItemRejection, ...] = ()) -> dict[str, Any]:
    """Counts of a pack by stratum, type and edit, and rejections by reason."""
    words = sorted(len(item.clean.split()) for item in pack.items)

    def count(name: str) -> dict[str, int]:
        return dict(sorted(Counter(str(getattr(item, name)) for item in pack.items).items()))

    return {
        "pack": pack.name,
        "digest": pack.digest,
        "items": len(pack),
        "relations": len({item.relation for item in pack.items}),
        "validators": [*(check.__name__ for check in PER_ITEM), "entity_again"],
        "stratum": count("stratum"),
        "type": count("type"),
        "edit": count("edit"),
        "place": count("place"),
        "context_words": {
            "shortest": words[0],
            "median": words[len(words) // 2],
            "longest": words[-1],
        },
        "dropped": dict(Counter(each.rule for each in rejections)),
        "rejections": [{"id": each.id, "reason": each.reason} for each in rejections],
    }
