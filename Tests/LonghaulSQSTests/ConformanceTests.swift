import LonghaulBroker
import LonghaulConformance
import LonghaulCore
import Testing

@testable import LonghaulSQS

/// SQS as a queue, against moto's server.
@Suite struct ConformanceTests {
    @Test(arguments: JobQueueConformance.cases)
    func sqsConforms(_ rule: JobQueueConformance.Case) async throws {
        let fixture = try await Fixture()
        try await rule.run { try await fixture.anotherQueue() }
    }
}
