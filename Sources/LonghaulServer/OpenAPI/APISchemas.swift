import LonghaulJSON

/// The schemas that the API's document names (JSON Schema, 2020-12).
enum APISchemas {
    /// All of them, as one object.
    static let text: JSONText = {
        let members = [submission, job, deadLetters, schedules, leasing, queues, watching]
            .joined(separator: ",\n")
        return JSONText(validated: Array("{\(members)}".utf8))
    }()

    private static let submission = """
        "Any": {},
        "NewJob": {
          "type": "object", "required": ["kind"], "additionalProperties": false,
          "properties": {
            "kind": {"type": "string", "pattern": "^[A-Za-z0-9._/-]{1,200}$"},
            "payload": {"description": "Any JSON value, kept as it was sent."},
            "queue": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}$", "default": "default"},
            "priority": {"type": "integer", "minimum": 0, "maximum": 9, "default": 5},
            "run_at": {"type": "string", "format": "date-time"},
            "delay_seconds": {"type": "number", "minimum": 0},
            "max_attempts": {"type": "integer", "minimum": 1, "maximum": 100, "default": 4},
            "backoff": {"$ref": "#/components/schemas/Backoff"},
            "timeout_seconds": {"type": "number", "exclusiveMinimum": 0},
            "expires_at": {"type": "string", "format": "date-time"},
            "retention_seconds": {"type": "number", "minimum": 0,
                                  "description": "The server's default for the state it ends in if absent."},
            "idempotency_key": {"type": "string", "minLength": 1, "maxLength": 255},
            "unique": {
              "type": "object", "required": ["by"], "additionalProperties": false,
              "properties": {
                "by": {"type": "array", "minItems": 1,
                       "items": {"enum": ["actor", "kind", "queue", "payload"]}},
                "window_seconds": {"type": "number", "minimum": 1},
                "while": {"enum": ["active"]}
              }
            },
            "actor": {"type": "string", "minLength": 1, "maxLength": 200},
            "depends_on": {"type": "array", "maxItems": 1000, "items": {"type": "string"}},
            "on_dependency_failure": {"enum": ["cancel", "fail", "run"], "default": "cancel"},
            "join": {
              "type": "object", "additionalProperties": false,
              "properties": {
                "wait_for": {"anyOf": [{"const": "all"}, {"type": "integer", "minimum": 1}], "default": "all"},
                "collect": {"type": "boolean", "default": false}
              }
            },
            "parent_id": {"type": "string", "format": "uuid"},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
            "size": {"type": "integer", "minimum": 0},
            "labels": {"type": "object", "maxProperties": 10, "additionalProperties": {"type": "string"},
                       "description": "What a worker must have to be given the job."},
            "callback_url": {"type": "string", "format": "uri"},
            "traceparent": {"type": "string", "description": "A W3C trace context; the header if absent."},
            "ref": {"type": "string", "description": "In a batch only: a name for depends_on, as #name."}
          }
        },
        "Backoff": {
          "type": "object", "additionalProperties": false,
          "properties": {
            "type": {"enum": ["fixed", "exponential"], "default": "exponential"},
            "initial_seconds": {"type": "number", "minimum": 0, "default": 1},
            "factor": {"type": "number", "minimum": 1, "default": 2},
            "max_seconds": {"type": "number", "minimum": 0, "default": 600},
            "jitter": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.2}
          }
        },
        "Batch": {
          "type": "object", "required": ["jobs"], "additionalProperties": false,
          "properties": {"jobs": {"type": "array", "minItems": 1, "maxItems": 1000,
                                  "items": {"$ref": "#/components/schemas/NewJob"}},
                         "parent": {"$ref": "#/components/schemas/NewJob"}}
        },
        "BatchEntry": {
          "type": "object",
          "properties": {"status": {"enum": [200, 202]}, "job": {"$ref": "#/components/schemas/Job"}}
        },
        "BatchAnswer": {
          "type": "object",
          "properties": {"jobs": {"type": "array", "items": {"$ref": "#/components/schemas/BatchEntry"}},
                         "parent": {"$ref": "#/components/schemas/BatchEntry"}}
        }
        """

