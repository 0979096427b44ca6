"""Error responses: RFC 9457 problem details for the API, google.rpc.Status for OTLP."""
