/// Why a service refuses the signature of a request, with the name and the text of AWS's error.
public struct AWSSignatureFault: Error, Sendable, Hashable {
    /// The name of the error: `InvalidSignatureException`.
    public let code: String
    /// What is wrong.
    public let message: String

    /// The request has no signature.
    public static let missing = AWSSignatureFault(
        code: "MissingAuthenticationTokenException", message: "Request is missing Authentication Token")

    /// The signature is not that of the request.
    public static let mismatch = AWSSignatureFault.invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
            + "Key and signing method. Consult the service documentation for details.")

    /// There is no such key.
    ///
    /// - Parameter reason: a sentence about the cause.
    public static func unrecognized(_ reason: String) -> AWSSignatureFault {
        AWSSignatureFault(
            code: "UnrecognizedClientException",
            message: "The security token included in the request is invalid. \(reason)")
    }

    /// A part of the signature is missing, or malformed.
    static func incomplete(_ message: String) -> AWSSignatureFault {
        AWSSignatureFault(code: "IncompleteSignatureException", message: message)
    }

    /// The signature is complete, and not valid.
    static func invalid(_ message: String) -> AWSSignatureFault {
        AWSSignatureFault(code: "InvalidSignatureException", message: message)
    }
}
