public import LonghaulCore
public import Testing

/// The requirements of ``JobStore`` as cases, which the tests of a driver run one by one:
///
/// ```swift
/// @Test(arguments: JobStoreConformance.cases)
/// func conforms(_ rule: JobStoreConformance.Case) async throws {
///     try await rule.run { time, random in try MyStore(…, time: time, random: random) }
/// }
/// ```
public enum JobStoreConformance {
    /// Creates an empty store with this clock and random source.
    public typealias Factory = @Sendable (any TimeSource, any RandomSource) async throws -> any JobStore

    /// One rule.
    public struct Case: Sendable, CustomTestStringConvertible {
        /// The rule, as a sentence.
        public let name: String
        private let check: @Sendable (JobStoreFixture) async throws -> Void

        init(_ name: String, _ check: @escaping @Sendable (JobStoreFixture) async throws -> Void) {
            self.name = name
            self.check = check
        }

        /// The rule's name.
        public var testDescription: String { name }

        /// Checks the rule on a new store, and closes the store.
        public func run(_ makeStore: Factory) async throws {
            let fixture = try await JobStoreFixture(makeStore)
            do {
                try await check(fixture)
            } catch {
                await fixture.store.close()
                throw error
            }
            await fixture.store.close()
        }
    }

    /// Every rule.
    public static let cases: [Case] =
        submitting + keys + claiming + fencing + outages + completing + failing + deadLetters
        + operatorActions + edits + apiKeys + auditLog
        + dependencies
        + families + chains + queues + fairness + overload + samples + schedules + lists + pages + attachments
        + journals + suspensions + signals + childJobs + journalActions + journalRestarts
        + records + executions + executionReports + executionStops
        + webhooks
        + maintenance
        + changes
        + randomOperations
}
