/// Starts and stops workers.
protocol ScaleDriver: Sendable {
    /// The number of workers that take jobs, as of the last change.
    var current: Int { get async }
    /// Sets the number of workers that take jobs. Surplus workers finish their running jobs.
    func scale(to desired: Int) async
    /// Releases the workers when the autoscaler stops.
    func stop() async
}
