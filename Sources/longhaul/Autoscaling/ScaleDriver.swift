/// What makes workers come and go.
protocol ScaleDriver: Sendable {
    /// How many workers take jobs, as far as is known.
    var current: Int { get async }
    /// Sees to it that so many take jobs; those that are too many finish what they run.
    func scale(to desired: Int) async
    /// Lets go of the workers when the autoscaler stops.
    func stop() async
}
