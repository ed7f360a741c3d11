/// Queues and the routing table.
extension APISchemas {
    static let queues = """
        "RateLimit": {
          "type": ["object", "null"], "required": ["jobs"], "additionalProperties": false,
          "description": "A token bucket: so many jobs may start in a period, and so many at once.",
          "properties": {
            "jobs": {"type": "integer", "minimum": 1},
            "period_seconds": {"type": "number", "minimum": 0.001, "default": 1},
            "burst": {"type": "integer", "minimum": 1, "description": "As many as jobs unless given."}
          }
        },
        "QueueSettings": {
          "type": "object", "additionalProperties": false,
          "properties": {
            "max_depth": {"type": ["integer", "null"], "minimum": 0, "default": 100000},
            "max_waiting": {"type": ["integer", "null"], "minimum": 0, "default": null},
            "paused": {"type": "boolean", "default": false},
            "max_concurrency": {"type": ["integer", "null"], "minimum": 1, "default": null},
            "rate_limit": {"$ref": "#/components/schemas/RateLimit"},
            "partition_by": {"type": ["string", "null"], "minLength": 1, "maxLength": 100, "default": null,
                             "description": "The name of a tag, the values of which take turns."},
            "max_size": {"type": ["integer", "null"], "minimum": 0, "default": null,
                         "description": "The greatest size of a job that the queue takes."}
          }
        },
        "Quantiles": {
          "type": ["object", "null"],
          "properties": {"p50": {"type": "number"}, "p95": {"type": "number"}, "p99": {"type": "number"}}
        },
        "Queue": {
          "type": "object",
          "properties": {
            "name": {"type": "string"}, "max_depth": {"type": ["integer", "null"]},
            "max_waiting": {"type": ["integer", "null"]}, "paused": {"type": "boolean"},
            "max_concurrency": {"type": ["integer", "null"]},
            "rate_limit": {"$ref": "#/components/schemas/RateLimit"},
            "partition_by": {"type": ["string", "null"]}, "max_size": {"type": ["integer", "null"]},
            "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
            "depth": {"type": "integer"}, "oldest_pending_seconds": {"type": ["number", "null"]},
            "throttled_until": {"type": ["string", "null"], "format": "date-time",
                                "description": "When the rate limit lets the next job start."},
            "enqueue_rate": {"type": "number"}, "drain_rate": {"type": "number"},
            "failure_rate": {"type": "number"}, "busy_workers": {"type": "integer"},
            "wait_seconds": {"$ref": "#/components/schemas/Quantiles"},
            "run_seconds": {"$ref": "#/components/schemas/Quantiles"}
          }
        },
        "QueuePage": {
          "type": "object",
          "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Queue"}},
                         "next_cursor": {"type": "null"}}
        },
        "RoutingTable": {
          "type": "object", "required": ["rules"], "additionalProperties": false,
          "properties": {"rules": {"type": "array", "maxItems": 1000, "items": {
            "type": "object", "required": ["queue"], "additionalProperties": false,
            "properties": {
              "kinds": {"type": "array", "maxItems": 100, "items": {"type": "string"}, "default": [],
                        "description": "Kinds, in which * stands for any characters; empty for every kind."},
              "labels": {"type": ["object", "null"], "additionalProperties": {"type": "string"},
                         "default": null,
                         "description": "What the queue's workers have; null says nothing of them."},
              "queue": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}$"}}}}}
        }
        """
}
