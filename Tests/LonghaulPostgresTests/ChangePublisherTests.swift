import LonghaulCore
import LonghaulTestSupport
import Testing

@testable import LonghaulPostgres

/// The order in which local and remote changes are published.
struct ChangePublisherTests {
    private let id = JobID(high: 1, low: 1)
    private let other = JobID(high: 2, low: 2)
    private let publisher = ChangePublisher()
    private let batches = Recorder<ChangeBatch>()

    init() {
        publisher.observe { [batches] in batches.add($0) }
    }

    private var versions: [Int] { batches.values.flatMap(\.changes).map(\.version) }

    private func change(_ id: JobID, version: Int) -> JobChange {
        let moment = Timestamp(milliseconds: 0)
        return JobChange(
            jobID: id, queue: "default", kind: "work", state: .pending, previous: nil, attempt: 0,
            version: version, at: moment, runAt: moment)
    }

    private func local(_ changes: JobChange...) -> ChangeBatch { ChangeBatch(changes) }

    private func remote(_ changes: JobChange..., countsInMetrics: Bool = false) -> ChangeBatch {
        ChangeBatch(changes, origin: .remote, countsInMetrics: countsInMetrics)
    }

    @Test func remoteChangeOfAJobIsPublishedAfterTheLocalOne() {
        publisher.hold([change(id, version: 1)])
        publisher.publishRemote(remote(change(id, version: 2), change(other, version: 7)))
        #expect(versions == [7])
        publisher.publish(local(change(id, version: 1)))
        publisher.release([change(id, version: 1)])
        #expect(versions == [7, 1, 2])
        publisher.publishRemote(remote(change(id, version: 0), change(id, version: 3)))
        #expect(versions == [7, 1, 2, 3])
    }

    @Test func heldChangesKeepTheirOriginAndWhetherTheyCount() {
        publisher.hold([change(id, version: 1)])
        publisher.publishRemote(remote(change(id, version: 2), countsInMetrics: true))
        publisher.publishRemote(remote(change(id, version: 3)))
        publisher.publish(local(change(id, version: 1)))
        publisher.release([change(id, version: 1)])
        #expect(batches.values.map(\.origin) == [.local, .remote, .remote])
        #expect(batches.values.map(\.countsInMetrics) == [true, true, false])
    }

    @Test func heldRemoteChangeIsPublishedWhenTheLocalChangeRollsBack() {
        publisher.hold([change(id, version: 2)])
        publisher.publishRemote(remote(change(id, version: 2)))
        publisher.release([change(id, version: 2)])
        #expect(versions == [2])
    }

    @Test func aBatchWithoutNewChangesIsNotPublished() {
        publisher.publish(local(change(id, version: 5)))
        publisher.publishRemote(remote(change(id, version: 4)))
        #expect(batches.values == [local(change(id, version: 5))])
    }

    @Test func changesAfterASeparateTransactionArePublishedAfterIt() {
        publisher.hold([change(id, version: 1)], isSeparate: true)
        publisher.publish(local(change(id, version: 2), change(other, version: 7)))
        #expect(versions == [7])
        publisher.publish(local(change(id, version: 1)), isSeparate: true)
        publisher.release([change(id, version: 1)], isSeparate: true)
        #expect(versions == [7, 1, 2])
        publisher.publish(local(change(id, version: 3)))
        #expect(versions == [7, 1, 2, 3])
    }
}
