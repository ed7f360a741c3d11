import LonghaulCore
import LonghaulExecutions
import LonghaulTestSupport
import Testing

@testable import LonghaulServer

/// Which keys may perform which operations of Step Functions.
@Suite struct OperationRightsTests {
    private func caller(
        _ scopes: Set<KeyScope>, queues: [String] = [], kinds: [String] = []
    ) -> Caller {
        let grant = KeyGrant(scopes: scopes, queues: queues, kinds: kinds)
        return Caller(
            APIKey(
                id: "0123456789abcdef", name: "shop", grant: grant, digest: [], createdAt: .distantPast,
                createdBy: ""))
    }

    @Test func everyOperationNeedsAScope() {
        #expect(Set(OperationRights.scopes.keys) == RequestModel.embedded.operations)
        for (operation, scope) in OperationRights.scopes {
            #expect(throws: Never.self) { try OperationRights.require(operation, for: caller([scope])) }
            #expect(throws: Never.self) { try OperationRights.require(operation, for: caller([.admin])) }
            let others = Set(KeyScope.allCases).subtracting([scope, .admin])
            let error = #expect(throws: ServiceError.self) {
                try OperationRights.require(operation, for: caller(others))
            }
            #expect(error?.type == "AccessDeniedException")
            #expect(
                error?.message == "User: shop is not authorized to perform: states:\(operation) because "
                    + "the API key lacks the scope \(scope.rawValue)")
        }
    }

    @Test func onlyChangesOfOperatorsAreAudited() {
        #expect(OperationRights.isAudited("StopExecution") && OperationRights.isAudited("CreateStateMachine"))
        for operation in ["StartExecution", "SendTaskSuccess", "GetActivityTask", "DescribeExecution"] {
            #expect(!OperationRights.isAudited(operation))
        }
    }

    /// A state machine submits jobs of any kind to any queue.
    @Test func limitedKeysDoNotChangeMachines() {
        for limited in [
            caller([.queuesWrite, .jobsSubmit], queues: ["mail*"]),
            caller([.queuesWrite, .jobsSubmit], kinds: ["mail.*"]),
        ] {
            for operation in ["CreateStateMachine", "StartExecution"] {
                let error = #expect(throws: ServiceError.self) {
                    try OperationRights.require(operation, for: limited)
                }
                #expect(error?.type == "AccessDeniedException")
            }
        }
        let executions = caller(
            [.queuesWrite, .jobsSubmit], queues: ["executions"], kinds: ["longhaul.execution"])
        #expect(throws: Never.self) { try OperationRights.require("StartExecution", for: executions) }
        #expect(throws: ServiceError.self) {
            try OperationRights.require("CreateStateMachine", for: executions)
        }
    }
}
