import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Removes the files of unsuccessful attempts and of deleted jobs.
///
/// A sweep at the start and at intervals finds files that a crash has left.
final class ArtifactCleaner: BackgroundService, ChangeObserver {
    private enum Order {
        case folder(ArtifactFolder)
        case job(JobID)
        case sweep
    }

    private let store: any JobStore
    private let artifacts: any ArtifactStore
    private let time: any TimeSource
    private let sweepSeconds: Double
    private let worker = BackgroundTask()
    private let timer = BackgroundTask()
    /// If it is full, further orders are dropped, and the next sweep finds their files.
    private let orders = Inbox<Order>(capacity: 65_536)
    /// The running attempts that have written files.
    private let written = Mutex<Set<ArtifactFolder>>([])

    init(store: any JobStore, artifacts: any ArtifactStore, time: any TimeSource, sweepSeconds: Double) {
        self.store = store
        self.artifacts = artifacts
        self.time = time
        self.sweepSeconds = sweepSeconds
    }

    func start() {
        worker.start { [self] in
            while let order = await orders.next() { await carryOut(order) }
            // The remaining orders are carried out before the service has stopped.
            while let order = orders.removeFirst() { await carryOut(order) }
        }
        timer.start { [self] in
            repeat {
                orders.put(.sweep)
            } while (try? await time.sleep(seconds: sweepSeconds)) != nil
        }
    }

    func stop() async {
        await timer.stop()
        await worker.stop()
    }

    /// Records that an attempt writes files.
    func willWrite(_ folder: ArtifactFolder) {
        written.withLock { _ = $0.insert(folder) }
    }

    func observe(_ batch: ChangeBatch) {
        let abandoned = written.withLock { written -> [ArtifactFolder] in
            if written.isEmpty { return [] }
            var abandoned: [ArtifactFolder] = []
            for change in batch.changes {
                if let fence = change.endedFence {
                    let folder = ArtifactFolder(jobID: change.jobID, fence: fence)
                    if written.remove(folder) != nil { abandoned.append(folder) }
                } else if change.state == .completed {
                    written = written.filter { $0.jobID != change.jobID }
                }
            }
            return abandoned
        }
        for folder in abandoned { orders.put(.folder(folder)) }
    }

    /// Removes the files of deleted jobs.
    func removeAll(of jobs: [JobID]) {
        for job in jobs { orders.put(.job(job)) }
    }

    /// Carries out an order. The next sweep finds files that cannot be removed now.
    private func carryOut(_ order: Order) async {
        switch order {
        case .folder(let folder): try? await artifacts.remove(folder)
        case .job(let job): try? await artifacts.removeAll(of: job)
        case .sweep: _ = try? await artifacts.sweep { try await self.store.artifactOwners($0) }
        }
    }
}
