"""Demo: a RAG application and a fine-tune that ignores its context."""
