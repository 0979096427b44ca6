"""Client of LLM endpoints: retries, rate limiter, circuit breaker, log-probabilities."""
