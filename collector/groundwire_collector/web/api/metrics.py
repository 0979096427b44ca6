"""`/metrics` endpoint: open, or for keys that read every service."""

from fastapi import APIRouter, Request, Response

from groundwire_collector.auth.access import SCOPE_KEY, Access, Scope
from groundwire_collector.metrics.exposition import Exposition
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.storage.engine import PASSING

router = APIRouter()


@router.api_route("/metrics", methods=["GET", "HEAD"], include_in_schema=False)
def metrics(request: Request) -> Response:
    """Committed counters and receiver metrics, in the requested format."""
    if not getattr(request.app.state, "open_metrics", True):
        _check(request.scope[SCOPE_KEY])
    # Not async: reading the store must not block the event loop.
    exposition: Exposition = request.app.state.exposition
    try:
        body, content_type = exposition.render(request.headers.get("accept"))
    except PASSING:
        return Response("The database cannot be read now.\n", 503, media_type="text/plain")
    return Response(body, headers={"content-type": content_type, "vary": "Accept"})


def _check(access: Access) -> None:
    """Reject keys restricted to services: these metrics cover all of them."""
    if not access.allows(Scope.READ) or access.services is not None:
        raise ProblemError(403, "Metrics require a key for all services.")
