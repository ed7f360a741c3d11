import LonghaulCore

/// A part of the engine that acts on committed changes.
///
/// The store calls ``observe(_:)`` on its own thread, before it answers the calls of the commit. So the method must not
/// wait. A background task does the work that takes time.
protocol ChangeObserver: Sendable {
    /// Receives the changes of a commit, in the order of the commits.
    func observe(_ batch: ChangeBatch)
}
