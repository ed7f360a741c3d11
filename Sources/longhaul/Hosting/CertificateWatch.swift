import LonghaulConcurrency
import LonghaulCore
import LonghaulHTTP

/// Reloads the certificate of a server when its files change, and after SIGHUP.
///
/// It compares the files once a second. That also finds files that are replaced through symbolic links, as Kubernetes and
/// certbot do, and files on network file systems.
final class CertificateWatch: Sendable {
    private static let pollSeconds = 1.0
    /// The time after which files that were refused are read again: a certificate may become valid.
    private static let retrySeconds = 60

    private let paths: [String]
    private let reload: @Sendable () throws -> HTTPCertificate?
    /// Requests to reload at once.
    private let requests = Inbox<Void>(capacity: 1)
    /// The files before the server reads them, so that no change is missed.
    private let initial: [FileVersion?]

    /// A watch of these files. ``start()`` begins it.
    init(_ paths: [String], reload: @escaping @Sendable () throws -> HTTPCertificate?) {
        self.paths = paths
        self.reload = reload
        initial = paths.map { try? FileVersion(of: $0) }
    }

    /// Starts the thread.
    ///
    /// - Throws: ``RunError`` if the system has no thread left.
    func start() throws(RunError) {
        guard BlockingThread.start("lh-certificate", { self.run() }) else {
            throw RunError("cannot watch the certificate: \(NoThread())")
        }
        ReloadSignal.add("the certificate") { [requests] in requests.put(()) }
    }

    /// Ends the thread.
    func stop() {
        requests.close()
    }

    private func run() {
        var loaded = initial
        var last = initial
        var failure: String?
        var pollsSinceFailure = 0
        while true {
            let isRequested = requests.take(within: Self.pollSeconds) != nil
            if requests.isClosed { return }
            let files = paths.map { try? FileVersion(of: $0) }
            // Files that still change are not complete.
            let hasChanged = files != loaded && files == last
            last = files
            pollsSinceFailure += 1
            let isRetry = failure != nil && pollsSinceFailure >= Self.retrySeconds
            guard isRequested || hasChanged || isRetry else { continue }
            loaded = files
            pollsSinceFailure = 0
            do {
                guard let certificate = try reload() else { continue }
                failure = nil
                EventLog.log(Note("certificate reloaded: \(certificate)"))
            } catch {
                let message = "\(error)"
                if message != failure || !isRetry { Self.log(failure: message) }
                failure = message
            }
        }
    }

    private static func log(failure: String) {
        EventLog.log(
            Note(
                "the changed certificate is not used, the server keeps the one that it has: \(failure)",
                level: .error))
    }
}
