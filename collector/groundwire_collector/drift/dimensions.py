"""Dimensions of turns and the streams of their values."""

NANOSECONDS = 1_000_000_000
Stream = tuple[str, str]  # dimension and value; both empty: the whole service
WHOLE: Stream = ("", "")
CLOCK = "clock"  # pseudo-dimension of detectors that compare the service in another way
DAILY: Stream = (CLOCK, "daily")  # the detector of day means
RECENT: Stream = (CLOCK, "week")  # the detector of all turns against the last good week

DIMENSIONS = ("model_version", "prompt_version", "index_version", "route", "tenant")
EVALUATOR_DIMENSION = "evaluator_revision"  # announced only
DEPLOYED = {
    "model_version": "model",
    "prompt_version": "prompt",
    "index_version": "index",
    EVALUATOR_DIMENSION: "evaluator",
}
