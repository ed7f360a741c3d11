import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// Credentials from the first configured source, kept until shortly before they expire.
///
/// Callers that need new credentials at the same time share one call of the sources. While the old credentials are
/// still valid, a source that fails does not fail the caller.
final class CredentialCache: AWSCredentialProvider {
    /// The sources are read again this long before the end of the credentials, or after three quarters of their life if
    /// it is shorter.
    static let refreshSeconds: Double = 15 * 60
    /// Credentials that are valid for less than this are not used if there are others.
    static let minRemainingSeconds: Double = 60
    /// The minimum time between two calls of a source that fails, while the old credentials are valid.
    static let retrySeconds: Double = 30

    private struct Entry {
        var credentials: AWSCredentials
        /// When the sources are read again; nil for never.
        var refreshAt: Timestamp?
    }

    private struct State {
        var entry: Entry?
        var reading: GatedTask<Result<AWSCredentials, AWSError>>?
    }

    private let sources: [any CredentialSource]
    private let time: any TimeSource
    private let state = Mutex(State())

    init(_ sources: [any CredentialSource], time: any TimeSource) {
        self.sources = sources
        self.time = time
    }

    func credentials() async throws(AWSError) -> AWSCredentials {
        let now = time.now()
        let candidate = GatedTask { await self.refresh() }
        let (ready, reading) = state.withLock {
            state -> (AWSCredentials?, GatedTask<Result<AWSCredentials, AWSError>>?) in
            if let entry = state.entry, entry.refreshAt.map({ now < $0 }) ?? true {
                return (entry.credentials, nil)
            }
            let reading = state.reading ?? candidate
            state.reading = reading
            return (nil, reading)
        }
        if reading === candidate { candidate.open() } else { candidate.cancel() }
        if let ready { return ready }
        guard let result = await reading?.value else {
            throw AWSError(.credentials, "the search for AWS credentials was cancelled")
        }
        return try result.get()
    }

    func discard(_ credentials: AWSCredentials) {
        state.withLock { state in
            if state.entry?.credentials == credentials { state.entry = nil }
        }
    }

    /// Reads the sources and stores the result.
    private func refresh() async -> Result<AWSCredentials, AWSError> {
        let result: Result<AWSCredentials, AWSError>
        do throws(AWSError) {
            result = .success(try await read())
        } catch {
            result = .failure(error)
        }
        let now = time.now()
        return state.withLock { state in
            state.reading = nil
            switch result {
            case .success(let credentials):
                state.entry = Entry(
                    credentials: credentials, refreshAt: Self.refreshTime(of: credentials, now: now))
                return result
            case .failure:
                guard var entry = state.entry, let end = entry.credentials.expiresAt,
                    end.seconds(since: now) > Self.minRemainingSeconds
                else { return result }
                entry.refreshAt = now.adding(seconds: Self.retrySeconds)
                state.entry = entry
                return .success(entry.credentials)
            }
        }
    }

    private func read() async throws(AWSError) -> AWSCredentials {
        for source in sources {
            if let credentials = try await source.read() { return credentials }
        }
        let places = sources.map(\.place).joined(separator: "; ")
        throw AWSError(.credentials, "there are no AWS credentials in any of these places: \(places)")
    }

    /// When to read the sources again; nil if the credentials do not expire.
    static func refreshTime(of credentials: AWSCredentials, now: Timestamp) -> Timestamp? {
        guard let end = credentials.expiresAt else { return nil }
        let life = max(0, end.seconds(since: now))
        return end.adding(seconds: -min(refreshSeconds, life / 4))
    }
}
