"""Parquet files of closed hours: location, schema, manifests, writer, reader, deletion."""
