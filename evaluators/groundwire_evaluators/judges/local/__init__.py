"""Local models by Hugging Face name or path: the extra [hf]."""
