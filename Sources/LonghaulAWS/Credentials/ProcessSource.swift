import Glibc
import LonghaulConcurrency

/// The credentials that a program prints: the `credential_process` of a profile.
struct ProcessSource: Sendable {
    /// A program that runs longer is killed.
    static let timeoutSeconds: Double = 60

    let command: String
    let profile: String
    let environment: AWSEnvironment
    var timeoutSeconds = Self.timeoutSeconds

    /// Runs the program with a shell. No message has its output, which may contain secrets.
    func run() async throws(AWSError) -> AWSCredentials {
        let source = "the credential_process of the AWS profile \"\(profile)\""
        var attempt = 0
        while true {
            attempt += 1
            let outcome: CommandOutput
            do {
                let (command, environment, limit) = (command, environment.all, timeoutSeconds)
                outcome = try await BlockingPool.shared.run {
                    try CommandOutput(of: command, environment: environment, timeoutSeconds: limit)
                }
            } catch {
                throw AWSError(.credentials, "\(source) \(error)")
            }
            do throws(AWSError) {
                return try Self.credentials(in: outcome, source)
            } catch {
                // A worker that removes the remains of its programs may kill this process.
                guard outcome.wasKilled, attempt < 3 else { throw error }
            }
        }
    }

    private static func credentials(in outcome: CommandOutput, _ source: String) throws(AWSError)
        -> AWSCredentials
    {
        if let code = outcome.exitCode, code != 0 {
            throw AWSError(.credentials, "\(source) ended with the exit code \(code)")
        }
        return try CredentialDocument.parse(outcome.bytes, token: "SessionToken", source: source)
    }
}
