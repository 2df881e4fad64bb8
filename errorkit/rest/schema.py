"""The problem body in OpenAPI, for drf-spectacular.

SPECTACULAR_SETTINGS = {"POSTPROCESSING_HOOKS": [..., "errorkit.rest.schema.add_problem_responses"]}
"""

from typing import Any

COMPONENT = "Problem"

FIELD_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string", "format": "json-pointer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "An error answer (RFC 9457).",
    "required": ["type", "title", "status", "detail", "error", "request_id", "retryable"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "default": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "error": {"type": "string", "description": "Stable code for programs."},
        "request_id": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
        "reference": {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$"},
        "retryable": {"type": "boolean"},
        "errors": {"type": "array", "items": FIELD_ERROR},
    },
}


def add_problem_responses(
    result: dict[str, Any], generator: object, request: object, public: object
) -> dict[str, Any]:
    """Add the component, and refer to it as the default response of every operation that has none."""
    components = result.setdefault("components", {}).setdefault("schemas", {})
    components.setdefault(COMPONENT, PROBLEM)
    answer = {
        "description": "Error",
        "content": {
            "application/problem+json": {"schema": {"$ref": f"#/components/schemas/{COMPONENT}"}}
        },
    }
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", answer)
    return result
