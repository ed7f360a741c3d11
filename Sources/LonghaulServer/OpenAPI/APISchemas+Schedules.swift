extension APISchemas {
    static let schedules = """
        "ScheduleSpec": {
          "type": "object", "required": ["cron", "job"], "additionalProperties": false,
          "properties": {
            "cron": {"type": "string", "description": "Five fields, or @hourly, @daily, @weekly, @monthly, @yearly."},
            "time_zone": {"type": "string", "default": "UTC", "description": "Such as Europe/Paris."},
            "job": {"$ref": "#/components/schemas/NewJob"},
            "catch_up": {"enum": ["none", "last", "all"], "default": "last",
                         "description": "What becomes of ticks at which no server ran."},
            "paused": {"type": "boolean", "default": false}
          }
        },
        "Schedule": {
          "type": "object",
          "properties": {
            "name": {"type": "string"}, "cron": {"type": "string"}, "time_zone": {"type": "string"},
            "job": {"$ref": "#/components/schemas/NewJob"},
            "catch_up": {"enum": ["none", "last", "all"]}, "paused": {"type": "boolean"},
            "next_run_at": {"type": ["string", "null"], "format": "date-time"},
            "last_run_at": {"type": ["string", "null"], "format": "date-time"},
            "last_job_id": {"type": ["string", "null"], "format": "uuid"},
            "caller": {"type": "string"},
            "created_at": {"type": "string", "format": "date-time"},
            "updated_at": {"type": "string", "format": "date-time"}
          }
        },
        "SchedulePage": {
          "type": "object",
          "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Schedule"}},
                         "next_cursor": {"type": ["string", "null"]}}
        }
        """
}
