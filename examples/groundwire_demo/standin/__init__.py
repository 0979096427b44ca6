"""A scripted, OpenAI-compatible stand-in for a model server, so that the demo needs no model.

It is honest about what it is: it answers from the prompt it is sent, by extraction. Its fine-tuned
version has read last year's handbook and leans on that more and more.
"""
