/// Bytes in memory, sent without another copy of all of them.
final class BytesUpload: UploadSource {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var length: Int64? { Int64(bytes.count) }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> UploadRead {
        let piece = bytes[position..<min(position + buffer.count, bytes.count)]
        guard !piece.isEmpty else { return .end }
        buffer.copyBytes(from: piece)
        position += piece.count
        return .bytes(piece.count)
    }

    func rewind() -> Bool {
        position = 0
        return true
    }

    func cancel() {}
}
