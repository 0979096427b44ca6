"""Folder of the reader's weights, tokenizer and card."""

from pathlib import Path

FOLDER = Path(__file__).parent / "model"
