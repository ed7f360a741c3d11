import LonghaulCore
import Synchronization

/// Removes the files of attempts that ended without success, and of jobs that are gone.
///
/// What a crash leaves behind, the sweep finds: at the start, and from time to time.
final class ArtifactCleaner: ChangeObserver {
    private enum Order {
        case folder(ArtifactFolder)
        case job(JobID)
        case sweep
    }

    private let store: any JobStore
    private let artifacts: any ArtifactStore
    private let time: any TimeSource
    private let sweepSeconds: Double
    private let worker = Background()
    private let clock = Background()
    private let (orders, input) = AsyncStream<Order>.makeStream()
    /// The attempts that wrote files, which leave files to remove.
    private let written = Mutex<Set<ArtifactFolder>>([])

    init(store: any JobStore, artifacts: any ArtifactStore, time: any TimeSource, sweepSeconds: Double) {
        self.store = store
        self.artifacts = artifacts
        self.time = time
        self.sweepSeconds = sweepSeconds
    }

    func start() {
        worker.start { [self] in
            for await order in orders { await carryOut(order) }
        }
        clock.start { [self] in
            repeat {
                input.yield(.sweep)
            } while (try? await time.sleep(until: time.now().adding(seconds: sweepSeconds))) != nil
        }
    }

    func stop() async {
        await clock.stop()
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
        for folder in abandoned { input.yield(.folder(folder)) }
    }

    func removeAll(of jobs: [JobID]) {
        for job in jobs { input.yield(.job(job)) }
    }

    /// What cannot be removed now is left to the next sweep.
    private func carryOut(_ order: Order) async {
        switch order {
        case .folder(let folder): try? await artifacts.remove(folder)
        case .job(let job): try? await artifacts.removeAll(of: job)
        case .sweep: _ = try? await artifacts.sweep { try await self.store.artifactOwners($0) }
        }
    }
}
