"""Retention set: what a fine-tune must not forget, scored by exact rules."""

from groundwire_evaluators.forgetting.items import (
    RetentionItem,
    RetentionItemError,
    read_items,
    shipped_items,
)
from groundwire_evaluators.forgetting.scoring import RetentionScore, retained, score_retention

__all__ = [
    "RetentionItem",
    "RetentionItemError",
    "RetentionScore",
    "read_items",
    "retained",
    "score_retention",
    "shipped_items",
]
