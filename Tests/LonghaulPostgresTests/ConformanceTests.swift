import LonghaulConformance
import Testing

/// PostgreSQL satisfies the rules of the port.
struct ConformanceTests {
    @Test(arguments: JobStoreConformance.cases)
    func conforms(_ rule: JobStoreConformance.Case) async throws {
        let place = try TemporaryDatabase()
        try await rule.run { time, random in try await place.open(time: time, random: random) }
    }

    /// The settings for a transaction pooler: no prepared statements and no LISTEN.
    @Test(arguments: JobStoreConformance.cases)
    func conformsThroughAPooler(_ rule: JobStoreConformance.Case) async throws {
        let place = try TemporaryDatabase()
        try await rule.run { time, random in
            try await place.open(time: time, random: random, isPooled: true)
        }
    }
}
