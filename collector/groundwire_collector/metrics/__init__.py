"""What Prometheus scrapes: the committed counters, and the receiver's own."""
