import LonghaulTestSupport

/// Waits until a server is ready, as `longhaul health` reports it to a client with these options.
///
/// The checks of a server have deadlines, which a server on a busy machine may miss once.
func expectReady(_ options: [String]) async throws {
    var errors = ""
    try await eventually("the server is ready: \(errors)") {
        let health = try await longhaul(["health"] + options)
        errors = health.errors
        return health.code == 0
    }
}
