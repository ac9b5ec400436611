"""The error body."""

from __future__ import annotations

from matinee.contracts.problem import PROBLEM_MEDIA_TYPE, Problem


def test_the_members_of_the_standard_are_there() -> None:
    """RFC 9457's members, the stable code, the request id and the wrong fields, all always sent."""
    assert PROBLEM_MEDIA_TYPE == "application/problem+json"
    assert {name for name, field in Problem.model_fields.items() if field.is_required()} == {
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "code",
        "request_id",
        "errors",
    }