    private static let job = """
        "JobState": {"enum": ["scheduled", "blocked", "pending", "processing", "retrying", "completed",
                              "failed", "cancelled"]},
        "Job": {
          "type": "object",
          "properties": {
            "id": {"type": "string", "format": "uuid"}, "kind": {"type": "string"},
            "queue": {"type": "string"}, "state": {"$ref": "#/components/schemas/JobState"},
            "priority": {"type": "integer"}, "payload": {}, "result": {},
            "error": {"anyOf": [{"$ref": "#/components/schemas/JobError"}, {"type": "null"}]},
            "fingerprint": {"type": ["string", "null"]},
            "progress": {"anyOf": [{"$ref": "#/components/schemas/Progress"}, {"type": "null"}]},
            "attempt": {"type": "integer"}, "max_attempts": {"type": "integer"},
            "created_at": {"type": "string", "format": "date-time"},
            "run_at": {"type": "string", "format": "date-time"},
            "started_at": {"type": ["string", "null"], "format": "date-time"},
            "finished_at": {"type": ["string", "null"], "format": "date-time"},
            "worker": {"type": ["object", "null"],
                       "properties": {"id": {"type": "string"}, "name": {"type": "string"}}},
            "caller": {"type": "string"}, "actor": {"type": ["string", "null"]},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
            "depends_on": {"type": "array", "items": {"type": "string", "format": "uuid"}},
            "parent_id": {"type": ["string", "null"], "format": "uuid"},
            "dependencies": {"type": "array", "items": {"$ref": "#/components/schemas/RelatedJob"}},
            "ancestors": {"type": "array", "items": {"$ref": "#/components/schemas/RelatedJob"}},
            "children": {"type": "array", "maxItems": 100, "items": {"type": "string", "format": "uuid"}},
            "children_count": {"type": "integer"},
            "artifacts": {"type": "array", "items": {"$ref": "#/components/schemas/Artifact"}},
            "attempts": {"type": "array", "items": {"$ref": "#/components/schemas/Attempt"}},
            "position": {"type": ["integer", "null"]},
            "estimated_start_at": {"type": ["string", "null"], "format": "date-time"},
            "backoff": {"$ref": "#/components/schemas/Backoff"},
            "timeout_seconds": {"type": ["number", "null"]},
            "expires_at": {"type": ["string", "null"], "format": "date-time"},
            "retention_seconds": {"type": ["number", "null"]},
            "on_dependency_failure": {"enum": ["cancel", "fail", "run"]},
            "join": {"type": "object",
                     "properties": {"wait_for": {"type": ["string", "integer"]}, "collect": {"type": "boolean"}}},
            "size": {"type": ["integer", "null"]},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}}, "callback_url": {"type": ["string", "null"]},
            "traceparent": {"type": ["string", "null"]}
          }
        },
        "RelatedJob": {
          "type": "object",
          "properties": {
            "id": {"type": "string", "format": "uuid"}, "kind": {"type": "string"},
            "state": {"$ref": "#/components/schemas/JobState"}, "result": {},
            "error": {"anyOf": [{"$ref": "#/components/schemas/JobError"}, {"type": "null"}]},
            "result_omitted": {"type": "boolean", "description": "True where the result was too long."}
          }
        },
        "JobPage": {
          "type": "object",
          "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
                         "next_cursor": {"type": ["string", "null"]}}
        },
        "JobError": {
          "type": "object", "required": ["type", "message"],
          "properties": {"type": {"type": "string"}, "message": {"type": "string"}, "details": {},
                         "retryable": {"type": "boolean", "default": true}}
        },
        "Progress": {
          "type": "object", "required": ["percent"],
          "properties": {"percent": {"type": "number", "minimum": 0, "maximum": 100},
                         "message": {"type": ["string", "null"]}}
        },
        "Attempt": {
          "type": "object",
          "properties": {
            "number": {"type": "integer"}, "worker": {"type": "string"},
            "started_at": {"type": "string", "format": "date-time"},
            "finished_at": {"type": ["string", "null"], "format": "date-time"},
            "error": {"anyOf": [{"$ref": "#/components/schemas/JobError"}, {"type": "null"}]}
          }
        },
        "Artifact": {
          "type": "object",
          "properties": {"name": {"type": "string"}, "size_bytes": {"type": "integer"},
                         "content_type": {"type": "string"}, "sha256": {"type": "string"},
                         "url": {"type": "string"}}
        },
        "LogLine": {
          "type": "object", "required": ["at", "message"],
          "properties": {"number": {"type": "integer"}, "attempt": {"type": "integer"},
                         "at": {"type": "string", "format": "date-time"},
                         "level": {"enum": ["debug", "info", "warning", "error"], "default": "info"},
                         "message": {"type": "string"}}
        },
        "LogPage": {
          "type": "object",
          "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/LogLine"}},
                         "next_cursor": {"type": ["string", "null"]}}
        }
        """

