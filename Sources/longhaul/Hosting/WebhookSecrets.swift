import LonghaulConcurrency
import LonghaulCore
import LonghaulWebhooks
import LonghaulWorker

/// The configured secrets of webhooks.
enum WebhookSecrets {
    /// The maximum number: a rotation has two.
    private static let maximum = 2
    /// The maximum length of the file, in bytes.
    private static let maxBytes = 4096

    /// Reads the secrets from the settings; none if there are none.
    ///
    /// - Throws: ``UsageError`` naming the setting.
    static func read(_ invocation: Invocation) throws -> [WebhookSecret] {
        let given = try invocation.value(Options.webhookSecret)
        guard let path = try invocation.value(Options.webhookSecretFile) else {
            if invocation.settings.isGiven(Options.webhookSecret) {
                for secret in given { ProgramIsolation.hideInArguments(secret) }
            }
            do {
                return try parse(given)
            } catch {
                throw invocation.settings.usageError(Options.webhookSecret, error.message)
            }
        }
        guard given.isEmpty else {
            throw invocation.settings.usageError(
                Options.webhookSecretFile, "excludes \(Options.webhookSecret.declaration.flag)")
        }
        do {
            // A shell's process substitution passes a FIFO, which can be read once.
            return try read(path, .any)
        } catch {
            throw invocation.settings.usageError(Options.webhookSecretFile, error.message)
        }
    }

    /// Reads the secrets of a file.
    static func read(_ path: String, _ kind: SmallFile.Kind) throws(RunError) -> [WebhookSecret] {
        let file: SmallFile
        do throws(SmallFileError) {
            file = try SmallFile(path, maxBytes: maxBytes, kind: kind)
        } catch {
            throw RunError("\(path) \(error.message)")
        }
        do throws(RunError) {
            let text = String(decoding: file.bytes, as: UTF8.self)
            let secrets = try parse(text.split(whereSeparator: \.isWhitespace).map(String.init))
            guard !secrets.isEmpty else { throw RunError("holds no secret") }
            return secrets
        } catch {
            throw RunError("\(path) \(error.message)")
        }
    }

    private static func parse(_ texts: [String]) throws(RunError) -> [WebhookSecret] {
        guard texts.count <= maximum else {
            throw RunError("must hold one secret, or two during a rotation, not \(texts.count)")
        }
        var secrets: [WebhookSecret] = []
        for text in texts {
            do {
                secrets.append(try WebhookSecret(text))
            } catch {
                throw RunError("is not valid: \(error)")
            }
        }
        return secrets
    }
}

/// Reads the file of the webhook secrets again after SIGHUP, on a thread of its own.
///
/// Servers do not notice a change of the file by themselves: the operator decides when all receivers have the new secret.
final class WebhookSecretReload: Sendable {
    private let path: String
    private let requests = Inbox<Void>(capacity: 1)

    /// Starts the thread.
    ///
    /// - Parameter replace: uses new secrets.
    /// - Throws: ``RunError`` if the system has no thread left.
    init(_ path: String, replace: @escaping @Sendable ([WebhookSecret]) -> Void) throws(RunError) {
        self.path = path
        let isStarted = BlockingThread.start("lh-webhook-secret") { [requests] in
            while requests.take() != nil { Self.reload(path, replace) }
        }
        guard isStarted else { throw RunError("cannot reload the webhook secret: \(NoThread())") }
        ReloadSignal.add("the webhook secret") { [requests] in requests.put(()) }
    }

    /// Ends the thread.
    func stop() { requests.close() }

    private static func reload(_ path: String, _ replace: ([WebhookSecret]) -> Void) {
        do {
            let secrets = try WebhookSecrets.read(path, .regular)
            replace(secrets)
            let number = secrets.count == 1 ? "one secret signs" : "\(secrets.count) secrets sign"
            EventLog.log(Note("webhook secret reloaded: \(number) each webhook"))
        } catch {
            EventLog.log(
                Note(
                    "the changed webhook secret is not used, the server keeps the one that it has: \(error.message)",
                    level: .error))
        }
    }
}
