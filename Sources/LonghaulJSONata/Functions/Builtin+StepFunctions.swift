import Foundation
internal import CCrypto

extension Builtin {
    /// The functions that AWS Step Functions adds to the language.
    static let stepFunctions: [Builtin] = [
        Builtin("partition", "<an:a<a>>", arity: 2, partition),
        Builtin("range", "<nnn?:a<n>>", arity: 3, range),
        Builtin("hash", "<s-s?:s>", arity: 2, hash),
        Builtin("random", "<n?:n>", arity: 0) { call throws(Failure) in
            .number(try call.number(0).map { Random.unit(seed: $0) } ?? Random.unit())
        },
        Builtin("uuid", "<:s>", arity: 0) { _ throws(Failure) in
            .string(Text(UUID().uuidString.lowercased()))
        },
        Builtin("parse", "<s-:x>", arity: 1, parse),
    ]

    @Sendable private static func parse(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        try call.budget.allocate(text.count * 6)
        do {
            return try ValueReader.read(Array(text.string.utf8), budget: call.budget)
        } catch {
            if let limit = error.limit { throw limit }
            throw Failure("D3154", value: .string(Text(error.message)))
        }
    }

    @Sendable private static func partition(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let items = call.items(0) else { return .undefined }
        guard let size = try call.number(1), size >= 1, size == size.rounded() else {
            throw Failure("D3150", value: call[1])
        }
        let width = Int(min(size, 1e9))
        try call.budget.allocate(items.count * 16 + (items.count / width + 1) * 64)
        let chunks = stride(from: 0, to: items.count, by: width).map { start in
            Value.list(Array(items[start..<min(start + width, items.count)]))
        }
        return try call.list(chunks)
    }

    private static let maxRange = 1e7

    /// All numbers from the first to the last, both included, in steps of 1 by default.
    @Sendable private static func range(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let first = try call.number(0), let last = try call.number(1) else { return .undefined }
        let step = try call.number(2) ?? 1
        guard [first, last, step].allSatisfy({ $0.isFinite && $0 == $0.rounded() }), step != 0 else {
            throw Failure("D3151")
        }
        let count = ((last - first) / step).rounded(.down) + 1
        guard count >= 1 else { return .list([]) }
        guard count <= maxRange else {
            throw Failure("D3152", value: .number(count), details: ["limit": .number(maxRange)])
        }
        try call.budget.allocate(Int(count) * 16)
        // A sequence: one number alone stands for itself.
        return .sequence((0..<Int(count)).map { .number(first + Double($0) * step) })
    }

    private static let algorithms = [
        "MD5": "MD5", "SHA-1": "SHA1", "SHA-256": "SHA256", "SHA-384": "SHA384", "SHA-512": "SHA512",
    ]

    @Sendable private static func hash(_ call: BuiltinCall) throws(Failure) -> Value {
        guard let text = try call.text(0) else { return .undefined }
        let name = try call.text(1)?.string ?? "SHA-256"
        guard let algorithm = algorithms[name], let digest = EVP_get_digestbyname(algorithm) else {
            throw Failure("D3153", value: call[1])
        }
        try call.budget.allocate(text.count * 6)
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        let data = Array(text.string.utf8)
        guard EVP_Digest(data, data.count, &bytes, &length, digest, nil) == 1 else {
            throw Failure("D3153", value: call[1])
        }
        let hexadecimal = Array("0123456789abcdef".utf16)
        return .string(
            Text(
                bytes.prefix(Int(length)).flatMap { [hexadecimal[Int($0 >> 4)], hexadecimal[Int($0 & 15)]] }))
    }
}