    private static let leasing = """
        "LeaseRequest": {
          "type": "object", "required": ["worker"], "additionalProperties": false,
          "properties": {
            "worker": {"$ref": "#/components/schemas/WorkerInfo"},
            "queues": {"type": "array", "items": {"type": "string"}, "default": ["default"]},
            "kinds": {"type": "array", "items": {"type": "string"}},
            "max_jobs": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1},
            "lease_seconds": {"type": "number", "minimum": 1, "maximum": 3600, "default": 30},
            "wait_seconds": {"type": "number", "minimum": 0, "maximum": 60, "default": 0}
          }
        },
        "WorkerInfo": {
          "type": "object", "required": ["id"], "additionalProperties": false,
          "properties": {"id": {"type": "string"}, "name": {"type": "string"},
                         "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                         "heartbeat_seconds": {"type": ["number", "null"], "minimum": 0.1, "maximum": 3600,
                           "description": "How often it will call `/v1/leases/heartbeat`, with or without leases. It is `late` once two are missing; a worker that promises nothing, once it was silent for `lease_seconds`."}}
        },
        "LeaseList": {
          "type": "object",
          "properties": {"leases": {"type": "array", "items": {
            "type": "object",
            "properties": {"token": {"type": "string"}, "job": {"$ref": "#/components/schemas/Job"},
                           "attempt": {"type": "integer"},
                           "expires_at": {"type": "string", "format": "date-time"},
                           "heartbeat_seconds": {"type": "number"}}}}}
        },
        "Heartbeat": {
          "type": "object", "required": ["worker"], "additionalProperties": false,
          "properties": {
            "worker": {"$ref": "#/components/schemas/WorkerInfo"},
            "leases": {"type": "array", "items": {
              "type": "object", "required": ["token"], "additionalProperties": false,
              "properties": {"token": {"type": "string"},
                             "progress": {"$ref": "#/components/schemas/Progress"}}}}
          }
        },
        "HeartbeatOutcome": {
          "type": "object",
          "properties": {
            "renewed": {"type": "array", "items": {
              "type": "object",
              "properties": {"token": {"type": "string"},
                             "expires_at": {"type": "string", "format": "date-time"}}}},
            "cancel": {"type": "array", "items": {"type": "string"}},
            "lost": {"type": "array", "items": {"type": "string"}}
          }
        },
        "Completion": {
          "type": "object", "additionalProperties": false,
          "properties": {"result": {},
                         "next": {"type": "array", "items": {"$ref": "#/components/schemas/NewJob"}}}
        },
        "CompletionList": {
          "type": "object", "required": ["completions"], "additionalProperties": false,
          "properties": {"completions": {"type": "array", "maxItems": 1000, "items": {
            "type": "object", "required": ["token"],
            "properties": {"token": {"type": "string"}, "result": {},
                           "next": {"type": "array", "items": {"$ref": "#/components/schemas/NewJob"}}}}}}
        },
        "CompletionAnswers": {
          "type": "object",
          "properties": {"completions": {"type": "array", "items": {
            "type": "object",
            "properties": {"status": {"type": "integer"}, "job": {"$ref": "#/components/schemas/Job"},
                           "problem": {"$ref": "#/components/schemas/Problem"}}}}}
        },
        "Failure": {
          "type": "object", "required": ["error"], "additionalProperties": false,
          "properties": {"error": {"$ref": "#/components/schemas/JobError"},
                         "retryable": {"type": "boolean", "default": true},
                         "retry_in_seconds": {"type": ["number", "null"], "minimum": 0}}
        },
        "LogBatch": {
          "type": "object", "required": ["lines"], "additionalProperties": false,
          "properties": {"lines": {"type": "array", "maxItems": 1000,
                                   "items": {"$ref": "#/components/schemas/LogLine"}}}
        },
        "StepOutput": {
          "type": "object", "required": ["output"], "additionalProperties": false,
          "properties": {"output": {}}
        }
        """

