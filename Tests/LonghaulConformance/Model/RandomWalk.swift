import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport

/// Runs random operations on a store and on a ``StoreModel``, and compares both after each operation.
///
/// A seed determines the operations, so a problem can be repeated.
final class RandomWalk {
    let t: JobStoreFixture
    let random: SeededRandom
    var model: StoreModel
    /// Every issued token, the oldest first.
    var tokens: [LeaseToken] = []
    /// Calls that submitted jobs with keys, to repeat them.
    var calls: [[Submission]] = []
    /// The number of results so far, which makes each result unique.
    var results = 0
    /// The number of changes that the store had published before the current operation.
    private var seenChanges = 0

    init(_ t: JobStoreFixture, seed: UInt64) {
        self.t = t
        random = SeededRandom(seed: seed)
        model = StoreModel(now: t.time.now())
        t.store.configure(StoreLimits(ageingSeconds: StoreModel.ageingSeconds, outageSeconds: nil))
    }

    // MARK: Chance

    func below(_ bound: Int) -> Int {
        Int(random.next() % UInt64(bound))
    }

    func oneIn(_ count: Int) -> Bool { below(count) == 0 }

    func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    /// A stored job, or now and then one that does not exist.
    func pickJob() -> JobID? {
        oneIn(30) ? t.ids.next() : pick(model.sortedJobs)?.id
    }

    // MARK: Running

    /// Runs operations until one shows a problem. Returns the problems.
    func run(steps: Int) async throws -> [String] {
        for step in 1...steps {
            let operation = operations[below(operations.count)]
            model.begin(at: t.time.now())
            try await operation.run(self)
            if model.problems.isEmpty { try await compare(reads: step % 10 == 0) }
            if !model.problems.isEmpty {
                return model.problems.prefix(10).map { "step \(step), \(operation.name): \($0)" }
            }
        }
        return []
    }

    private struct Operation {
        let name: String
        let run: (RandomWalk) async throws -> Void
    }

    /// The operations. Those that are listed more than once are more frequent.
    private let operations: [Operation] = [
        Operation(name: "submit") { try await $0.submit() },
        Operation(name: "submit") { try await $0.submit() },
        Operation(name: "submit") { try await $0.submit() },
        Operation(name: "submit a family") { try await $0.submitFamily() },
        Operation(name: "submit again") { try await $0.submitAgain() },
        Operation(name: "claim") { try await $0.claim() },
        Operation(name: "claim") { try await $0.claim() },
        Operation(name: "claim") { try await $0.claim() },
        Operation(name: "claim jobs") { try await $0.claimJobs() },
        Operation(name: "complete") { await $0.complete() },
        Operation(name: "complete") { await $0.complete() },
        Operation(name: "fail") { await $0.fail() },
        Operation(name: "fail") { await $0.fail() },
        Operation(name: "release") { await $0.release() },
        Operation(name: "checkpoint") { try await $0.putStep() },
        Operation(name: "heartbeat") { try await $0.heartbeat() },
        Operation(name: "delete a worker") { try await $0.deleteWorker() },
        Operation(name: "cancel") { await $0.cancel() },
        Operation(name: "cancel descendants") { try await $0.cancelDescendants() },
        Operation(name: "retry") { await $0.retry() },
        Operation(name: "edit") { try await $0.edit() },
        Operation(name: "edit") { try await $0.edit() },
        Operation(name: "delete") { await $0.delete() },
        Operation(name: "resolve dead letters") { await $0.resolveDeadLetters() },
        Operation(name: "set a queue") { try await $0.setQueue() },
        Operation(name: "delete a queue") { try await $0.deleteQueue() },
        Operation(name: "maintain") { try await $0.maintain() },
        Operation(name: "maintain") { try await $0.maintain() },
        Operation(name: "maintain") { try await $0.maintain() },
    ]

    /// The changes that the current operation published.
    func newChanges() -> [JobChange] {
        let changes = t.changes
        return Array(changes[seenChanges...])
    }

    /// Ends the current operation.
    func forgetChanges() {
        seenChanges = t.changes.count
    }
}

/// The result of a call that throws.
func result<Value>(_ body: () async throws -> Value) async throws -> Result<Value, LonghaulError> {
    do {
        return .success(try await body())
    } catch let error as LonghaulError {
        return .failure(error)
    }
}
