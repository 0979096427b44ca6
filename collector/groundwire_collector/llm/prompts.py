"""Production prompts of the settings, with and without context."""

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_evaluators.reliance.probe.arms import ProbePrompting


def prompting_of(settings: Settings) -> ProbePrompting:
    """The prompts of the settings; raises UsageError where one of the two is missing."""
    prompts = (settings.system_prompt, settings.closed_book_prompt)
    shipped = ProbePrompting()
    if settings.probe_models and (prompts[0] is None) != (prompts[1] is None):
        raise UsageError("system_prompt and closed_book_prompt belong together")
    texts = []
    for path, default in zip(prompts, (shipped.system, shipped.closed_book), strict=True):
        try:
            texts.append(path.read_text(encoding="utf-8") if path else default)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: cannot be read: {error}") from error
    return ProbePrompting(*texts)
