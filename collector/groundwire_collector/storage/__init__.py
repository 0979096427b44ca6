"""The only rooms with queries: what is kept, and the verbs to keep and find it."""
