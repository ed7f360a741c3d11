/// The source of a body. Only the client's thread calls it.
protocol UploadSource: AnyObject {
    /// The length; nil if it is unknown.
    var length: Int64? { get }
    /// Copies the next bytes into `buffer`.
    ///
    /// - Throws: `localIO`.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPClientError) -> UploadRead
    /// Rewinds to the first byte. Returns false if that is not possible.
    func rewind() -> Bool
    /// Cancels the producer of the bytes.
    func cancel()
}

/// The result of a read from an ``UploadSource``.
enum UploadRead {
    /// This many bytes, at least one.
    case bytes(Int)
    /// The body is complete.
    case end
    /// No bytes yet. The source wakes the client when there are some.
    case notYet
}
