public import LonghaulJSON

/// An error of the API: a stable code, a message that names what is wrong, and all faults of invalid input.
public struct LonghaulError: Error, Sendable, Hashable {
    /// The stable code of an error.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The input is malformed or breaks a rule. `faults` names each place.
        case invalidRequest = "invalid_request"
        /// The request has no valid API key.
        case unauthorized
        /// The caller is not allowed to do this.
        case forbidden
        /// The object does not exist.
        case notFound = "not_found"
        /// The path exists, but does not support the method.
        case methodNotAllowed = "method_not_allowed"
        /// The state of the object does not allow the operation.
        case conflict
        /// The token's lease has ended: it expired, or its job was cancelled.
        case leaseLost = "lease_lost"
        /// An operation differs from the one in the journal: the code of a durable job has changed.
        case nondeterministic
        /// The input is longer than the limit.
        case payloadTooLarge = "payload_too_large"
        /// The request is for another host than this server.
        case misdirectedRequest = "misdirected_request"
        /// The caller sent too many requests; it may try again later.
        case rateLimited = "rate_limited"
        /// The media type of the input is not supported.
        case unsupportedMediaType = "unsupported_media_type"
        /// The idempotency key was used for another request.
        case idempotencyKeyReused = "idempotency_key_reused"
        /// An internal error of Longhaul.
        case `internal`
        /// A queue, or another bounded resource, is full.
        case systemBusy = "system_busy"
        /// The store, the queue or the artifact store does not answer; nothing was accepted.
        case unavailable
    }

    /// The code.
    public var code: Code
    /// A message for people: what is wrong, and with what.
    public var detail: String
    /// All faults of the input, with their places.
    public var faults: [JSONFault]
    /// The time after which the caller may retry, in seconds.
    public var retryAfterSeconds: Double?
    /// The limit that is reached, if the code is `system_busy`. The engine derives the retry time from it. Not part of
    /// the API.
    public var overload: Overload?

    /// A limit that leaves no room for a job.
    public struct Overload: Sendable, Hashable {
        /// The limit that is reached.
        public enum Bound: Sendable, Hashable {
            /// The pending jobs of a queue: `max_depth`.
            case depth(queue: String)
            /// The scheduled, blocked and retrying jobs of a queue: `max_waiting`.
            case waiting(queue: String)
            /// The pending jobs of all queues.
            case system
            /// The number of queues.
            case queues
        }

        /// The limit.
        public var bound: Bound
        /// The number of jobs that must leave before there is room.
        public var surplus: Int

        /// An overload of this limit.
        public init(_ bound: Bound, surplus: Int) {
            self.bound = bound
            self.surplus = surplus
        }
    }

    /// An error with this code.
    public init(_ code: Code, _ detail: String, faults: [JSONFault] = [], retryAfterSeconds: Double? = nil) {
        self.code = code
        self.detail = detail
        self.faults = faults
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Whether the same request may succeed later.
    public var isTransient: Bool {
        switch code {
        // The caller's key may be replaced, and a worker must keep its results until then.
        case .internal, .systemBusy, .unavailable, .rateLimited, .unauthorized: true
        case .invalidRequest, .forbidden, .notFound, .methodNotAllowed, .conflict, .leaseLost,
            .nondeterministic,
            .payloadTooLarge, .misdirectedRequest,
            .unsupportedMediaType, .idempotencyKeyReused:
            false
        }
    }
}

extension LonghaulError {
    /// An error for input with these faults.
    public static func invalid(_ faults: [JSONFault]) -> LonghaulError {
        let first = faults.first.map { fault in
            let place = fault.pointer.description
            return place.isEmpty ? fault.message : "\(place): \(fault.message)"
        }
        let more = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
        return LonghaulError(
            .invalidRequest, (first ?? "the request is not valid") + more, faults: faults)
    }

    /// An error for input with one fault.
    public static func invalid(_ pointer: JSONPointer, _ message: String) -> LonghaulError {
        invalid([JSONFault(pointer: pointer, message: message)])
    }

    /// The job does not exist.
    public static func noJob(_ id: JobID) -> LonghaulError {
        LonghaulError(.notFound, "there is no job \(id)")
    }

    /// The queue does not exist.
    public static func noQueue(_ name: String) -> LonghaulError {
        LonghaulError(.notFound, "there is no queue \"\(name.prefix(100))\"")
    }

    /// The token's lease has ended.
    public static let leaseLost = LonghaulError(
        .leaseLost, "the lease has ended: it expired, was released, or its job was cancelled")
}

extension LonghaulError {
    /// There is no room for a job that would be pending or waiting.
    ///
    /// - Parameters:
    ///   - count: the number of jobs that count towards the limit now.
    ///   - limit: the limit.
    public static func busy(_ bound: Overload.Bound, count: Int, limit: Int) -> LonghaulError {
        let detail =
            switch bound {
            case .depth(let queue): "the queue \(queue) is full: \(count) jobs are pending"
            case .waiting(let queue):
                "the queue \(queue) is full: \(count) jobs are scheduled, blocked or retrying"
            case .system: "the system is full: \(count) jobs are pending in all queues"
            case .queues:
                "there are already \(count) queues, the maximum: delete unused queues, or raise max-queues"
            }
        var error = LonghaulError(.systemBusy, detail)
        error.overload = Overload(bound, surplus: count - limit + 1)
        return error
    }
}

extension LonghaulError {
    /// A queue with jobs that have not ended cannot be deleted.
    ///
    /// - Parameters:
    ///   - unstarted: the number of jobs that are scheduled, blocked, pending or retrying.
    ///   - running: the number of jobs that are processing.
    public static func queueInUse(_ name: String, unstarted: Int, running: Int) -> LonghaulError {
        LonghaulError(
            .conflict,
            "the queue \(name) cannot be deleted: \(unstarted) jobs have not started and \(running) are running; "
                + (running > 0
                    ? "wait until they have ended, or cancel them" : "cancel them, or use purge=true"))
    }
}

extension LonghaulError: CustomStringConvertible {
    /// The code and the detail.
    public var description: String { "\(code.rawValue): \(detail)" }
}
