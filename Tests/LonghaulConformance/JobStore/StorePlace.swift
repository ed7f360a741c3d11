public import LonghaulCore
import LonghaulJSON
import Testing

/// The location of a test's store, which can be reopened.
public protocol StorePlace: Sendable {
    /// The ID generator of the test.
    var ids: JobIDGenerator { get }
    /// Opens the store with its existing data.
    func openStore() async throws -> any JobStore
}

extension StorePlace {
    /// A submission with a payload of about `bytes` bytes.
    public func submission(bytes: Int = 2, _ change: (inout Submission) -> Void = { _ in }) -> Submission {
        let payload = JSONText(
            validated: Array("\"\(String(repeating: "x", count: max(0, bytes - 2)))\"".utf8))
        var submission = Submission(
            id: ids.next(), spec: JobSpec(kind: "work", payload: payload), caller: "tests")
        change(&submission)
        return submission
    }

    /// A worker's request for at most `maxJobs` jobs.
    public func request(_ maxJobs: Int = 1, worker: String = "w1") -> LeaseRequest {
        LeaseRequest(worker: WorkerInfo(id: worker), maxJobs: maxJobs)
    }

    /// The submission of an execution.
    public func execution() -> Submission {
        submission {
            $0.spec.kind = JobSpec.executionKind
            $0.spec.queue = JobSpec.executionQueue
        }
    }

    /// A runner's request for an execution.
    public func executionRequest() -> LeaseRequest {
        var request = request()
        request.queues = [JobSpec.executionQueue]
        request.kinds = [JobSpec.executionKind]
        request.leaseSeconds = 3600
        return request
    }

    /// Runs an execution in a store, and checks its records.
    public func expectExecution(in store: any JobStore) async throws {
        let name = RecordWrite(RecordKey(.execution, "e"), JSONText(validated: [49]), if: .absent)
        let submission = execution()
        _ = try await store.write([name], starting: submission)
        let lease = try #require(try await store.claim(executionRequest()).first)
        #expect(lease.job.id == submission.id)
        var advance = ExecutionAdvance(.complete(.null))
        advance.events = [JSONText(validated: [50])]
        guard case .released = try await store.advance(lease.token, advance) else {
            Issue.record("the execution has not ended")
            return
        }
        let events = try await store.records(RecordRange(.event, of: submission.id, limit: 10))
        #expect(events.map(\.value) == advance.events)
        #expect(try await store.record(name.key)?.value == name.value)
    }

    /// Closes a store while callers wait, and checks that exactly the confirmed jobs are stored.
    public func closeWhileCallersWait() async throws {
        let store = try await openStore()
        let entries = (0..<200).map { _ in submission() }
        let stored = await withTaskGroup(of: JobID?.self) { group in
            for (index, entry) in entries.enumerated() {
                group.addTask {
                    if index == 100 { await store.close() }
                    let outcomes = try? await store.submit([entry], allOrNothing: false)
                    return outcomes == nil ? nil : entry.id
                }
            }
            return await group.reduce(into: Set<JobID>()) { stored, id in if let id { stored.insert(id) } }
        }
        await store.close()
        let again = try await openStore()
        let found = try await again.jobs(JobFilter(), after: nil, limit: 500).jobs.map(\.id)
        #expect(Set(found) == stored)
        await again.close()
    }
}

/// The `LonghaulError` that a body throws; nil if it throws none.
public func thrownError(_ body: () async throws -> Void) async -> LonghaulError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? LonghaulError
    }
}
