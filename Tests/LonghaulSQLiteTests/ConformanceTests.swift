import LonghaulConformance
import Testing

/// SQLite satisfies the rules of the port.
struct ConformanceTests {
    @Test(arguments: JobStoreConformance.cases)
    func conforms(_ rule: JobStoreConformance.Case) async throws {
        let place = try TemporaryStore()
        try await rule.run { time, random in try place.open(time: time, random: random) }
    }
}