    private static let watching = """
        "ReleasedJobs": {
          "type": "object",
          "properties": {"released": {"type": "array", "items": {"type": "string", "format": "uuid"}}}
        },
        "WorkerPage": {
          "type": "object",
          "properties": {"items": {"type": "array", "items": {
            "type": "object",
            "properties": {
              "id": {"type": "string"}, "name": {"type": "string"},
              "labels": {"type": "object", "additionalProperties": {"type": "string"}},
              "queues": {"type": "array", "items": {"type": "string"}},
              "kinds": {"type": "array", "items": {"type": "string"}},
              "heartbeat_seconds": {"type": ["number", "null"]},
              "state": {"enum": ["healthy", "late", "gone"]},
              "running": {"type": "array", "items": {"type": "string", "format": "uuid"}},
              "first_seen_at": {"type": "string", "format": "date-time"},
              "last_heartbeat_at": {"type": "string", "format": "date-time"}}}},
            "next_cursor": {"type": "null"}}
        },
        "QueueSample": {
          "type": "object", "description": "What happened in a queue within the minute that began at `at`.",
          "properties": {
            "at": {"type": "string", "format": "date-time"}, "queue": {"type": "string"},
            "depth": {"type": "integer"}, "enqueued": {"type": "integer"}, "finished": {"type": "integer"},
            "failed": {"type": "integer", "description": "Attempts that failed."},
            "wait_p50_seconds": {"type": ["number", "null"]},
            "wait_p95_seconds": {"type": ["number", "null"]},
            "run_p50_seconds": {"type": ["number", "null"]}, "run_p95_seconds": {"type": ["number", "null"]}
          }
        },
        "QueueHistory": {
          "type": "object", "description": "Oldest first; a minute without anything to tell is absent.",
          "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/QueueSample"}},
                         "next_cursor": {"type": "null"}}
        },
        "Scale": {
          "type": "object",
          "properties": {"depth": {"type": "integer"}, "desired_workers": {"type": "integer"}}
        },
        "Health": {"type": "object", "properties": {"status": {"type": "string"}, "warning": {"type": "string"}}},
        "Problem": {
          "type": "object", "description": "RFC 9457. A fault of a query parameter or header is named by it.",
          "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"}, "instance": {"type": "string"},
            "code": {"enum": ["invalid_request", "forbidden", "not_found", "method_not_allowed", "conflict", "lease_lost",
                              "payload_too_large", "unsupported_media_type", "idempotency_key_reused",
                              "internal", "system_busy", "unavailable"]},
            "errors": {"type": "array", "items": {
              "type": "object",
              "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}}}}
          }
        }
        """
}
