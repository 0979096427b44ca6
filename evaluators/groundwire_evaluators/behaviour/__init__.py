"""Behaviour of answers: format, length, language, refusals, repetition, style."""
