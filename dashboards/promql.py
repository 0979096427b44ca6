"""Expressions that several panels use, in PromQL of Prometheus 2.42."""

SERVICE = 'service=~"$service"'
MODEL = 'service=~"$service", model_version=~"$model_version"'
VERSION = f'{MODEL}, prompt_version=~"$prompt_version", index_version=~"$index_version"'
JUDGED = f'{VERSION}, evaluator="$evaluator"'
BY_VERSION = "sum by (service, model_version)"


def rate(counter: str, matchers: str) -> str:
    """The rate of a counter that every replica of the collector shows alike."""
    return one_replica(f"rate({counter}{{{matchers}}}[$__rate_interval])")


def increase(series: str) -> str:
    """By how much a counter grew over all the time that is shown."""
    return one_replica(f"increase({series}[$__range])")


def one_replica(series: str) -> str:
    return f"max without (instance, pod) ({series})"


def mean(histogram: str, matchers: str, by: str = BY_VERSION) -> str:
    """The mean of what a histogram observed; nothing where it observed nothing."""
    total, number = (rate(f"{histogram}_{part}", matchers) for part in ("sum", "count"))
    return f"{by} ({total}) / ({by} ({number}) > 0)"


def quantile(of: float, histogram: str, matchers: str, by: str = "service, model_version") -> str:
    buckets = rate(f"{histogram}_bucket", matchers)
    return f"histogram_quantile({of}, sum by (le, {by}) ({buckets}))"


def ratio(part: str, whole: str, by: str = BY_VERSION) -> str:
    """Of two rates; nothing where the whole is nothing, 0 where only the part is."""
    return f"(({by} ({part})) or {by} ({whole}) * 0) / ({by} ({whole}) > 0)"


def portion(series: str, part: str, of: str = "") -> str:
    """The share of each `part` in all of the series, or in those with the same labels `of`."""
    by = ", ".join(filter(None, (of, part)))
    whole = f"(sum by ({of}) ({series}) > 0)"
    return f"sum by ({by}) ({series}) / on ({of}) group_left () {whole}"
