import Synchronization

/// A complete body, which can be taken once.
final class WholeBody: Sendable {
    private let bytes: Mutex<[UInt8]>
    /// Returns its bytes to the budget together with the body.
    private let reservation: ByteReservation?

    init(_ bytes: [UInt8], reservation: ByteReservation? = nil) {
        self.bytes = Mutex(bytes)
        self.reservation = reservation
    }

    /// The bytes the first time, then nil.
    func take() -> [UInt8]? {
        bytes.withLock { bytes in
            guard !bytes.isEmpty else { return nil }
            defer { bytes = [] }
            return bytes
        }
    }
}
