package import LonghaulCore

/// The numbers that the database stores for enumerations. Their meaning never changes.
extension JobState {
    /// Every state, each at the place of its code.
    package static let byCode: [JobState] = [
        .scheduled, .blocked, .pending, .processing, .retrying, .completed, .failed, .cancelled, .suspended,
    ]

    /// The stored number.
    package var code: Int {
        switch self {
        case .scheduled: 0
        case .blocked: 1
        case .pending: 2
        case .processing: 3
        case .retrying: 4
        case .completed: 5
        case .failed: 6
        case .cancelled: 7
        case .suspended: 8
        }
    }

    /// Decodes a stored number.
    package init(code: Int) throws(CorruptValue) {
        guard Self.byCode.indices.contains(code) else { throw CorruptValue("no job state \(code)") }
        self = Self.byCode[code]
    }
}

extension JobSpec.DependencyPolicy {
    /// The stored number.
    package var code: Int {
        switch self {
        case .cancel: 0
        case .fail: 1
        case .run: 2
        }
    }

    /// Decodes a stored number.
    package init(code: Int) throws(CorruptValue) {
        switch code {
        case 0: self = .cancel
        case 1: self = .fail
        case 2: self = .run
        default: throw CorruptValue("no dependency policy \(code)")
        }
    }
}

extension LogLine.Level {
    /// The stored number.
    package var code: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }

    /// Decodes a stored number.
    package init(code: Int) throws(CorruptValue) {
        switch code {
        case 0: self = .debug
        case 1: self = .info
        case 2: self = .warning
        case 3: self = .error
        default: throw CorruptValue("no log level \(code)")
        }
    }
}
