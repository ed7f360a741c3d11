import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulSQLite
import LonghaulTestSupport
import Testing

/// Random calls of durable jobs, after which `longhaul doctor` finds no problem.
///
/// The seeds are fixed, so a problem can be repeated.
struct JournalWalkTests {
    @Test(arguments: 1...8)
    func theDoctorFindsNoProblemAfterRandomCalls(seed: Int) async throws {
        let place = try TemporaryStore()
        let walk = try JournalWalk(place, seed: UInt64(seed))
        for _ in 1...4 {
            for _ in 1...100 { try await walk.step() }
            let doctor = try StoreDoctor(path: place.path, repairs: false, time: walk.time)
            for diagnosis in try await doctor.examine() { #expect(diagnosis.found == 0, "\(diagnosis)") }
            await doctor.close()
        }
        #expect(walk.successes > 150)
        await walk.store.close()
    }
}

/// Makes random calls. A call may fail, but not with an internal error.
private final class JournalWalk {
    let store: any JobStore
    let time = ManualTime()
    private let place: TemporaryStore
    private let random: SeededRandom
    private var jobs: [JobID] = []
    private var leases: [Lease] = []
    /// The number of calls that did not fail.
    private(set) var successes = 0

    init(_ place: TemporaryStore, seed: UInt64) throws {
        self.place = place
        random = SeededRandom(seed: seed)
        store = try place.open(time: time, random: random)
        store.configure(StoreLimits(outageSeconds: nil))
    }

    private func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

    private func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    func step() async throws {
        do {
            try await call()
            successes += 1
        } catch let error as LonghaulError where error.code != .internal {}
    }

    private func call() async throws {
        switch below(20) {
        case 0...1:
            let job = place.submission()
            jobs.append(job.id)
            _ = try await store.submit([job], allOrNothing: true)
        case 2...4:
            var request = place.request(2)
            request.leaseSeconds = 100
            leases += try await store.claim(request)
        case 5...9: try await update()
        case 10...11: try await suspend()
        case 12...13: try await signal()
        case 14: try await end()
        case 15...16: try await operate()
        default:
            time.advance(seconds: Double(below(20)))
            _ = try await store.maintain(limit: 100)
        }
    }

    /// Changes the journal of a leased job in one call.
    private func update() async throws {
        guard let lease = pick(leases) else { return }
        let updates = (0...below(4)).map { _ in
            let type = pick(OperationType.allCases) ?? .step
            // The type is a part of the identifier, except now and then, so that few calls are nondeterministic.
            let id = below(40) == 0 ? "x" : "\(type.rawValue)\(below(4))"
            let prefix = type == .marker && below(4) == 0 ? "compensation/" : ""
            let action = below(2) == 0 ? .start : pick(OperationUpdate.Action.allCases) ?? .start
            var update = OperationUpdate(action, type, id: prefix + id, name: type.rawValue)
            update.output = JSONText(validated: Array("[\(below(1000))]".utf8))
            update.error = JobError(type: "e", message: String(repeating: "m", count: below(30)))
            update.options.seconds = Double(below(30))
            update.options.delaySeconds = Double(below(30))
            update.options.timeoutSeconds = below(2) == 0 ? Double(below(30)) : nil
            let child = place.submission { if below(2) == 0 { $0.dependsOn = Array(jobs.suffix(1)) } }
            if type == .job, action == .start { jobs.append(child.id) }
            return StoreOperationUpdate(update, submission: type == .job && action == .start ? child : nil)
        }
        _ = try await store.updateJournal(lease.token, updates)
    }

    private func operations(of id: JobID) async throws -> [JournalOperation] {
        try await store.journal(of: id, after: 0, limit: 1000)?.operations ?? []
    }

    private func suspend() async throws {
        guard let lease = pick(leases) else { return }
        let waits = try await operations(of: lease.job.id).filter { $0.status == .waiting }.map(\.id)
        _ = try await store.suspend(lease.token, on: Array(waits.prefix(1 + below(3))))
    }

    private func signal() async throws {
        guard let id = pick(jobs) else { return }
        let wait = try await operations(of: id).last { $0.type == .signal && $0.secret != 0 }
        if let wait, below(2) == 0 {
            let token = SignalToken(jobID: id, number: wait.number, secret: wait.secret)
            return try await store.signal(token, value: .null)
        }
        _ = try await store.signal(id, Signal(name: "signal", value: JSONText(validated: Array("7".utf8))))
    }

    /// Ends the attempt of a leased job.
    private func end() async throws {
        guard let lease = pick(leases) else { return }
        switch below(4) {
        case 0:
            _ = try await store.complete([StoreCompletion(token: lease.token, result: .null)])[0].get()
        case 1:
            let error = JobError(type: "e", message: "m", retryable: below(2) == 0)
            _ = try await store.fail([Failure(token: lease.token, error: error)])[0].get()
        case 2: _ = try await store.release([lease.token])[0].get()
        default: _ = try await store.continueAsNew(lease.token, payload: .null)
        }
    }

    /// Changes a job as an operator does.
    private func operate() async throws {
        guard let id = pick(jobs) else { return }
        let operation = try await pick(operations(of: id))?.id ?? ""
        switch below(8) {
        case 0...1: _ = try await store.pause(id)
        case 2...3: _ = try await store.resume(id)
        case 4: _ = try await store.restart(id, from: operation)
        case 5:
            let copy = place.ids.next()
            _ = try await store.fork(id, from: operation, as: copy, caller: "tests")
            jobs.append(copy)
        case 6: _ = try await store.retry([id])[0].get()
        default: _ = try await store.cancel([id])[0].get()
        }
    }
}
