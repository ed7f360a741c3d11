/// The content of the field `Authorization` of a request that is signed with signature version 4.
public struct AWSAuthorization: Sendable, Hashable {
    /// The identifier of the key that signed the request.
    public let accessKeyID: String
    /// The day of the signature: `20261124`.
    public let day: String
    /// The region for which the request is signed.
    public let region: String
    /// The service for which the request is signed.
    public let service: String
    /// The names of the signed fields, as the client wrote them.
    public let signedHeaders: String
    /// The signature in hexadecimal.
    public let signature: String

    /// The last part of each scope.
    private static let terminator = "aws4_request"

    /// Parses the field: the algorithm and the parameters `Credential`, `SignedHeaders` and `Signature`.
    ///
    /// - Throws: ``AWSSignatureFault``. Its message does not repeat the field, which may hold a secret of another scheme.
    public init(parsing field: String) throws(AWSSignatureFault) {
        let parameters = try Self.parameters(of: field)
        let missing = ["Credential", "Signature", "SignedHeaders"].filter { parameters[$0] == nil }
        guard missing.isEmpty else {
            let texts = missing.map { "Authorization header requires '\($0)' parameter." }
            throw .incomplete(texts.joined(separator: " "))
        }
        let credential = parameters["Credential", default: ""].split(
            separator: "/", omittingEmptySubsequences: false
        ).map(String.init)
        guard credential.count == 5 else {
            throw .incomplete(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."
            )
        }
        guard credential[4] == Self.terminator else {
            throw .invalid("Credential should be scoped with a valid terminator: '\(Self.terminator)'.")
        }
        (accessKeyID, day, region, service) = (credential[0], credential[1], credential[2], credential[3])
        guard !region.isEmpty else { throw .invalid("Credential should be scoped to a valid region.") }
        signedHeaders = parameters["SignedHeaders", default: ""]
        signature = parameters["Signature", default: ""]
    }

    private static func parameters(of field: String) throws(AWSSignatureFault) -> [String: String] {
        let words = field.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0] == AWSSigner.algorithm else { return [:] }
        var parameters: [String: String] = [:]
        for part in words[1].split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else {
                throw .incomplete("The Authorization header has a parameter without an equal-sign.")
            }
            let name = String(pair[0].drop { $0 == " " })
            guard parameters.updateValue(String(pair[1]), forKey: name) == nil else {
                throw .incomplete("The Authorization header has the parameter '\(name.prefix(40))' twice.")
            }
        }
        return parameters
    }
}
