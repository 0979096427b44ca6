"""`/metrics` for Prometheus. Who may read it is the gate's business."""

from fastapi import APIRouter, Request, Response

from groundwire_collector.metrics.exposition import Exposition
from groundwire_collector.storage.engine import PASSING

router = APIRouter()


@router.api_route("/metrics", methods=["GET", "HEAD"], include_in_schema=False)
def metrics(request: Request) -> Response:
    """The committed counters and the receiver's own, in the format the scraper asks for."""
    # A plain function: reading the store must not hold up the event loop.
    exposition: Exposition = request.app.state.exposition
    try:
        body, content_type = exposition.render(request.headers.get("accept"))
    except PASSING:
        return Response("The database cannot be read now.\n", 503, media_type="text/plain")
    return Response(body, headers={"content-type": content_type, "vary": "Accept"})
