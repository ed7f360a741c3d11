import LonghaulCore
import LonghaulStore
import Testing

@testable import LonghaulPostgres

/// The state machine of the writer, without a database.
struct WriterStateTests {
    private final class FakeCall: Call, Sendable {
        let weight: Int

        init(_ weight: Int) {
            self.weight = weight
        }

        func run(in context: Transaction) {}
        func answer() {}
        func fail(_ error: LonghaulError) {}
    }

    private static let conflict = WriterState<Int>.Failure(isConflict: true)
    private static let fault = WriterState<Int>.Failure(isOfOneCall: true)

    private func calls(_ count: Int, weight: Int = 1, isSeparable: Bool = false) -> [WriteCall] {
        (0..<count).map { _ in
            WriteCall(call: FakeCall(weight), plan: WritePlan(weight: weight, isSeparable: isSeparable))
        }
    }

    private var large: [WriteCall] { calls(1, weight: WriteCall.separateWeight, isSeparable: true) }

    /// An action in short.
    private func text(_ action: WriterState<Int>.Action) -> String {
        switch action {
        case .receive(let least): "receive \(least)"
        case .prepare(let batch, let session): "prepare \(batch.calls.count) on \(session)"
        case .commit(let commit, let isSeparate): "commit \(commit)" + (isSeparate ? " separately" : "")
        case .await(let commit): "await \(commit)"
        case .stop: "stop"
        }
    }

    /// Prepares the next batch as a commit with this number.
    private func prepare(_ state: inout WriterState<Int>, as number: Int) throws {
        guard case .prepare(let batch, let session) = state.next() else {
            throw UnexpectedAction()
        }
        state.prepared(number, of: batch, session: session)
    }

    private struct UnexpectedAction: Error {}

    @Test func waitingCallsShareATransaction() throws {
        var state = WriterState<Int>()
        #expect(text(state.next()) == "receive 1")
        state.receive(calls(3))
        #expect(text(state.next()) == "prepare 3 on 0")
        try prepare(&state, as: 1)
        #expect(text(state.next()) == "commit 1")
        #expect(text(state.next()) == "receive 64")
    }

    @Test func aTransactionIsPreparedDuringACommitAndCommittedAfterIt() throws {
        var state = WriterState<Int>()
        state.receive(calls(1))
        try prepare(&state, as: 1)
        #expect(text(state.next()) == "commit 1")
        state.receive(calls(64))
        #expect(text(state.next()) == "prepare 64 on 1")
        try prepare(&state, as: 2)
        #expect(text(state.next()) == "await 1")
        #expect(state.ended(isSeparate: false, nil) == nil)
        #expect(state.hasSharedTransaction)
        #expect(text(state.next()) == "commit 2")
        #expect(state.ended(isSeparate: false, nil) == nil)
        #expect(!state.hasSharedTransaction)
        #expect(text(state.next()) == "receive 1")
    }

    @Test func aLargeCallCommitsBesideTheOthers() throws {
        var state = WriterState<Int>()
        state.receive(large + calls(2))
        #expect(text(state.next()) == "prepare 2 on 0")
        try prepare(&state, as: 1)
        #expect(text(state.next()) == "commit 1")
        #expect(text(state.next()) == "prepare 1 on 2")
        try prepare(&state, as: 2)
        #expect(text(state.next()) == "commit 2 separately")
        #expect(state.commitsUnderWay == [1, 2])
        #expect(state.ended(isSeparate: false, nil) == nil)
        // The next shared transaction does not wait for it, and a second large call does.
        state.receive(large + calls(1))
        try prepare(&state, as: 3)
        #expect(text(state.next()) == "commit 3")
        #expect(text(state.next()) == "receive 64")
        #expect(state.ended(isSeparate: true, nil) == nil)
        #expect(text(state.next()) == "prepare 1 on 2")
    }

    @Test func onlySeparableCallsGetTransactionsOfTheirOwn() {
        var state = WriterState<Int>()
        state.receive(
            calls(1, weight: 5_000) + calls(1, weight: WriteCall.separateWeight - 1, isSeparable: true))
        #expect(text(state.next()) == "prepare 2 on 0")
    }

    @Test func conflictingBatchIsRetriedBeforeNewCalls() throws {
        var state = WriterState<Int>()
        state.receive(calls(2))
        try prepare(&state, as: 1)
        #expect(text(state.next()) == "commit 1")
        state.receive(calls(70))
        try prepare(&state, as: 2)
        #expect(state.ended(isSeparate: false, Self.conflict) == nil)
        // The prepared transaction commits first, because the failed batch may wait for its locks.
        #expect(text(state.next()) == "commit 2")
        #expect(text(state.next()) == "prepare 2 on 0")
    }

    @Test(arguments: [false, true]) func aBatchThatAlwaysConflictsIsRejected(isSeparate: Bool) throws {
        var state = WriterState<Int>()
        state.receive(isSeparate ? large : calls(1))
        for _ in 0..<WriterState<Int>.maxConflicts {
            guard case .prepare(let batch, _) = state.next() else { throw UnexpectedAction() }
            #expect(state.failedToPrepare(batch, Self.conflict) == nil)
        }
        guard case .prepare(let batch, _) = state.next() else { throw UnexpectedAction() }
        #expect(state.failedToPrepare(batch, Self.conflict)?.calls.count == 1)
        #expect(text(state.next()) == "receive 1")
    }

    @Test func errorOfOneCallFailsNoOtherCall() throws {
        var state = WriterState<Int>()
        state.receive(calls(3))
        try prepare(&state, as: 1)
        #expect(text(state.next()) == "commit 1")
        #expect(state.ended(isSeparate: false, Self.fault) == nil)
        for number in 2...3 {
            #expect(text(state.next()) == "prepare 1 on 0")
            try prepare(&state, as: number)
            #expect(text(state.next()) == "commit \(number)")
            #expect(state.ended(isSeparate: false, nil) == nil)
        }
        guard case .prepare(let last, _) = state.next() else { throw UnexpectedAction() }
        #expect(state.failedToPrepare(last, Self.fault)?.calls.count == 1)
        #expect(text(state.next()) == "receive 1")
    }

    @Test func receivedIDIsCheckedInTheStoreFirst() throws {
        var state = WriterState<Int>()
        let taken = WriterState<Int>.Failure(isRepeatedJob: true, isOfOneCall: true)
        state.receive(calls(1))
        try prepare(&state, as: 1)
        #expect(text(state.next()) == "commit 1")
        #expect(state.ended(isSeparate: false, taken) == nil)
        guard case .prepare(let again, _) = state.next() else { throw UnexpectedAction() }
        #expect(again.isCareful)
        #expect(state.failedToPrepare(again, taken) != nil)
    }

    @Test func theWriterStopsAfterAllCommits() throws {
        var state = WriterState<Int>()
        state.receive(large + calls(1))
        try prepare(&state, as: 1)
        #expect(text(state.next()) == "commit 1")
        state.receive(nil)
        try prepare(&state, as: 2)
        #expect(text(state.next()) == "commit 2 separately")
        #expect(text(state.next()) == "await 1")
        #expect(state.ended(isSeparate: false, nil) == nil)
        #expect(text(state.next()) == "await 2")
        #expect(state.ended(isSeparate: true, nil) == nil)
        #expect(text(state.next()) == "stop")
    }
}
