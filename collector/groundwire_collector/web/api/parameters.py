"""Query parameters of the API: unknown ones are refused."""

from fastapi import Request

from groundwire_collector.responses.problem import ProblemError


def known_parameters_only(request: Request) -> None:
    """Refuse a query parameter that the endpoint does not have: it would restrict nothing."""
    known = {parameter.alias for parameter in request.scope["route"].dependant.query_params}
    if unknown := sorted(set(request.query_params) - known):
        raise ProblemError(
            400, f"Unknown parameter: {', '.join(unknown)}. Known: {', '.join(sorted(known))}."
        )
