"""Make schemas from pydantic say what a generator of types needs to know.

In a JSON schema made from a pydantic model a field with a default is optional. That is right for
requests and wrong for answers, where every field is always sent. Here each schema that answers
use gets all its fields required; one that requests use too is kept as `<Name>Input` for them.
Unions that occur in many places get a name. Titles made from field names go.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_PREFIX = "#/components/schemas/"

LEFT_OUT_IF_NULL: Mapping[str, frozenset[str]] = {
    "EpisodeColumns": frozenset({"return_min", "return_max", "count"})
}
"""Fields that even answers may lack: columns that only binned episodes have."""

Schemas = dict[str, Any]


def separate_answers(document: dict[str, Any], *, request_roots: Iterable[str] = ()) -> None:
    """Rewrite an OpenAPI document in place.

    Args:
        document: As FastAPI makes it.
        request_roots: Schemas that clients send outside of any documented request.
    """
    schemas: Schemas = document["components"]["schemas"]
    requests = [*_requests_of(document)]
    in_requests = _reachable(schemas, [*_names_in(requests), *request_roots])
    in_answers = _reachable(schemas, _names_in(_answers_of(document)))
    for name in in_requests:
        _require_tags(schemas, schemas[name])
    originals = copy.deepcopy(schemas)
    for name in in_answers:
        _require_all_fields(schemas[name], name)
    shared = in_requests & in_answers
    split = _grown(originals, shared, {n for n in shared if schemas[n] != originals[n]})
    renamed = {name: f"{name}Input" for name in split}
    for name in split:
        schemas[renamed[name]] = originals[name] | {"title": renamed[name]}
    for name in (in_requests - in_answers) | set(renamed.values()):
        _rename(schemas[name], renamed)
        _tell_defaults(schemas[name])
    _rename(requests, renamed)


def name_repeated(document: dict[str, Any], names: Iterable[str]) -> None:
    """Replace every copy of these schemas, except the named one itself, by a reference."""
    schemas: Schemas = document["components"]["schemas"]
    for name in names:
        named = schemas.pop(name)
        _replace_copies(document, named, {"$ref": _PREFIX + name})
        schemas[name] = named


def drop_nulls_of_parameters(document: dict[str, Any]) -> None:
    """A parameter may be left out, but no query or header can say null."""
    for operation in _operations(document):
        for parameter in operation.get("parameters", []):
            schema = parameter["schema"]
            members = [m for m in schema.get("anyOf", []) if m != {"type": "null"}]
            if len(members) == 1:
                del schema["anyOf"]
                parameter["schema"] = members[0] | schema


def drop_titles(document: dict[str, Any]) -> None:
    """Titles that pydantic makes from field names say nothing that the names do not."""
    _drop_titles(document["paths"])
    for schema in document["components"]["schemas"].values():
        for part in ("properties", "anyOf", "oneOf"):
            _drop_titles(schema.get(part, {}))


def _drop_titles(node: Any) -> None:
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for item in node.values():
            _drop_titles(item)
    elif isinstance(node, list):
        for item in node:
            _drop_titles(item)


def _replace_copies(node: Any, wanted: dict[str, Any], reference: dict[str, str]) -> None:
    """Also finds copies that stand inside a larger `anyOf`, as a union's members do there."""
    if isinstance(node, list):
        for item in node:
            _replace_copies(item, wanted, reference)
        return
    if not isinstance(node, dict):
        return
    if all(node.get(key) == value for key, value in wanted.items()):
        for key in wanted:
            del node[key]
        node.update(reference)
        node.pop("type", None)
        return
    members = wanted.get("anyOf", [])
    if members and all(member in node.get("anyOf", []) for member in members):
        rest = [member for member in node["anyOf"] if member not in members]
        node["anyOf"] = [reference, *rest]
    for item in node.values():
        _replace_copies(item, wanted, reference)


def _tell_defaults(schema: Any) -> None:
    """Generators take a field with a default for one that is always there; say it in words."""
    for field in schema.get("properties", {}).values():
        if "default" in field and field["default"] != field.get("const"):
            words = f"Default: {json.dumps(field.pop('default'))}."
            field["description"] = " ".join(filter(None, (field.get("description"), words)))
        field.pop("default", None)


def _require_all_fields(schema: Any, name: str) -> None:
    if "properties" in schema:
        absent = LEFT_OUT_IF_NULL.get(name, frozenset())
        schema["required"] = [field for field in schema["properties"] if field not in absent]


def _require_tags(schemas: Schemas, node: Any) -> None:
    """What tells the members of a union apart is never optional."""
    if isinstance(node, list):
        for item in node:
            _require_tags(schemas, item)
    elif isinstance(node, dict):
        if "discriminator" in node:
            tag = node["discriminator"]["propertyName"]
            for member in _names_in(node["oneOf"]):
                required = schemas[member].setdefault("required", [])
                schemas[member]["required"] = sorted({*required, tag})
        for item in node.values():
            _require_tags(schemas, item)


def _grown(schemas: Schemas, shared: set[str], split: set[str]) -> set[str]:
    """Whoever refers to a split schema is split too, or its requests would get the strict one."""
    while True:
        more = {n for n in shared - split if split & set(_names_in(schemas[n]))}
        if not more:
            return split
        split |= more


def _requests_of(document: dict[str, Any]) -> Iterator[Any]:
    for operation in _operations(document):
        yield operation.get("requestBody", {})
        yield operation.get("parameters", [])


def _answers_of(document: dict[str, Any]) -> list[Any]:
    return [operation["responses"] for operation in _operations(document)]


def _operations(document: dict[str, Any]) -> Iterator[Any]:
    for path in document["paths"].values():
        yield from path.values()


def _reachable(schemas: Schemas, roots: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(_names_in(schemas[name]))
    return seen


def _names_in(node: Any) -> Iterator[str]:
    """Names of schemas that a piece of the document refers to."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value.removeprefix(_PREFIX)
            else:
                yield from _names_in(value)
    elif isinstance(node, list):
        for item in node:
            yield from _names_in(item)
    elif isinstance(node, str) and node.startswith(_PREFIX):
        yield node.removeprefix(_PREFIX)


def _rename(node: Any, renamed: Mapping[str, str]) -> None:
    """Point references to their new names; discriminator mappings hold them as plain strings."""
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in list(entries):
        if isinstance(value, dict | list):
            _rename(value, renamed)
        elif isinstance(value, str) and value.startswith(_PREFIX):
            name = value.removeprefix(_PREFIX)
            node[key] = _PREFIX + renamed.get(name, name)
