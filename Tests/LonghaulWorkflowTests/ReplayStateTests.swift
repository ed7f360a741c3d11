import LonghaulCore
import LonghaulJSON
import Testing

@testable import LonghaulWorkflow

/// The replay without tasks: a test plays the code and the server.
@Suite struct ReplayStateTests {
    private func step(_ id: String, _ name: String = "step") -> OperationUpdate {
        OperationUpdate(.start, .step, id: id, name: name)
    }

    private func recorded(
        _ number: Int64, _ type: OperationType, _ status: OperationStatus, name: String? = nil,
        endedAt: Int64? = nil
    ) -> JournalOperation {
        var operation = JournalOperation(
            id: "\(number)", type: type, name: name ?? type.rawValue, status: status,
            startedAt: Timestamp(milliseconds: number), number: number)
        if status.isFinal {
            operation.output = JSONText(validated: Array("\(number)".utf8))
            operation.endedAt = Timestamp(milliseconds: endedAt ?? number)
        }
        return operation
    }

    private func number(of action: ReplayState.Action) -> Int? {
        if case .deliver(let number, _) = action { number } else { nil }
    }

    private func difference(of action: ReplayState.Action) -> OperationUpdate? {
        if case .report(let request) = action { request } else { nil }
    }

    @Test func newStepIsSentThenRunThenDelivered() throws {
        var state = ReplayState(journal: [])
        let id = state.nextID(in: "")
        try state.start(step(id))
        let wait = state.addWait(on: id, .end)
        guard case .send = state.next() else { return #expect(Bool(false)) }
        #expect(state.takeUpdates().map(\.action) == [.start])
        state.apply([recorded(1, .step, .started)])
        guard case .run(let steps) = state.next() else { return #expect(Bool(false)) }
        #expect(steps.map(\.id) == ["1"])
        guard case .wait(let ids) = state.next() else { return #expect(Bool(false)) }
        #expect(ids.isEmpty)
        state.end(step: "1", .success(.null))
        #expect(number(of: state.next()) == wait)
        // Its end is sent with what the code does next.
        try state.start(step(state.nextID(in: "")))
        #expect(state.takeUpdates().map(\.action) == [.succeed, .start])
    }

    @Test func identifiersCountWithinTheirScope() {
        var state = ReplayState(journal: [])
        #expect(
            ["", "", "2.1", "2.1", "", "2.2"].map { state.nextID(in: $0) } == [
                "1", "2", "2.1.1", "2.1.2", "3", "2.2.1",
            ])
    }

    @Test func otherTypeOrNameIsADifference() throws {
        for request in [step("1", "other"), OperationUpdate(.start, .timer, id: "1", name: "step")] {
            var state = ReplayState(journal: [recorded(1, .step, .succeeded)])
            #expect(throws: Unwinding.self) { try state.start(request) }
            #expect(difference(of: state.next()) == request)
            // Nothing more happens.
            #expect(throws: Unwinding.self) { try state.start(step("2")) }
            #expect(state.takeUpdates().isEmpty)
        }
    }

    @Test func endBeforeTheEndOfTheJournalIsADifference() throws {
        var state = ReplayState(journal: [recorded(1, .step, .succeeded), recorded(2, .marker, .succeeded)])
        try state.start(step("1"))
        #expect(throws: Unwinding.self) { try state.end() }
        #expect(state.difference?.id == "2")
        #expect(state.difference?.name == "end of the job")
    }

    @Test func waitBeforeTheEndOfTheJournalIsADifference() throws {
        var state = ReplayState(journal: [recorded(1, .timer, .waiting), recorded(2, .timer, .waiting)])
        try state.start(OperationUpdate(.start, .timer, id: "1", name: "timer"))
        _ = state.addWait(on: "1", .end)
        let action = state.next()
        #expect(difference(of: action)?.id == "2")
        #expect(difference(of: action)?.type == .marker)
        #expect(difference(of: action)?.name == "timer timer at 1")
    }

    @Test func replayDeliversTheOldestWaitAndTheFirstRunTheEarliestEnd() throws {
        let journal = [
            recorded(1, .timer, .succeeded, endedAt: 90), recorded(2, .timer, .succeeded, endedAt: 50),
            recorded(3, .step, .succeeded, endedAt: 95),
        ]
        for isReplay in [true, false] {
            var state = ReplayState(journal: isReplay ? journal : Array(journal.prefix(2)))
            let waits = try ["1", "2"].map { id in
                try state.start(OperationUpdate(.start, .timer, id: id, name: "timer"))
                return state.addWait(on: id, .end)
            }
            #expect(number(of: state.next()) == waits[isReplay ? 0 : 1])
            try state.start(step("3"))
            let updates = state.takeUpdates()
            // The first run records its choice before the operation that follows from it.
            #expect(updates.map(\.id) == (isReplay ? [] : ["order/1", "3"]))
            if !isReplay { #expect(updates[0].output?.description == #"[[0,"2"]]"#) }
        }
    }

    @Test func recordedOrderIsRepeated() throws {
        var marker = recorded(3, .marker, .succeeded, name: "order of outcomes")
        marker.id = "order/1"
        marker.output = JSONText(validated: Array(#"[[0,"2"]]"#.utf8))
        let journal = [
            recorded(1, .timer, .succeeded), recorded(2, .timer, .succeeded), marker,
            recorded(4, .step, .succeeded),
        ]
        var state = ReplayState(journal: journal)
        let waits = try ["1", "2"].map { id in
            try state.start(OperationUpdate(.start, .timer, id: id, name: "timer"))
            return state.addWait(on: id, .end)
        }
        #expect(number(of: state.next()) == waits[1])

        var other = ReplayState(journal: journal)
        try other.start(OperationUpdate(.start, .timer, id: "1", name: "timer"))
        _ = other.addWait(on: "1", .end)
        #expect(difference(of: other.next())?.id == "order/1")
    }

    @Test func onlyWaitReceivesItsOutcomeAtOnce() throws {
        var state = ReplayState(journal: [
            recorded(1, .step, .succeeded), recorded(2, .timer, .succeeded), recorded(3, .timer, .waiting),
        ])
        #expect(try state.start(step("1")))
        #expect(try state.deliverAtOnce("1")?.output().description == "1")
        #expect(try state.start(OperationUpdate(.start, .timer, id: "2", name: "timer")))
        #expect(try !state.start(OperationUpdate(.start, .timer, id: "3", name: "timer")))
        #expect(state.deliverAtOnce("3") == nil)
        _ = state.addWait(on: "3", .end)
        // The order of two waits is decided when no code can run.
        #expect(state.deliverAtOnce("2") == nil)
    }

    @Test func outcomesThatAreReceivedAtOnceCountForTheRecordedOrder() throws {
        var marker = recorded(4, .marker, .succeeded, name: "order of outcomes")
        marker.id = "order/1"
        marker.output = JSONText(validated: Array(#"[[1,"3"]]"#.utf8))
        let journal = [
            recorded(1, .step, .succeeded), recorded(2, .timer, .succeeded), recorded(3, .timer, .succeeded),
            marker, recorded(5, .step, .succeeded),
        ]
        var state = ReplayState(journal: journal)
        try state.start(step("1"))
        #expect(state.deliverAtOnce("1") != nil)
        let waits = try ["2", "3"].map { id in
            try state.start(OperationUpdate(.start, .timer, id: id, name: "timer"))
            return state.addWait(on: id, .end)
        }
        #expect(number(of: state.next()) == waits[1])

        // The code does not wait for the recorded one.
        var other = ReplayState(journal: journal)
        try other.start(step("1"))
        _ = other.deliverAtOnce("1")
        try other.start(OperationUpdate(.start, .timer, id: "2", name: "timer"))
        #expect(other.deliverAtOnce("2") == nil)
        _ = other.addWait(on: "2", .end)
        #expect(difference(of: other.next())?.id == "order/1")
    }

    @Test func cancelledWaitCancelsItsOperation() throws {
        var state = ReplayState(journal: [])
        try state.start(OperationUpdate(.start, .timer, id: "1", name: "timer"))
        try state.start(step("2"))
        let waits = ["1", "2"].map { state.addWait(on: $0, .end) }
        _ = state.takeUpdates()
        state.apply([recorded(1, .timer, .waiting), recorded(2, .step, .started, name: "step")])
        guard case .run = state.next() else { return #expect(Bool(false)) }
        #expect([waits[0], waits[1], waits[0]].map { state.endWait($0) } == [true, true, false])
        let updates = state.takeUpdates()
        #expect(updates.map(\.action) == [.cancel, .fail])
        #expect(updates[1].error == .stepCancelled)
        #expect(state.takeCancelledSteps() == ["2"])
        // The end of the stopped step is ignored.
        state.end(step: "2", .success(.null))
        #expect(state.takeUpdates().isEmpty)
    }

    @Test func cancelledJobStartsNothingButItsCompensations() throws {
        var state = ReplayState(
            journal: [recorded(1, .step, .succeeded), recorded(2, .step, .started)], isCancelling: true)
        try state.start(step("1"))
        let first = state.addWait(on: "1", .end)
        #expect(number(of: state.next()) == first)
        try state.start(step("2"))
        _ = state.addWait(on: "2", .end)
        guard case .cancelWaits = state.next() else { return #expect(Bool(false)) }
        #expect(throws: CancellationError.self) { try state.start(step("3")) }
        try state.start(step("compensate/1"), isForced: true)
        #expect(state.takeUpdates().map(\.id) == ["compensate/1"])
    }

    @Test func updatesAreSentInParts() throws {
        var state = ReplayState(journal: [])
        for number in 1...600 { try state.start(step("\(number)")) }
        #expect(state.takeUpdates().count == 250)
        #expect(state.takeUpdates().count == 250)
        #expect(state.takeUpdates().count == 100)

        let large = JSONText(validated: Array("\"\(String(repeating: "x", count: 250_000))\"".utf8))
        for number in 601...610 {
            _ = try state.mark(
                OperationUpdate(.start, .marker, id: "\(number)", name: "large"), output: large)
        }
        let part = state.takeUpdates()
        #expect(part.count == 4)
        #expect(part.reduce(0) { $0 + ($1.output?.bytes.count ?? 0) } <= JournalLimits.updateBytes)
    }

    @Test func stepRetryGrowsUpToItsMaximum() {
        let retry = StepRetry(maxAttempts: 9, delay: .seconds(2), factor: 3, maxDelay: .seconds(30))
        #expect((1...5).map { retry.seconds(afterAttempts: $0) } == [2, 6, 18, 30, 30])
        #expect(StepRetry.standard.seconds(afterAttempts: 100_000) == 600)
    }
}
