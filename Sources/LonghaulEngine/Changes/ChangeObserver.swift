import LonghaulCore

/// A part of the engine that acts on committed changes.
///
/// The store calls ``observe(_:)`` on its own thread, before it answers the calls of the commit. So the method returns
/// quickly and waits for nothing. Work that takes time is left to a background task.
protocol ChangeObserver: Sendable {
    /// Receives the changes of a commit, in the order of the commits.
    func observe(_ batch: ChangeBatch)
}
