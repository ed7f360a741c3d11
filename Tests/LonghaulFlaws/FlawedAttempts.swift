import LonghaulCore
import LonghaulStore

/// Starts an attempt with the progress of the one before.
final class StaleProgress: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func update(_ row: JobRow, from previous: JobState, fault: FaultRow?) throws {
        var row = row
        if row.job.state == .processing { row.job.progress = try inner.row(row.job.id)?.job.progress }
        try inner.update(row, from: previous, fault: fault)
    }

    func family(of row: JobRow) throws -> Job {
        var job = try inner.family(of: row)
        if job.state == .processing { job.progress = try inner.row(job.id)?.job.progress }
        return job
    }
}

/// Gives a released job the worker of its latest error, whether or not a retry by hand has reset its attempts since.
final class EarlierWorker: VerbWrapper {
    let inner: any StoreTransaction

    init(inner: any StoreTransaction) {
        self.inner = inner
    }

    func job(_ row: JobRow) throws -> Job {
        var job = try inner.job(row)
        guard job.state == .pending, job.worker == nil else { return job }
        var unreset = row
        unreset.fenceBase = 0
        job.worker = try inner.faults(of: unreset).last { $0.fence > 0 }?.worker
        return job
    }
}
