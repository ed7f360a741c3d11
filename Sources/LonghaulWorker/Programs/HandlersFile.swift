public import LonghaulCore
import Foundation
import LonghaulJSON

/// A JSON5 file that assigns a program to each kind of job.
public struct HandlersFile: Sendable, Hashable {
    /// The programs, by kind.
    public var programs: [ProgramSpec]

    /// Reads a file.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` with the file's name and every error in it.
    public static func load(path: String) throws(LonghaulError) -> HandlersFile {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw LonghaulError(.invalidRequest, "cannot read the handlers file \(path)")
        }
        let folder = URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent().path
        do {
            return try parse([UInt8](data), folder: folder)
        } catch {
            throw LonghaulError(
                .invalidRequest, "the handlers file \(path): \(error.detail)", faults: error.faults)
        }
    }

    static func parse(_ bytes: [UInt8], folder: String) throws(LonghaulError) -> HandlersFile {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: JSONText(json5: bytes).bytes)
        } catch {
            throw LonghaulError(.invalidRequest, error.message)
        }
        let faults = JSONFaults()
        var reader = JSONObjectReader(document.root, at: .root, faults: faults)
        let place = reader.pointer(to: "handlers")
        var programs: [ProgramSpec] = []
        if let node = reader.node("handlers"), node.kind == .object {
            for (kind, value) in node.members {
                var entry = JSONObjectReader(value, at: place.appending(kind), faults: faults)
                programs.append(read(&entry, kind: kind, folder: folder))
            }
        } else {
            reader.fault("handlers", "is required: an object that maps kinds to handlers")
        }
        if programs.isEmpty, faults.isEmpty {
            reader.fault("handlers", "has no handlers: add at least one kind of job")
        }
        reader.finish()
        guard faults.isEmpty else { throw .invalid(faults.list) }
        return HandlersFile(programs: programs)
    }

    private static func read(
        _ entry: inout JSONObjectReader, kind: String, folder: String
    ) -> ProgramSpec {
        if !NewJobRules.isKind(kind) {
            entry.faults.add(entry.pointer, "a kind has 1 to 200 characters of A-Z a-z 0-9 . _ - /")
        }
        var spec = ProgramSpec(kind: kind, command: entry.strings("command") ?? [], folder: folder)
        if spec.command.first?.isEmpty ?? true {
            entry.fault("command", "is required: an array of the program and its arguments")
        }
        checkReferences(of: spec, entry)
        spec.queue = entry.string("queue")
        if let queue = spec.queue, !QueueSettings.isName(queue) {
            entry.fault("queue", "must be 1 to 100 characters of A-Z a-z 0-9 . _ -")
        }
        spec.concurrency = entry.int("concurrency", in: 1...100_000).map(Int.init)
        spec.timeoutSeconds = entry.double("timeout_seconds", in: FieldBounds.timeoutSeconds)
        if let grace = entry.double("kill_grace_seconds", in: 0...3600) { spec.killGraceSeconds = grace }
        if let node = entry.node("env"), !node.isNull { spec.environment = environment(node, &entry) }
        spec.passEnvironment = names(entry.strings("pass_env") ?? [], &entry)
        spec.allowsOptions = entry.bool("allow_options") ?? false
        spec.pathsWithin = entry.strings("paths_within") ?? []
        if let relative = spec.pathsWithin.first(where: { !$0.hasPrefix("/") }) {
            entry.fault("paths_within", "expected absolute paths of folders, got \"\(relative)\"")
        }
        if !spec.pathsWithin.isEmpty, !spec.hasPathReference {
            entry.fault(
                "paths_within",
                "has no effect: the command has no reference of type path, such as {payload.file:path}")
        }
        if var limits = entry.object("limits") { spec.limits = readLimits(&limits) }
        entry.finish()
        return spec
    }

    /// A job must not choose the program, and each reference must have a known type.
    private static func checkReferences(of spec: ProgramSpec, _ entry: JSONObjectReader) {
        let place = entry.pointer(to: "command")
        for (index, template) in spec.templates.enumerated() {
            switch template {
            case .success(let template):
                guard index == 0, let reference = template.references.first else { continue }
                entry.faults.add(
                    place.appending(index),
                    "the program must not come from the job: {\(reference.text)} is allowed in arguments only"
                )
            case .failure(let error): entry.faults.add(place.appending(index), error.message)
            }
        }
    }

    private static func names(_ names: [String], _ entry: inout JSONObjectReader) -> [String] {
        for name in names where name.isEmpty || name.utf8.contains(UInt8(ascii: "=")) {
            entry.fault("pass_env", "\"\(name)\" is not a valid variable name")
        }
        return names
    }

    private static func readLimits(_ entry: inout JSONObjectReader) -> ProgramLimits {
        var limits = ProgramLimits()
        limits.memoryBytes = entry.int("memory_bytes", in: 1_048_576...Int64(1 << 50)).map(Int.init)
        limits.fileBytes = entry.int("file_bytes", in: 0...Int64(1 << 50)).map(Int.init)
        limits.processes = entry.int("processes", in: 1...4_194_304).map(Int.init)
        limits.openFiles = entry.int("open_files", in: 3...1_048_576).map(Int.init)
        limits.cpuSeconds = entry.int("cpu_seconds", in: 1...31_536_000).map(Int.init)
        entry.finish()
        return limits
    }

    private static func environment(
        _ node: JSONNode, _ entry: inout JSONObjectReader
    ) -> [String: String] {
        guard node.kind == .object else {
            entry.fault("env", "expected an object, got \(node.kindName)")
            return [:]
        }
        var environment: [String: String] = [:]
        let place = entry.pointer(to: "env")
        for (name, value) in node.members {
            guard let text = value.string, !value.holdsNUL else {
                entry.faults.add(place.appending(name), "expected a string without U+0000")
                continue
            }
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0) else {
                entry.faults.add(place.appending(name), "is not a valid variable name")
                continue
            }
            environment[name] = text
        }
        return environment
    }

    /// The programs as handlers.
    public var handlers: [Handler] {
        programs.map { Handler.program($0) }
    }

    /// Sets the maximum length of every program's result, in bytes.
    public mutating func setMaxResultBytes(_ bytes: Int) {
        for index in programs.indices { programs[index].maxResultBytes = bytes }
    }
}
