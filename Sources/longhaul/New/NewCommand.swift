import Glibc
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let new = Command(
        name: "new", summary: "Writes a small project with a handler and its test.",
        arguments: [
            Argument(
                name: "LANGUAGE", help: ProjectTemplate.all.map(\.language).joined(separator: ", ") + "."),
            Argument(
                name: "FOLDER", help: "The folder of the project. Default: longhaul-LANGUAGE.",
                isRequired: false),
        ],
        options: [Options.json],
        notes: ["The command overwrites no file. If a file of the project exists, it writes nothing."]
    ) { invocation in
        let language = invocation.argument(0)
        guard let template = ProjectTemplate.all.first(where: { $0.language == language }) else {
            let known = ProjectTemplate.all.map(\.language).joined(separator: ", ")
            throw UsageError("LANGUAGE: expected one of \(known), got \"\(language)\"", command: "new")
        }
        let given = invocation.argument(1)
        let folder = given.isEmpty ? "longhaul-\(language)" : given
        let paths = try template.write(to: folder)
        if try invocation.value(Options.json) {
            try Console.print(jsonObject: { writer in
                writer.field("folder", folder)
                writer.field("files", paths)
            })
        } else {
            for path in paths { try Console.print("wrote \(folder.printable)/\(path)") }
            try Console.print("\nnext: cd \(folder.printable), and see README.md")
        }
        return .done
    }
}

/// The files of a small project.
struct ProjectTemplate: Sendable {
    /// A file of a project.
    struct File: Sendable {
        let path: String
        let text: String
    }

    let language: String
    let files: [File]

    static let all: [ProjectTemplate] = [python, node, swift, shell]

    /// Writes the files. Returns their paths in the folder.
    ///
    /// - Throws: ``RunError`` if one exists, before any is written, or if the system refuses one.
    func write(to folder: String) throws(RunError) -> [String] {
        for file in files where Files.exists("\(folder)/\(file.path)") {
            throw RunError("\(folder)/\(file.path) exists already; nothing was written")
        }
        for file in files {
            let path = "\(folder)/\(file.path)"
            if let slash = path.lastIndex(of: "/") { try Files.makeFolder(String(path[..<slash])) }
            try Self.create(path, file.text)
        }
        return files.map(\.path)
    }

    /// Creates a file, and overwrites none.
    private static func create(_ path: String, _ text: String) throws(RunError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw RunError("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                throw RunError("cannot write \(path): \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(count)
        }
    }

    /// The README of a project whose handler is a program.
    ///
    /// - Parameters:
    ///   - handler: the file of the handler.
    ///   - test: the command that runs the test.
    ///   - more: further text.
    static func readme(handler: String, test: String, more: String) -> String {
        """
        # Greetings

        A handler for jobs of the kind `greet`. Longhaul starts `\(handler)` once for each attempt.

        ```sh
        longhaul up --handlers handlers.json5
        ```

        In another terminal, submit a job, and wait for its result:

        ```sh
        longhaul submit greet --payload '{"name": "Ada"}' --wait
        ```

        The dashboard is at http://127.0.0.1:8080. The test needs no server:

        ```sh
        \(test)
        ```

        | | |
        | --- | --- |
        | standard input | the job as JSON; `payload` is its input |
        | `LONGHAUL_RESULT` | the file for the result, as JSON |
        | the working folder | files in it become artifacts of the job |
        | output | the log of the job; a line `::progress 50 half done` sets its progress |
        | exit code | 0 completes the job, 65 fails it for good, any other lets it be retried |

        \(more)

        """
    }
}
