import Foundation
import LonghaulCore
import LonghaulJSON
import LonghaulPlatform

/// Replaces the references of a command line by values of a job. A value is always part of one argument: no shell
/// interprets it.
struct References {
    let job: Job
    let spec: ProgramSpec
    private let payload: JSONNode?

    init(job: Job, spec: ProgramSpec) {
        self.job = job
        self.spec = spec
        payload = try? JSONDocument(lenientlyParsing: job.spec.payload.bytes).root
    }

    /// The argument with its references replaced.
    ///
    /// - Parameter number: the index of the argument, for error messages.
    /// - Throws: ``JobFailure`` `invalid_payload`, not to be retried, if the payload lacks the value, if the
    ///   value has another type, or if the argument would begin with `-`.
    func fill(_ template: ArgumentTemplate, number: Int) throws(JobFailure) -> String {
        var filled = ""
        for part in template.parts {
            switch part {
            case .text(let text): filled += text
            case .reference(let reference): filled += try value(of: reference)
            }
        }
        guard case .reference(let first)? = template.parts.first, filled.utf8.first == UInt8(ascii: "-"),
            !spec.allowsOptions
        else { return filled }
        throw Self.failure(
            "the value of {\(first.text)} makes argument \(number) begin with -, which the program could read as an "
                + "option: set allow_options in the handlers file to allow it")
    }

    private func value(of reference: ArgumentTemplate.Reference) throws(JobFailure) -> String {
        switch reference.path.first {
        case "id": return job.id.description
        case "attempt": return "\(job.attempt)"
        case "kind": return job.spec.kind
        case "queue": return job.spec.queue
        default: break
        }
        guard let node = node(at: reference.path.dropFirst()) else {
            throw Self.failure("the payload lacks {\(reference.text)}, which the command uses")
        }
        guard !node.holdsNUL else {
            throw Self.failure("{\(reference.text)} contains U+0000, which is not allowed in an argument")
        }
        guard let type = reference.type else { return node.string ?? node.text.description }
        guard let argument = type.argument(node) else {
            throw Self.failure("{\(reference.text)} must be \(type.expectation)")
        }
        if type == .path { try expectAllowed(argument, reference) }
        return argument
    }

    private func node(at path: ArraySlice<String>) -> JSONNode? {
        var node = payload
        for step in path {
            guard let here = node else { return nil }
            if here.kind == .array {
                let elements = here.elements
                node = Int(step).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            } else {
                node = here[step]
            }
        }
        return node
    }

    /// Compares bytes as the file system does: for characters, equal texts may be the names of different folders.
    private static func isPath(_ path: UnsafePointer<CChar>, within folder: UnsafePointer<CChar>) -> Bool {
        let length = strlen(folder)
        return strncmp(path, folder, length) == 0
            && (length == 1 || path[length] == CChar(UInt8(ascii: "/")))
    }

    /// Resolves symbolic links, because the program would open the file behind them.
    private func expectAllowed(
        _ path: String, _ reference: ArgumentTemplate.Reference
    ) throws(JobFailure) {
        guard !spec.pathsWithin.isEmpty else { return }
        let real = realpath(path, nil)
        defer { free(real) }
        let isAllowed = spec.pathsWithin.contains { folder in
            let root = realpath(folder, nil)
            defer { free(root) }
            guard path.utf8.first == UInt8(ascii: "/"), let real, let root else { return false }
            return Self.isPath(real, within: root)
        }
        guard isAllowed else {
            throw Self.failure(
                "{\(reference.text)} must be the absolute path of a file within "
                    + spec.pathsWithin.joined(separator: " or "))
        }
    }

    private static func failure(_ message: String) -> JobFailure {
        JobFailure(type: "invalid_payload", message: message, retryable: false)
    }
}

extension ProgramSpec {
    /// The command line for a job, with references replaced and paths made absolute. References in the program itself are
    /// not replaced: a job must not choose the program.
    ///
    /// - Throws: ``JobFailure`` as ``References/fill(_:number:)`` does.
    func arguments(for job: Job) throws(JobFailure) -> [String] {
        guard let program = command.first else { return [] }
        let references = References(job: job, spec: self)
        var arguments = [programPath(program)]
        for (number, template) in templates.enumerated().dropFirst() {
            switch template {
            case .success(let template):
                if let text = template.plainText {
                    arguments.append(filePath(text))
                } else {
                    arguments.append(try references.fill(template, number: number))
                }
            case .failure(let error):
                throw JobFailure(type: "cannot_start", message: error.message, retryable: false)
            }
        }
        return arguments
    }

    /// A program with a slash in its name is relative to the handlers file. Others are found through `PATH`.
    private func programPath(_ program: String) -> String {
        program.contains("/") && !program.hasPrefix("/") ? folder + "/" + program : program
    }

    /// An argument such as `./script.sh` is relative to the handlers file, if that file exists.
    private func filePath(_ argument: String) -> String {
        guard argument.hasPrefix("./") else { return argument }
        let path = folder + "/" + argument.dropFirst(2)
        return FileManager.default.fileExists(atPath: path) ? path : argument
    }
}
