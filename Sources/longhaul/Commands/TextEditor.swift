import Glibc
import LonghaulCore
import LonghaulJSON

/// Lets a person change a value as JSON in a text editor.
struct TextEditor {
    private let command: String

    /// The editor that the environment names, or vi.
    init(_ settings: Settings) {
        command = settings.variable("VISUAL") ?? settings.variable("EDITOR") ?? "vi"
    }

    /// Lets a person change a value, and saves the new one.
    ///
    /// - Parameters:
    ///   - name: the type of the value, for the name of the file.
    ///   - save: called with the new value.
    /// - Throws: ``RunError`` if the editor fails, if the text is not valid, or if `save` throws. The text then stays in the file.
    func edit<Value: JSONReadable & JSONWritable>(
        _ value: Value, named name: String, save: (Value) async throws -> Void
    ) async throws {
        var writer = JSONWriter()
        value.write(to: &writer)
        let text = PrettyJSON.text(try JSONDocument(parsing: writer.bytes).root)
        var path = Array("/tmp/longhaul-\(name)-XXXXXX.json".utf8CString)
        let descriptor = mkstemps(&path, 5)
        guard descriptor >= 0 else { throw Self.systemError("cannot create a file to edit") }
        let file = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do {
            defer { close(descriptor) }
            try Self.write(Array(text.utf8), to: descriptor)
        } catch {
            unlink(file)
            throw error
        }
        do {
            try run(file)
            try await save(try Value.decode(try Files.read(file)))
        } catch {
            let reason = (error as? LonghaulError)?.detail ?? "\(error)"
            throw RunError("\(reason); the text is in \(file)")
        }
        unlink(file)
    }

    private func run(_ file: String) throws(RunError) {
        let status = system("\(command) '\(file)'")
        guard status == 0 else { throw RunError("the editor \(command) failed; nothing was changed") }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(RunError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw systemError("cannot write a file to edit") }
            rest = rest.dropFirst(count)
        }
    }

    private static func systemError(_ message: String) -> RunError {
        RunError("\(message): \(String(cString: strerror(errno)))")
    }
}

/// JSON with a line for each member, for people.
enum PrettyJSON {
    /// The text of a value, with a line end.
    static func text(_ node: JSONNode) -> String {
        var text = ""
        write(node, indent: 0, to: &text)
        return text + "\n"
    }

    private static func write(_ node: JSONNode, indent: Int, to text: inout String) {
        let margin = String(repeating: "  ", count: indent + 1)
        switch node.kind {
        case .object where !node.members.isEmpty:
            text += "{\n"
            for (index, member) in node.members.enumerated() {
                var writer = JSONWriter()
                writer.element(member.key)
                text += (index > 0 ? ",\n" : "") + margin + writer.text.description + ": "
                write(member.value, indent: indent + 1, to: &text)
            }
            text += "\n" + margin.dropLast(2) + "}"
        case .array where !node.elements.isEmpty:
            text += "[\n"
            for (index, element) in node.elements.enumerated() {
                text += (index > 0 ? ",\n" : "") + margin
                write(element, indent: indent + 1, to: &text)
            }
            text += "\n" + margin.dropLast(2) + "]"
        default: text += node.text.description
        }
    }
}
