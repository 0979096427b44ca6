"""Training files and adapters as JSON records."""

from typing import Any

from groundwire_collector.storage.training_files import StoredAdapter, TrainingFile


def file_summary(file: TrainingFile) -> dict[str, Any]:
    """A training file as JSON, without its examples."""
    return {
        "id": file.id,
        "model_version": file.model_version,
        "name": file.name,
        "digest": file.digest,
        "added_ns": file.added_ns,
        "examples": file.examples,
        **{name: value for name, value in file.facts.items() if name != "system"},
    }


def adapter_summary(adapter: StoredAdapter) -> dict[str, Any]:
    """An adapter as JSON: model version, path, and what its configuration says."""
    return {
        "model_version": adapter.model_version,
        "path": adapter.path,
        "added_ns": adapter.added_ns,
        **adapter.description,
    }
