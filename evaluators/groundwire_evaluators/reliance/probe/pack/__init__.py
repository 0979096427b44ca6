"""The shipped pack: its sources (TOML), the frozen items and the validators' report."""
