"""Trace each request's retrieved chunks and generated answer."""
