"""Shipped probe pack: TOML sources, frozen items, validation report."""
