package import LonghaulCore

/// The numbers under which the database keeps closed sets of words. They never change their meaning.
extension JobState {
    /// Every state, each at the place of its code.
    package static let byCode: [JobState] = [
        .scheduled, .blocked, .pending, .processing, .retrying, .completed, .failed, .cancelled,
    ]

    /// The number that stands for it.
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
        }
    }

    /// What a number stands for.
    package init(code: Int) throws(CorruptValue) {
        guard Self.byCode.indices.contains(code) else { throw CorruptValue("no job state \(code)") }
        self = Self.byCode[code]
    }
}

extension JobSpec.DependencyPolicy {
    /// The number that stands for it.
    package var code: Int {
        switch self {
        case .cancel: 0
        case .fail: 1
        case .run: 2
        }
    }

    /// What a number stands for.
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
    /// The number that stands for it.
    package var code: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }

    /// What a number stands for.
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
