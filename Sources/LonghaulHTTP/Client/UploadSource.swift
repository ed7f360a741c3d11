/// Where the bytes of a body come from. Only the client's thread calls it.
protocol UploadSource: AnyObject {
    /// How many bytes there are; nil if that is not known beforehand.
    var length: Int64? { get }
    /// Copies the next bytes into `buffer`.
    ///
    /// - Throws: `localIO`.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPClientError) -> UploadRead
    /// Goes back to the first byte. Returns whether that can be done.
    func rewind() -> Bool
    /// Ends whatever runs to make more bytes.
    func cancel()
}

/// What a read from an ``UploadSource`` came to.
enum UploadRead {
    /// This many bytes, at least one.
    case bytes(Int)
    /// The body is complete.
    case end
    /// Nothing yet: the source tells the client when to ask again.
    case notYet
}
