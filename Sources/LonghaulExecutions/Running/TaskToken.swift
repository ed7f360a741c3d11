import Foundation
import LonghaulCore

/// The token with which callers report on a task: the job of the execution, the number of the task, and a secret.
struct TaskToken: Sendable, Hashable {
    /// The job of the execution.
    let jobID: JobID
    /// The number of the task.
    let task: Int
    /// What callers cannot guess.
    let secret: String

    /// The token of a task.
    ///
    /// - Parameter key: the secret of the execution.
    init(jobID: JobID, task: Int, key: [UInt8]) {
        self.jobID = jobID
        self.task = task
        let code = HMACSHA256.code(of: Array("\(jobID)/\(task)".utf8), key: key)
        secret = TaskToken.hex(code.prefix(20))
    }

    /// A token with a known secret.
    init(jobID: JobID, task: Int, secret: String) {
        self.jobID = jobID
        self.task = task
        self.secret = secret
    }

    /// The version of the form of tokens.
    private static let version = "1"
    private static let maxLength = 256

    /// Reads a token; nil if the text is none.
    init?(_ text: String) {
        guard text.utf8.count <= TaskToken.maxLength, let bytes = Data(base64Encoded: text) else {
            return nil
        }
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == TaskToken.version, let id = JobID(String(parts[1])),
            let task = Int(parts[2]), task > 0, parts[3].utf8.count == 40
        else { return nil }
        jobID = id
        self.task = task
        secret = String(parts[3])
    }

    /// The text that callers receive.
    var text: String {
        Data("\(TaskToken.version).\(jobID).\(task).\(secret)".utf8).base64EncodedString()
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
