"""Text analysis: words, sentences, quantities, names, refusals.

Every function here is linear in the length of its text, and offsets are Unicode code points.
"""
