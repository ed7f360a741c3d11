import LonghaulConformance
import LonghaulCore
import LonghaulTestServers
import Testing

@Suite struct ConformanceTests {
    @Test(arguments: JobQueueConformance.cases)
    func redisConforms(_ rule: JobQueueConformance.Case) async throws {
        let server = try RedisServer()
        try await rule.run { try server.queue() }
    }

    @Test(arguments: JobQueueConformance.cases)
    func redisConformsOverTLS(_ rule: JobQueueConformance.Case) async throws {
        let server = try RedisServer(isSecure: true)
        try await rule.run { try server.queue("?ca=\(server.certificate)") }
    }
}
