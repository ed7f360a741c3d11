import LonghaulCore
import LonghaulJSON
import LonghaulTesting
import LonghaulWorker
import LonghaulWorkflow
import Synchronization
import Testing

@testable import OrderProcess

private final class FakeSystems: OrderSystems {
    private let changes = Mutex<[String]>([])

    var all: [String] { changes.withLock { $0 } }

    func record(_ change: String, in system: String) async throws {
        // A link has the time in it, and a payment the ID of the job.
        let words = change.split(separator: " ").prefix(2).joined(separator: " ")
        changes.withLock { $0.append(system == "mail" ? "mail" : words) }
    }
}

@Suite struct OrderProcessTests {
    private func order(_ amount: Int) -> OrderProcess.Order {
        .init(id: 7, amount: amount, approve_within: 3600, pickup_after: 86_400)
    }

    private func add(_ systems: FakeSystems, to test: DurableTest) {
        test.add(OrderProcess(systems: systems, server: "http://127.0.0.1"))
        test.handle(kind: "invoice") { _ in JSONText(validated: Array(#"{"invoice": "invoice-7.txt"}"#.utf8))
        }
    }

    @Test func approvedOrderIsShippedAfterEachCrash() async throws {
        try await DurableTest.crashEverywhere { test in
            let systems = FakeSystems()
            add(systems, to: test)
            let job = try await test.submit(OrderProcess.self, order(900))
            try await job.run(untilSignal: "approved")
            try await job.signal("approved", OrderProcess.Approval(approved: true))
            #expect(try await job.result() == .init(payment: "payment-7", invoice: "invoice-7.txt"))
            #expect(Set(systems.all) == ["reserve 7", "mail", "charge 7", "ship 7"])
            #expect(try await job.job.childrenCount == 1)
        }
    }

    @Test func smallOrderNeedsNoApproval() async throws {
        let (test, systems) = (DurableTest(), FakeSystems())
        add(systems, to: test)
        _ = try await test.submit(OrderProcess.self, order(20)).result()
        #expect(systems.all == ["reserve 7", "charge 7", "ship 7"])
    }

    @Test func orderWithoutAnswerReleasesItsStock() async throws {
        let (test, systems) = (DurableTest(), FakeSystems())
        add(systems, to: test)
        let job = try await test.submit(OrderProcess.self, order(900))
        let error = await #expect(throws: JobFailure.self) { try await job.result() }
        #expect(error?.error.type == "order_failed")
        #expect(systems.all == ["reserve 7", "mail", "release 7"])
    }

    @Test func failedInvoiceRefundsThePayment() async throws {
        let (test, systems) = (DurableTest(), FakeSystems())
        add(systems, to: test)
        test.handle(kind: "invoice") { _ in throw JobFailure.permanent("unbillable") }
        let job = try await test.submit(OrderProcess.self, order(20))
        await #expect(throws: JobFailure.self) { try await job.result() }
        #expect(systems.all == ["reserve 7", "charge 7", "refund 7", "release 7"])
    }
}
