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

    /// Lists, writes and removes an object, so that a wrong setting is found at the start.
    func proveAccess(region: String) async throws(AWSError) {
        do throws(AWSError) {
            var list = bucket.bucketRequest("ListBucket")
            list.query = [("list-type", "2"), ("max-keys", "1"), ("prefix", keys.root)]
            list.timeout = .seconds(10)
            list.maxAttempts = 3
            _ = try await bucket.document(list)
            let probe = keys.probe(uniqueText())
            try await bucket.put(probe, [])
            try await bucket.delete(probe)
        } catch {
            throw await explained(error, region: region)
        }
    }

    /// The error of the start in one sentence that says what to change.
    private func explained(_ error: AWSError, region: String) async -> AWSError {
        func named(_ message: String) -> AWSError {
            AWSError(error.kind, message, code: error.code, status: error.status)
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
