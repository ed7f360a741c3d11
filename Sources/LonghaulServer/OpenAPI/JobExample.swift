/// What the job of an example answer has instead of the fields of the completed job in the schema `Job`.
enum JobExample {
    static let pending = #"""
        {"state": "pending", "result": null, "progress": null, "attempt": 0, "started_at": null, "finished_at": null,
        "worker": null, "attempts": [], "position": 3, "estimated_start_at": "2026-11-24T09:15:02.000Z"}
        """#

    static let processing = #"""
        {"state": "processing", "result": null, "progress": null, "finished_at": null, "worker": {},
        "attempts": {"finished_at": null}}
        """#

    static let retrying = #"""
        {"state": "retrying", "result": null, "progress": null, "error": {}, "finished_at": null,
        "attempts": {"error": {}}}
        """#

    static let failed = #"""
        {"state": "failed", "result": null, "progress": null, "error": {}, "fingerprint": "8f1c3a90b2de4471",
        "attempts": {"error": {}}}
        """#

    static let cancelled = #"""
        {"state": "cancelled", "result": null, "progress": null, "attempt": 0, "started_at": null, "attempts": []}
        """#

    static let suspended = #"""
        {"state": "suspended", "result": null, "progress": null, "finished_at": null, "operations": 2,
        "waits_for": [{"id": "0.2", "type": "signal", "name": "approved", "until": null, "job_id": null}]}
        """#

    static let paused = #"""
        {"state": "suspended", "result": null, "progress": null, "finished_at": null, "paused": true, "operations": 2}
        """#
}
