"""A RAG application under the decorator, and a fine-tune rollout that stops reading its context."""
