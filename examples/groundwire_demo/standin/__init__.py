"""Scripted, OpenAI-compatible model server for the demo.

It is honest about what it is: it answers from the prompt it is sent, by extraction. Its fine-tuned
version has read last year's handbook and leans on that more and more.
"""
