public import LonghaulJSON

/// A refusal or a fault, in the words of the API: a closed code to switch on, what happened to what, and for
/// invalid input every fault that was found.
public struct LonghaulError: Error, Sendable, Hashable {
    /// The stable word of a refusal.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The input is malformed or breaks a rule; `faults` says where.
        case invalidRequest = "invalid_request"
        /// Whoever asks may not do this.
        case forbidden
        /// There is no such thing.
        case notFound = "not_found"
        /// The path is known, the method is not.
        case methodNotAllowed = "method_not_allowed"
        /// The thing's state does not allow it.
        case conflict
        /// The token's lease has ended: it expired, or its job was cancelled.
        case leaseLost = "lease_lost"
        /// The input is longer than the limit.
        case payloadTooLarge = "payload_too_large"
        /// The request is for another host than this server.
        case misdirectedRequest = "misdirected_request"
        /// The caller sent too many requests; it may try again later.
        case rateLimited = "rate_limited"
        /// The input is of a media type that is not taken.
        case unsupportedMediaType = "unsupported_media_type"
        /// The idempotency key stands for another request.
        case idempotencyKeyReused = "idempotency_key_reused"
        /// A fault of Longhaul's own.
        case `internal`
        /// A queue, or another bounded resource, is full.
        case systemBusy = "system_busy"
        /// The store, the queue or the artifact store does not answer; nothing was accepted.
        case unavailable
    }

    /// What kind of refusal it is.
    public var code: Code
    /// What happened to what, for people.
    public var detail: String
    /// Every fault of the input, with its place.
    public var faults: [JSONFault]
    /// When to try again, in seconds.
    public var retryAfterSeconds: Double?
    /// What is full, where the code is `system_busy`: from it the engine tells when to try again. Not on the
    /// wire.
    public var overload: Overload?

    /// A bound that leaves no room for a job.
    public struct Overload: Sendable, Hashable {
        /// What is bounded.
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

        /// What is bounded.
        public var bound: Bound
        /// How many jobs must go before there is room.
        public var surplus: Int

        /// A bound that so many jobs must go from.
        public init(_ bound: Bound, surplus: Int) {
            self.bound = bound
            self.surplus = surplus
        }
    }

    /// A refusal of this code.
    public init(_ code: Code, _ detail: String, faults: [JSONFault] = [], retryAfterSeconds: Double? = nil) {
        self.code = code
        self.detail = detail
        self.faults = faults
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Whether the same request may succeed later, unchanged.
    public var isTransient: Bool {
        switch code {
        case .internal, .systemBusy, .unavailable, .rateLimited: true
        case .invalidRequest, .forbidden, .notFound, .methodNotAllowed, .conflict, .leaseLost,
            .payloadTooLarge, .misdirectedRequest,
            .unsupportedMediaType, .idempotencyKeyReused:
            false
        }
    }
}

extension LonghaulError {
    /// Input with the given faults.
    public static func invalid(_ faults: [JSONFault]) -> LonghaulError {
        let first = faults.first.map { fault in
            let place = fault.pointer.description
            return place.isEmpty ? fault.message : "\(place): \(fault.message)"
        }
        let more = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
        return LonghaulError(
            .invalidRequest, (first ?? "the request is not valid") + more, faults: faults)
    }

    /// Input with one fault.
    public static func invalid(_ pointer: JSONPointer, _ message: String) -> LonghaulError {
        invalid([JSONFault(pointer: pointer, message: message)])
    }

    /// No job has this identifier.
    public static func noJob(_ id: JobID) -> LonghaulError {
        LonghaulError(.notFound, "there is no job \(id)")
    }

    /// There is no queue of this name.
    public static func noQueue(_ name: String) -> LonghaulError {
        LonghaulError(.notFound, "there is no queue \"\(name.prefix(100))\"")
    }

    /// The token's lease has ended.
    public static let leaseLost = LonghaulError(
        .leaseLost, "the lease has ended: it expired, was given back, or its job was cancelled")
}

extension LonghaulError {
    /// There is no room for a job that would be pending or waiting.
    ///
    /// - Parameters:
    ///   - count: how many jobs count against the bound now.
    ///   - limit: the bound.
    public static func busy(_ bound: Overload.Bound, count: Int, limit: Int) -> LonghaulError {
        let detail =
            switch bound {
            case .depth(let queue): "the queue \(queue) is full: \(count) jobs are pending"
            case .waiting(let queue):
                "the queue \(queue) is full: \(count) jobs are scheduled, blocked or retrying"
            case .system: "the system is full: \(count) jobs are pending in all queues"
            case .queues:
                "there are \(count) queues already, the maximum: delete unused queues, or raise max-queues"
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
