"""Whether the system lets this process open as many files as its connections need."""

from __future__ import annotations

import resource

import structlog

RESERVED = 300
"""For everything but connections: records, logs, pipes and control sockets of runs and players."""
MIN_CONNECTIONS = 10

log = structlog.get_logger()


def fit_connections(wanted: int) -> int:
    """How many connections may be open so that records can still be opened beside them.

    Raises the process's own limit as far as the system allows. A server that has used its last
    descriptor for a connection could neither write a record nor accept the one who comes to help.

    Args:
        wanted: As the settings have it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    allowed = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    except (ValueError, OSError):
        # macOS names no bound and has one.
        allowed = soft
    if allowed >= needed:
        return wanted
    connections = max(MIN_CONNECTIONS, allowed - RESERVED)
    log.warning(
        "few_open_files",
        allowed=allowed,
        needed=needed,
        connections=connections,
        advice=f"at most {connections} connections are taken instead of {wanted}; raise the limit "
        f"of open files to {needed} (`ulimit -n {needed}`, or LimitNOFILE={needed} in a systemd "
        "unit), or lower MATINEE_MAX_CONNECTIONS",
    )
    return connections
