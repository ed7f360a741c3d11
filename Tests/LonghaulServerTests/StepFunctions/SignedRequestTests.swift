import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulStates
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// The AWS protocol at `POST /` of a server with API keys.
@Suite struct SignedRequestTests {
    private let service = ServiceFixture()

    @Test func aSignedRequestIsServed() async throws {
        let key = try await service.server.key("shop", [.jobsRead])
        let answer = await service.server.answer(to: try service.signed("ListStateMachines", key: key))
        #expect(answer.status == 200, "\(answer)")
        #expect(service.performer.performed.values.map(\.caller) == ["shop"])
        #expect(service.performer.performed.values.first?.source == nil)
        // The use of the key is recorded.
        let shown = service.server.context.keys.shown().first
        #expect(shown?.key.lastUsedAt != nil)
    }

    @Test func changesHaveASource() async throws {
        let key = try await service.server.key("shop", [.queuesWrite])
        let answer = await service.server.answer(
            to: try service.signed("DeleteActivity", #"{"activityArn": "a"}"#, key: key))
        #expect(answer.status == 200)
        let source = try #require(service.performer.performed.values.first?.source)
        #expect(source.caller == "shop" && source.keyID == key.key.id && source.requestID?.isEmpty == false)
    }

    @Test func aKeyWithoutTheScopeIsRefused() async throws {
        let key = try await service.server.key("shop", [.jobsRead])
        let body = #"{"stateMachineArn": "a"}"#
        try service.expectError(
            await service.server.answer(to: try service.signed("StartExecution", body, key: key)),
            "AccessDeniedException",
            "User: shop is not authorized to perform: states:StartExecution")
        #expect(service.performer.performed.values.isEmpty)
    }

    @Test func requestsThatNoKeySignedAreRefused() async throws {
        let key = try await service.server.key("shop", [.jobsRead])
        let target = "AWSStepFunctions.ListStateMachines"
        try service.expectError(
            await service.server.answer(to: service.request(target)), "MissingAuthenticationTokenException")
        let bearer = service.request(target, headers: ["Authorization": "Bearer \(key.text)"])
        let answer = await service.server.answer(to: bearer)
        try service.expectError(answer, "IncompleteSignatureException")
        #expect(!"\(answer)".contains(key.text))
        for id in [
            "test", key.key.id, key.text,
            AWSAccessKey.id(of: APIKeyText(), secret: service.server.context.keys.sessionSecret),
        ] {
            try service.expectError(
                await service.server.answer(to: try service.signed("ListStateMachines", key: key, id: id)),
                "UnrecognizedClientException", "The security token included in the request is invalid.")
        }
        try service.expectError(
            await service.server.answer(to: try service.signed("ListStateMachines", key: key, token: "x")),
            "UnrecognizedClientException")
        let early = service.server.engine.time.now().adding(seconds: -400)
        try service.expectError(
            await service.server.answer(to: try service.signed("ListStateMachines", key: key, at: early)),
            "InvalidSignatureException",
            "Signature expired")
        #expect(service.performer.performed.values.isEmpty)
        #expect(service.server.context.keys.shown().first?.key.lastUsedAt == nil)
    }

    @Test func anAlteredRequestIsRefused() async throws {
        let key = try await service.server.key("shop", [.jobsRead])
        let original = try service.signed("ListStateMachines", key: key)
        var altered = original
        altered.body = HTTPBody(Array(#"{"maxResults": 5}"#.utf8))
        try service.expectError(
            await service.server.answer(to: altered), "InvalidSignatureException",
            "The request signature we calculated")
        let other = try await service.server.key("other", [.jobsRead])
        let text = try #require(APIKeyText(other.text))
        let id = AWSAccessKey.id(of: text, secret: service.server.context.keys.sessionSecret)
        try service.expectError(
            await service.server.answer(to: try service.signed("ListStateMachines", key: key, id: id)),
            "InvalidSignatureException")
        #expect(service.performer.performed.values.isEmpty)
        #expect(service.server.context.keys.shown().allSatisfy { $0.key.lastUsedAt == nil })
    }

    @Test func aKeyThatHasEndedIsRefused() async throws {
        let key = try await service.server.key("shop", [.jobsRead])
        _ = try await service.server.engine.keys.revokeKey(key.key.id)
        try await service.server.context.keys.refresh()
        try service.expectError(
            await service.server.answer(to: try service.signed("ListStateMachines", key: key)),
            "UnrecognizedClientException",
            "was revoked")
    }

    @Test func refusedSignaturesCountTowardsTheAddress() async throws {
        let server = ServerFixture(performer: service.performer) { $0.requestsPerSecond = 1 }
        _ = try await server.key("shop", [.jobsRead])
        let router = APIRouter(server.context, performer: service.performer)
        let types = try (0..<10).map { _ in
            let answer = router.rejection(
                of: service.request("AWSStepFunctions.ListStateMachines"), on: .ordinary)
            return try service.body(try #require(answer))["__type"]?.string
        }
        #expect(types.first == "MissingAuthenticationTokenException" && types.last == "ThrottlingException")
    }
}
