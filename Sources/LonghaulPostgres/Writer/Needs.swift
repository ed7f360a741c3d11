import LonghaulCore

/// What a call will look at, so that the writer can fetch it for all calls of a transaction at once. It only
/// saves time: what is not named here is fetched when it is looked at.
struct Needs {
    /// Jobs, which are locked.
    var ids: [JobID] = []
    /// The digests of submissions' keys.
    var digests: [[UInt8]] = []
    /// The jobs that it would store.
    var newIDs: [JobID] = []

    init(ids: [JobID] = []) {
        self.ids = ids
    }

    /// What submissions look at.
    init(_ submissions: [Submission]) {
        for submission in submissions {
            newIDs.append(submission.id)
            if !submission.dependsOn.isEmpty { ids += submission.dependsOn }
            if let parent = submission.parentID { ids.append(parent) }
            for key in submission.keys { digests.append(key.digest) }
        }
        let new = Set(newIDs)
        if !ids.isEmpty { ids.removeAll(where: new.contains) }
    }

    static func + (left: Needs, right: Needs) -> Needs {
        var sum = left
        sum.ids += right.ids
        sum.digests += right.digests
        sum.newIDs += right.newIDs
        return sum
    }
}
