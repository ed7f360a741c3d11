extension APISchemas {
    static let deadLetters = """
        "DeadLetterGroup": {
          "type": "object",
          "properties": {
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$",
                            "description": "Stands for the kind, the error's type and its folded message."},
            "queue": {"type": "string"}, "kind": {"type": "string"}, "error_type": {"type": "string"},
            "count": {"type": "integer", "minimum": 1},
            "first_seen_at": {"type": "string", "format": "date-time"},
            "last_seen_at": {"type": "string", "format": "date-time"},
            "example": {
              "type": ["object", "null"],
              "properties": {"id": {"type": "string", "format": "uuid"},
                             "error": {"$ref": "#/components/schemas/JobError"}}
            }
          }
        },
        "DeadLetterGroupPage": {
          "type": "object",
          "properties": {
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/DeadLetterGroup"}},
            "next_cursor": {"type": ["string", "null"]}
          }
        },
        "DeadLetterSelection": {
          "type": "object", "additionalProperties": false,
          "description": "Jobs by ids, or by a filter; an empty filter selects every dead letter.",
          "oneOf": [{"required": ["ids"]}, {"required": ["filter"]}],
          "properties": {
            "ids": {"type": "array", "minItems": 1, "maxItems": 10000,
                    "items": {"type": "string", "format": "uuid"}},
            "filter": {
              "type": "object", "additionalProperties": false,
              "properties": {
                "state": {"enum": ["failed"]}, "queue": {"type": "string"}, "kind": {"type": "string"},
                "actor": {"type": "string"},
                "tags": {"type": "object", "additionalProperties": {"type": "string"}},
                "created_after": {"type": "string", "format": "date-time"},
                "created_before": {"type": "string", "format": "date-time"},
                "fingerprint": {"type": "string"}, "error_type": {"type": "string"}
              }
            },
            "limit": {"type": "integer", "minimum": 1, "description": "At most so many, the newest first."}
          }
        },
        "DeadLetterCount": {
          "type": "object", "properties": {"count": {"type": "integer", "minimum": 0}}
        }
        """
}
