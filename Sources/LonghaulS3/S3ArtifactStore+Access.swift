import LonghaulAWS
import LonghaulCore
import LonghaulHTTP

/// Whether the bucket can be used.
extension S3ArtifactStore {
    /// Throws unless the bucket answers.
    public func checkReady() async throws {
        var request = bucket.bucketRequest("ListBucket", "HEAD")
        request.timeout = .seconds(2)
        request.maxAttempts = 1
        let sent = request
        try await converting { _ = try await bucket.send(sent) }
    }

    /// Lists the bucket, and writes and removes an object, so that a wrong setting is found at the start.
    func proveAccess(region: String, isReadOnly: Bool) async throws(AWSError) {
        do throws(AWSError) {
            var list = bucket.bucketRequest("ListBucket")
            list.query = [("list-type", "2"), ("max-keys", "1"), ("prefix", keys.root)]
            list.timeout = .seconds(10)
            list.maxAttempts = 3
            _ = try await bucket.document(list)
            if isReadOnly { return }
            try await bucket.put(keys.probe, [])
            try await bucket.delete(keys.probe)
        } catch {
            throw await explained(error, region: region)
        }
    }

    /// The error of the start in one sentence that says what to change.
    private func explained(_ error: AWSError, region: String) async -> AWSError {
        func named(_ message: String) -> AWSError {
            AWSError(error.kind, message, code: error.code, status: error.status)
        }
        if let host = error.unknownHost {
            return named(
                address.endpoint == nil
                    ? "there is no S3 in the region \(region), or no network: the host \(host) is unknown"
                    : "the host \(host) is unknown: correct the endpoint, or add style=path for a server that has no host "
                        + "name for each bucket")
        }
        if error.isForeign, let status = error.status, status < 500 {
            return named(
                "the server at \(bucket.endpoint) does not answer like S3 (status \(status)): correct the endpoint"
            )
        }
        switch error.code {
        case "NoSuchBucket", "NotFound":
            return named("there is no bucket \"\(bucket.name)\" (\(error.code ?? ""))")
        case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
            "TemporaryRedirect":
            guard let actual = error.region, actual != region else { return error }
            return named(
                "the bucket \"\(bucket.name)\" is in the region \(actual), not \(region): set region=\(actual)"
            )
        default: return error.explainingCredentials(of: "S3")
        }
    }
}
