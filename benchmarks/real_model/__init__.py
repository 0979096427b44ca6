"""A real model, fine-tuned for real: its answers recorded beside the truth.

`python -m benchmarks.real_model` lists the commands; docs/explanation/a-real-fine-tune.md tells
what they found.

Why: docs/decisions/0054-a-recorded-fine-tune.md
"""
