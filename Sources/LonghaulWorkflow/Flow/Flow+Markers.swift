public import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// Values that each replay repeats.
extension Flow {
    /// The current time. A replay returns the recorded time.
    public func now() async throws -> Date {
        let milliseconds = try await record("now") { run.environment.time.now().milliseconds }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// A random number of a range. A replay returns the recorded number.
    public func random(in range: ClosedRange<Int>) async throws -> Int {
        try await record("random") {
            var generator = Generator(source: run.environment.random)
            return Int.random(in: range, using: &generator)
        }
    }

    /// A random number, at least 0 and less than 1. A replay returns the recorded number.
    public func random() async throws -> Double {
        try await record("random") { run.environment.random.fraction() }
    }

    /// A random UUID. A replay returns the recorded UUID.
    public func uuid() async throws -> UUID {
        try await record("uuid") {
            var generator = Generator(source: run.environment.random)
            var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            bytes[6] = bytes[6] & 0x0F | 0x40
            bytes[8] = bytes[8] & 0x3F | 0x80
            return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
        }
    }

    /// Calls `value` and records what it returns. A replay returns the recorded value, and does not call it.
    ///
    /// For values that are read at once, such as a setting of the worker. Use a step for everything that can fail or
    /// takes long.
    public func record<Value: Codable & Sendable>(
        _ name: String, _ value: () throws -> Value
    ) async throws -> Value {
        let request = try await request(.marker, name)
        return try run.withReplay { replay in
            try replay.mark(request, output: try JSONText(encoding: try value()))
        }.decode(Value.self)
    }

    /// The version of a change that this run uses, so that runs that began before the change keep their path.
    ///
    /// ```swift
    /// if try await flow.version(change: "two letters", current: 1) >= 1 {
    ///     try await flow.step("send both letters") { … }
    /// } else {
    ///     try await flow.step("send letter") { … }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - change: the name of the change, 1–50 characters, the same for the whole life of the code.
    ///   - current: the version that new runs use.
    /// - Returns: the version that the run recorded when it first came here; 0 if it had passed before the code
    ///   called this.
    public func version(change: String, current: Int) async throws -> Int {
        try await run.checkIn()
        return try run.withReplay { try $0.version(change, current: current) }
    }
}

/// Adapts a source of random numbers to the standard library.
private struct Generator: RandomNumberGenerator {
    let source: any RandomSource

    mutating func next() -> UInt64 { source.next() }
}
