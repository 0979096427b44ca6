"""Judges: evaluators that call or run a model on sampled turns.

`llm` asks a chat model once a turn; `ragas` (the extra [ragas]) and `local` (the extra [hf]) wrap
what others published. Their verdicts are opinions: docs/howto/judges.md says what they cost and
what they cannot tell.
"""
