import LonghaulCore
import Synchronization
import Testing

@testable import LonghaulPostgres

/// In which order changes are told.
struct TellerTests {
    private let id = JobID(high: 1, low: 1)
    private let other = JobID(high: 2, low: 2)

    private func change(_ id: JobID, version: Int) -> JobChange {
        let moment = Timestamp(milliseconds: 0)
        return JobChange(
            jobID: id, queue: "default", kind: "work", state: .pending, previous: nil, attempt: 0,
            version: version, at: moment, runAt: moment)
    }

    @Test func remoteChangeOfAJobIsPublishedAfterTheLocalOne() {
        let told = Mutex<[Int]>([])
        let teller = Teller()
        teller.observe { changes in told.withLock { $0 += changes.map(\.version) } }
        teller.expect([change(id, version: 1)])
        teller.tell(foreign: [change(id, version: 2), change(other, version: 7)])
        #expect(told.withLock { $0 } == [7])
        teller.tell([change(id, version: 1)])
        teller.settle([change(id, version: 1)])
        #expect(told.withLock { $0 } == [7, 1, 2])
        teller.tell(foreign: [change(id, version: 0), change(id, version: 3)])
        #expect(told.withLock { $0 } == [7, 1, 2, 3])
    }

    @Test func heldRemoteChangeIsPublishedWhenTheLocalChangeRollsBack() {
        let told = Mutex<[Int]>([])
        let teller = Teller()
        teller.observe { changes in told.withLock { $0 += changes.map(\.version) } }
        teller.expect([change(id, version: 2)])
        teller.tell(foreign: [change(id, version: 2)])
        teller.settle([change(id, version: 2)])
        #expect(told.withLock { $0 } == [2])
    }

    @Test func changesAfterASeparateTransactionArePublishedAfterIt() {
        let published = Mutex<[Int]>([])
        let teller = Teller()
        teller.observe { changes in published.withLock { $0 += changes.map(\.version) } }
        teller.expect([change(id, version: 1)], isSeparate: true)
        teller.tell([change(id, version: 2), change(other, version: 7)])
        #expect(published.withLock { $0 } == [7])
        teller.tell([change(id, version: 1)], isSeparate: true)
        teller.settle([change(id, version: 1)], isSeparate: true)
        #expect(published.withLock { $0 } == [7, 1, 2])
        teller.tell([change(id, version: 3)])
        #expect(published.withLock { $0 } == [7, 1, 2, 3])
    }
}
