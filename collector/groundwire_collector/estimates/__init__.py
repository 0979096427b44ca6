"""Estimates from labels and judges: faithfulness, agreement, retrieval, with intervals."""
