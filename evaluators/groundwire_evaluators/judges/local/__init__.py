"""Models that run here, by Hugging Face name or path: the extra [hf]."""
