"""Schemas say what is always there and what may be left out."""

from __future__ import annotations

from typing import Any

from matinee.web.openapi_schemas import (
    drop_nulls_of_parameters,
    drop_titles,
    name_repeated,
    separate_answers,
)


def reference(name: str) -> dict[str, str]:
    """Points at a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def body_of(name: str) -> dict[str, Any]:
    """A JSON body of one schema."""
    return {"content": {"application/json": {"schema": reference(name)}}}


def document_of(
    schemas: dict[str, Any], *, request: str | None, answer: str | None
) -> dict[str, Any]:
    """A document with one call."""
    call: dict[str, Any] = {"responses": {"200": body_of(answer)} if answer else {}}
    if request:
        call["requestBody"] = body_of(request)
    return {"paths": {"/x": {"post": call}}, "components": {"schemas": schemas}}


def model(**fields: Any) -> dict[str, Any]:
    """A schema of which nothing is required."""
    return {"type": "object", "properties": fields}


def test_an_answer_has_all_fields() -> None:
    """What only answers use gets every field required."""
    document = document_of({"A": model(x={"default": 1}, y={})}, request=None, answer="A")

    separate_answers(document)

    assert document["components"]["schemas"]["A"]["required"] == ["x", "y"]


def test_a_request_keeps_its_options() -> None:
    """What only requests use stays as it is; a default is told in words."""
    document = document_of({"A": model(x={"default": 1})}, request="A", answer=None)

    separate_answers(document)

    schema = document["components"]["schemas"]["A"]
    assert "required" not in schema
    assert schema["properties"]["x"] == {"description": "Default: 1."}


def test_what_both_use_is_split_down_to_the_bottom() -> None:
    """A shared schema, and whoever holds it, gets a variant for requests; answers keep the name."""
    schemas = {"Outer": model(inner=reference("Inner")), "Inner": model(x={"default": 1})}
    schemas["Outer"]["required"] = ["inner"]
    document = document_of(schemas, request="Outer", answer="Outer")

    separate_answers(document)

    schemas = document["components"]["schemas"]
    assert schemas["Outer"]["properties"]["inner"] == reference("Inner")
    assert schemas["OuterInput"]["properties"]["inner"] == reference("InnerInput")
    assert schemas["Inner"]["required"] == ["x"]
    assert "required" not in schemas["InnerInput"]
    sent = document["paths"]["/x"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert sent == reference("OuterInput")


def test_what_is_the_same_for_both_is_not_split() -> None:
    """A schema without options serves requests and answers alike."""
    strict = model(x={"type": "string"}) | {"required": ["x"]}
    document = document_of({"A": strict}, request="A", answer="A")

    separate_answers(document)

    assert set(document["components"]["schemas"]) == {"A"}


def test_columns_of_bins_may_be_missing() -> None:
    """Fields that even answers leave out stay optional."""
    columns = model(episode={}, count={}, return_min={}, return_max={})
    document = document_of({"EpisodeColumns": columns}, request=None, answer="EpisodeColumns")

    separate_answers(document)

    assert document["components"]["schemas"]["EpisodeColumns"]["required"] == ["episode"]


def test_a_union_tag_is_never_optional() -> None:
    """The field that tells members of a union apart is required in requests too."""
    union = {
        "oneOf": [reference("A")],
        "discriminator": {
            "propertyName": "type",
            "mapping": {"a": "#/components/schemas/A"},
        },
    }
    schemas = {"U": union, "A": model(type={"const": "a", "default": "a"}, n={"default": 0})}
    document = document_of(schemas, request="U", answer=None)

    separate_answers(document)

    assert document["components"]["schemas"]["A"]["required"] == ["type"]


def test_copies_of_a_union_become_references() -> None:
    """A named union is written once; copies, also within a larger one, refer to it."""
    union = {"anyOf": [{"type": "string"}, {"type": "number"}]}
    schemas = {
        "U": {"anyOf": list(union["anyOf"])},
        "A": model(
            plain={"anyOf": list(union["anyOf"]), "description": "kept"},
            nullable={"anyOf": [*union["anyOf"], {"type": "null"}]},
        ),
    }
    document = document_of(schemas, request=None, answer="A")

    name_repeated(document, ["U"])

    fields = document["components"]["schemas"]["A"]["properties"]
    assert fields["plain"] == {"description": "kept", **reference("U")}
    assert fields["nullable"] == {"anyOf": [reference("U"), {"type": "null"}]}
    assert document["components"]["schemas"]["U"] == union


def test_titles_go_but_fields_called_title_stay() -> None:
    """Generated titles are dropped; a field whose name is title is not one."""
    schemas = {"A": model(title={"type": "string", "title": "Title"}) | {"title": "A"}}
    document = document_of(schemas, request=None, answer="A")

    drop_titles(document)

    schema = document["components"]["schemas"]["A"]
    assert schema["title"] == "A"
    assert schema["properties"] == {"title": {"type": "string"}}


def test_no_parameter_is_null() -> None:
    """What may be left out of a query or a header is not said to take null, which they can't say;
    a choice between other kinds stays.
    """
    document: dict[str, Any] = {"paths": {"/x": {"get": {"responses": {}, "parameters": [
        {"schema": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}], "title": "T"}},
        {"schema": {"anyOf": [{"type": "string"}, {"type": "number"}]}},
    ]}}}}  # fmt: skip

    drop_nulls_of_parameters(document)

    assert [parameter["schema"] for parameter in document["paths"]["/x"]["get"]["parameters"]] == [
        {"type": "string", "maxLength": 3, "title": "T"},
        {"anyOf": [{"type": "string"}, {"type": "number"}]},
    ]
