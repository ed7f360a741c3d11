import LonghaulConformance
import Testing

/// PostgreSQL keeps every rule of the port.
struct ConformanceTests {
    @Test(arguments: JobStoreConformance.cases)
    func conforms(_ rule: JobStoreConformance.Case) async throws {
        let place = try TemporaryDatabase()
        try await rule.run { time, random in try await place.open(time: time, random: random) }
    }

    /// As through a pooler of transactions: nothing prepared, nothing listened to.
    @Test(arguments: JobStoreConformance.cases)
    func conformsThroughAPooler(_ rule: JobStoreConformance.Case) async throws {
        let place = try TemporaryDatabase()
        try await rule.run { time, random in
            try await place.open(time: time, random: random, isPooled: true)
        }
    }
}
