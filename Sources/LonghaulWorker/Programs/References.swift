import Foundation
import LonghaulCore
import LonghaulJSON

/// Fills the references of a command line with the values of a job.
///
/// `{payload}`, `{payload.a.b.0}`, `{id}`, `{attempt}`, `{kind}` and `{queue}` stand for values; `{{` stands for
/// `{`. A value becomes part of its one argument, whatever is in it: no shell ever sees it.
struct References {
    let job: Job
    private let payload: JSONNode?

    init(job: Job) {
        self.job = job
        payload = try? JSONDocument(parsing: job.spec.payload.bytes).root
    }

    /// The argument with its references filled.
    ///
    /// - Throws: ``JobFailure`` `invalid_payload`, not to be retried, if the payload has no such value.
    func fill(_ argument: String) throws(JobFailure) -> String {
        var filled = ""
        var rest = argument[...]
        while let brace = rest.firstIndex(of: "{") {
            filled += rest[..<brace]
            let after = rest.index(after: brace)
            if after < rest.endIndex, rest[after] == "{" {
                filled += "{"
                rest = rest[rest.index(after: after)...]
            } else if let close = rest[after...].firstIndex(of: "}"),
                let value = try value(of: String(rest[after..<close]))
            {
                filled += value
                rest = rest[rest.index(after: close)...]
            } else {
                filled += "{"
                rest = rest[after...]
            }
        }
        return filled + rest
    }

    /// The value of a reference; nil if the words in the braces are none.
    private func value(of reference: String) throws(JobFailure) -> String? {
        switch reference {
        case "id": return job.id.description
        case "attempt": return "\(job.attempt)"
        case "kind": return job.spec.kind
        case "queue": return job.spec.queue
        default: break
        }
        let steps = reference.split(separator: ".", omittingEmptySubsequences: false)
        guard steps.first == "payload" else { return nil }
        var node = payload
        for step in steps.dropFirst() {
            guard let here = node else { break }
            if here.kind == .array {
                let elements = here.elements
                node = Int(step).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            } else {
                node = here[String(step)]
            }
        }
        guard let node else {
            throw JobFailure(
                type: "invalid_payload",
                message: "the command needs {\(reference)}, which the payload has not",
                retryable: false)
        }
        guard !node.holdsNUL else {
            throw JobFailure(
                type: "invalid_payload", message: "{\(reference)} holds U+0000, which no argument can",
                retryable: false)
        }
        return node.string ?? node.text.description
    }
}

extension ProgramSpec {
    /// The command line for a job: references filled, paths made absolute.
    ///
    /// - Throws: ``JobFailure`` as ``References/fill(_:)`` does.
    func arguments(for job: Job) throws(JobFailure) -> [String] {
        let references = References(job: job)
        var arguments: [String] = []
        for (index, argument) in command.enumerated() {
            let absolute = index == 0 ? programPath(argument) : filePath(argument)
            arguments.append(try references.fill(absolute))
        }
        return arguments
    }

    /// A program with a slash in its name lies beside the handlers file, others are found through PATH.
    private func programPath(_ program: String) -> String {
        program.contains("/") && !program.hasPrefix("/") ? folder + "/" + program : program
    }

    /// An argument such as `./script.sh` is a file beside the handlers file, if there is one.
    private func filePath(_ argument: String) -> String {
        guard argument.hasPrefix("./") else { return argument }
        let path = folder + "/" + argument.dropFirst(2)
        return FileManager.default.fileExists(atPath: path) ? path : argument
    }
}
