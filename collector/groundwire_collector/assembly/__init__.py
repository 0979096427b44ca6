"""Assembly of spans into turns, across semantic conventions."""
