import LonghaulJSON

extension Job {
    /// The job without `payload`, `result`, `artifacts` and `attempts`.
    public var summary: Job {
        var job = self
        job.spec.payload = .null
        job.result = nil
        job.artifacts = []
        job.attempts = []
        return job
    }

    /// The size of the job's payload, result and errors, in bytes.
    package var weight: Int {
        let errors = attempts.compactMap(\.error) + [error].compactMap(\.self)
        return errors.reduce(spec.payload.bytes.count + (result?.bytes.count ?? 0)) { sum, error in
            sum + error.message.utf8.count + (error.details?.bytes.count ?? 0)
        }
    }
}
