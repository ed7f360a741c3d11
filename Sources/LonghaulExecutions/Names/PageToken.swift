internal import FoundationEssentials
internal import LonghaulCore

/// The token of a page: the place in a list where the page begins. It is opaque for callers.
///
/// A token is valid for one list only. It holds no secret: a caller with a forged token sees nothing that the list does
/// not show.
struct PageToken {
    /// The list: the operation and what it lists.
    let list: String

    private static let digestBytes = 12
    /// Maximum size of a token, as in the model of the service.
    private static let maxBytes = 1024

    /// The list of an operation, for a resource or a filter.
    init(_ operation: String, of scope: String = "") {
        list = "\(operation) \(scope)"
    }

    /// A token for the page after a place.
    func text(after place: String) -> String {
        Data(digest(place) + Array(place.utf8)).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The place after which the page begins.
    ///
    /// - Throws: `InvalidToken`.
    func place(in text: String) throws(ServiceError) -> String {
        guard text.utf8.count <= PageToken.maxBytes else { throw .invalidToken }
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        let plain = text.replacing("-", with: "+").replacing("_", with: "/") + padding
        guard let data = Data(base64Encoded: plain), data.count > PageToken.digestBytes,
            let place = String(validating: data.dropFirst(PageToken.digestBytes), as: UTF8.self),
            digest(place).elementsEqual(data.prefix(PageToken.digestBytes)), self.text(after: place) == text
        else { throw .invalidToken }
        return place
    }

    private func digest(_ place: String) -> ArraySlice<UInt8> {
        SHA256.digest(Array("\(list)\n\(place)".utf8)).prefix(PageToken.digestBytes)
    }
}
