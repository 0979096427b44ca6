"""Server-rendered pages: turns, alarms, estimates, labelling, runbooks."""

from groundwire_collector.web.pages import (
    alarms,
    api_reference,
    distributions,
    estimates,
    failed_traces,
    icon,
    labels,
    login,
    runbooks,
    turns,
)

ROUTERS = (
    login.router,
    icon.router,
    turns.router,
    failed_traces.router,
    labels.router,
    estimates.router,
    alarms.router,
    distributions.router,
    runbooks.router,
    api_reference.router,
)
