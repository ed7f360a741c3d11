import LonghaulCore
import LonghaulJSON
import Testing

@testable import LonghaulEngine

@Suite struct SubmissionResolverTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func resolver(caller: String = "anonymous", at moment: Timestamp? = nil) -> SubmissionResolver {
        SubmissionResolver(
            caller: caller, parentID: nil, now: moment ?? now, configuration: EngineConfiguration(),
            router: Router(), ids: JobIDGenerator(time: SystemTime(), random: SeededRandom(seed: 1)))
    }

    private func job(
        _ kind: String = "a", ref: String? = nil, after refs: [String] = []
    ) -> NewJob {
        var job = NewJob(JobSpec(kind: kind))
        job.ref = ref
        job.dependsOn = refs.map { .ref($0) }
        return job
    }

    private func key(_ job: NewJob, caller: String = "anonymous", at moment: Timestamp? = nil) throws
        -> SubmissionKey
    {
        let resolution = try resolver(caller: caller, at: moment).resolve([job]) { _ in .root }
        return try #require(resolution.submissions.first?.keys.first)
    }

    @Test func sortsDependenciesFirstAndReturnsThePlaces() throws {
        let jobs = [job("c", after: ["a", "b"]), job("b", ref: "b", after: ["a"]), job("a", ref: "a")]
        let resolution = try resolver().resolve(jobs) { JSONPointer.root.appending($0) }
        #expect(resolution.submissions.map(\.spec.kind) == ["a", "b", "c"])
        #expect(resolution.places == [2, 1, 0])
        let ids = resolution.submissions.map(\.id)
        #expect(resolution.submissions[2].dependsOn == [ids[0], ids[1]])
    }

    @Test func reportsAllErrorsOfAllEntries() {
        let jobs = [job(""), job("a", ref: "x"), job("b", ref: "x"), job("c", after: ["nothing"])]
        let error = #expect(throws: LonghaulError.self) {
            try resolver().resolve(jobs) { JSONPointer.root.appending("jobs").appending($0) }
        }
        #expect(
            error?.faults.map(\.pointer.description) == [
                "/jobs/0/kind", "/jobs/2/ref", "/jobs/3/depends_on/0",
            ])
    }

    @Test func rejectsTheEntryAtWhichABatchHasTooManyDependencies() throws {
        var jobs = (0..<142).map { index in job("a", ref: "r\(index)", after: (0..<index).map { "r\($0)" }) }
        // 10,011 dependencies, the last 141 of them in the last entry.
        let error = #expect(throws: LonghaulError.self) {
            try resolver().resolve(jobs) { JSONPointer.root.appending("jobs").appending($0) }
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.faults.map(\.pointer.description) == ["/jobs/141/depends_on"])
        jobs.removeLast()
        #expect(try resolver().resolve(jobs) { _ in .root }.submissions.count == 141)
    }

    @Test func rejectsCircularDependencies() {
        let jobs = [job("a", ref: "a", after: ["b"]), job("b", ref: "b", after: ["a"]), job("free")]
        let error = #expect(throws: LonghaulError.self) {
            try resolver().resolve(jobs) { JSONPointer.root.appending($0) }
        }
        #expect(error?.faults.map(\.pointer.description) == ["/0/depends_on", "/1/depends_on"])
    }

    @Test func rejectsAPayloadThatIsTooLargeAndAnExpiryInThePast() {
        var big = job()
        big.spec.payload = JSONText(validated: [UInt8](repeating: 49, count: 262_145))
        #expect(throws: LonghaulError.self) { try resolver().resolve([big]) { _ in .root } }
        var late = job()
        late.spec.expiresAt = now
        let error = #expect(throws: LonghaulError.self) { try resolver().resolve([late]) { _ in .root } }
        #expect(error?.code == .invalidRequest)
    }

    @Test func idempotencyKeyDependsOnCallerAndItsFingerprintOnTheRequest() throws {
        var first = job()
        first.idempotencyKey = "k"
        first.spec.payload = JSONText(validated: Array(#"{"a": 1, "b": 2}"#.utf8))
        var same = first
        same.spec.payload = JSONText(validated: Array(#"{"b":2.0,"a":1}"#.utf8))
        same.spec.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        #expect(try key(first) == key(same))
        #expect(try key(first).digest != key(first, caller: "other").digest)
        var other = first
        other.spec.priority = 9
        #expect(try key(first).digest == key(other).digest)
        #expect(try key(first).fingerprint != key(other).fingerprint)
    }

    @Test func uniqueKeysChangeWithTheWindow() throws {
        var windowed = job()
        windowed.unique = UniqueRule(by: [.kind], span: .window(seconds: 60))
        let start = Timestamp(milliseconds: 1_800_000_000_000 / 60_000 * 60_000)
        let first = try key(windowed, at: start)
        #expect(try first.digest == key(windowed, at: start.adding(seconds: 59.999)).digest)
        #expect(try first.digest != key(windowed, at: start.adding(seconds: 60)).digest)
        #expect(first.lifetime == .until(start.adding(seconds: 60)))
    }

    @Test func uniqueKeysDependOnTheNamedPartsOnly() throws {
        var first = job()
        first.unique = UniqueRule(by: [.actor, .kind])
        first.spec.actor = "u1"
        var second = first
        second.spec.payload = JSONText(validated: Array("7".utf8))
        #expect(try key(first).digest == key(second).digest)
        second.spec.actor = "u2"
        #expect(try key(first).digest != key(second).digest)
    }
}
