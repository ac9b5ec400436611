"""A share of `python -m benchmarks.api_fuzz`, which says what is asked and what is checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import schemathesis

from benchmarks.api_fuzz import HARMLESS, Report, fuzz
from benchmarks.api_fuzz_hooks import BEYOND_THE_SCHEMA, NOBODY_S_ID, replace_handed_on_nulls
from integration.live_server import LiveServer
from matinee.web.openapi import openapi_document

REQUESTS = 900
EDGES_OF = ["listRuns", "patchRun", "stepRun"]
"""Calls with many fields; the edges of all take most of a minute."""
CHAIN = {"createRun", "getRun", "listRuns", "patchRun", "listCheckpoints", "deleteRun"}
"""Calls that only do what they are asked if those before them did."""


@pytest.fixture(scope="module")
def operations() -> set[str]:
    """The names of all calls."""
    paths = openapi_document()["paths"].values()
    return {call["operationId"] for calls in paths for call in calls.values()}


@pytest.mark.timeout(400)
def test_no_request_breaks_the_api(
    new_server: Callable[..., LiveServer], tmp_path: Path, operations: set[str]
) -> None:
    """Thousands of requests, at the edges of every field and in chains, bring every call to no 5xx
    and to no answer that the API's document denies; what is asked wrongly is not done, and nothing
    is done for strangers.
    """
    server = new_server(None, **HARMLESS).start()
    try:
        report = fuzz(
            server.base_url, server.token, requests=REQUESTS, seed=1, folder=tmp_path,
            edges_of=EDGES_OF,
        )  # fmt: skip
    finally:
        server.clean_up()

    assert report.findings == []
    assert report.not_made <= 1
    assert report.requests >= REQUESTS
    assert {operation for operation, _ in report.counts} == operations
    assert report.succeeded() >= CHAIN, str(report)


def test_exceptions_are_of_calls_that_exist(operations: set[str]) -> None:
    """Every call that may refuse what fits the document is one of the API's."""
    assert BEYOND_THE_SCHEMA.keys() <= operations


@pytest.mark.parametrize(
    ("handed_on", "asked"),
    [
        (None, NOBODY_S_ID),
        ("None", NOBODY_S_ID),
        ("01M8KRCR04E8RTPS11Y8CD1ZV5", "01M8KRCR04E8RTPS11Y8CD1ZV5"),
    ],
)
def test_a_null_that_a_chain_hands_on_is_an_id_of_nothing(
    handed_on: str | None, asked: str
) -> None:
    """What an answer left open is asked as an id that fits and that nobody has; an id stays."""
    call = schemathesis.openapi.from_dict(openapi_document())["/api/v1/tokens/{token_id}"]["DELETE"]
    case = call.Case(path_parameters={"token_id": handed_on})

    replace_handed_on_nulls(case)

    assert case.path_parameters == {"token_id": asked}


def test_a_report_tells_what_was_asked() -> None:
    """By call, how often each status was answered, and what was found."""
    report = Report(findings=["- ST101 Server error"])
    report.counts["getRun", 200] += 3
    report.counts["getRun", 404] += 1
    report.counts["createRun", 422] += 2

    text = str(report)

    assert "6 requests, 1 round(s) with findings" in text
    assert "3 x 200, 1 x 404" in text
    assert text.endswith("- ST101 Server error")
    assert report.succeeded() == {"getRun"}
