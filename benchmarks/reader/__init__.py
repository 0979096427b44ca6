"""Training data, training and measurement of the small reader (claim, evidence → three classes)."""
