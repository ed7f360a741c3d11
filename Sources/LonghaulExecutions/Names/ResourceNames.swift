/// Reads and makes the ARNs of an account in a region. All ARNs are read and made here.
public struct ResourceNames: Sendable, Hashable {
    /// The account.
    public let account: String
    /// The region.
    public let region: String

    /// The ARNs of an account in a region.
    public init(account: String, region: String) {
        self.account = account
        self.region = region
    }

    /// The ARN of a resource.
    public func arn(_ name: ResourceName) -> String {
        arn(path: name.path)
    }

    func arn(path: String) -> String {
        "arn:aws:states:\(region):\(account):\(path)"
    }

    /// Reads the ARN of a resource.
    ///
    /// The account and the region must be those of this server. The partition may be any.
    ///
    /// - Throws: `InvalidArn`.
    public func name(_ arn: String) throws(ServiceError) -> ResourceName {
        let parts = arn.parts(separator: ":", maxSplits: 5)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "states" else {
            throw .invalidARN("Invalid ARN prefix: \(arn)")
        }
        guard parts[3] == region, parts[4] == account else {
            throw .invalidARN("The ARN is of another account or region: \(arn)")
        }
        guard let name = ResourceName(path: parts[5]) else { throw .invalidARN(arn) }
        return name
    }

    /// The error for the ARN of something that an operation does not take.
    public func wrongType(_ arn: String) -> ServiceError {
        let type = arn.parts(separator: ":").dropFirst(5).first ?? ""
        return .invalidARN("Resource type not valid in this context: \(type)")
    }
}
