"""The one error body of the API (RFC 9457, `application/problem+json`)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

PROBLEM_MEDIA_TYPE = "application/problem+json"


class ProblemField(BaseModel):
    """What is wrong with one field, and what is allowed there."""

    model_config = ConfigDict(frozen=True)

    loc: list[str | int] = Field(
        description="Path of the field. A field of the body stands alone; others begin with "
        "`query`, `path` or `header`."
    )
    message: str = Field(description="Names the value and the allowed range.")


class Problem(BaseModel):
    """Why a request was refused."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="`urn:matinee:problem:` and the code.")
    title: str = Field(description="Meaning of the status.")
    status: int
    detail: str = Field(description="What happened, for people.")
    instance: str = Field(description="Path of the request.")
    code: str = Field(description="Stable; compare this in scripts.")
    request_id: str = Field(description="Also in the header `X-Request-ID` and in the log.")
    errors: list[ProblemField] = Field(
        description="One entry for each wrong field; of very many, the first hundred."
    )
