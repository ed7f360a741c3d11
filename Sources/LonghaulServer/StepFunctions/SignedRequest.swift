import LonghaulAWS
import LonghaulCore
import LonghaulEngine
import LonghaulExecutions
import LonghaulHTTP

/// A request that an API key has signed, as far as its head tells.
struct SignedRequest: Sendable {
    /// The owner of the key with which the request claims to be signed. ``verify(_:)`` proves the claim.
    let claimed: Caller
    /// Nil on a server without API keys, which accepts any signature and none.
    private let proof: Proof?

    private struct Proof {
        let check: AWSSignatureCheck
        let key: APIKeyText
        let keys: KeyDirectory
    }

    /// Reads the signature in the head of a request.
    ///
    /// - Throws: AWS's error if the signature is not complete, not of now, or not of a valid key.
    init(_ request: HTTPRequest, for service: String, _ keys: KeyDirectory) throws(ServiceError) {
        guard keys.isRequired else {
            claimed = .anonymous
            proof = nil
            return
        }
        do throws(AWSSignatureFault) {
            let now = keys.engine.time.now()
            let check = try AWSSignatureCheck(of: request, for: service, at: now)
            guard request.headers["X-Amz-Security-Token"] == nil else {
                throw .unrecognized("API keys have no session token.")
            }
            guard let key = AWSAccessKey.key(of: check.accessKeyID, secret: keys.sessionSecret) else {
                throw .unrecognized("Print the access key ID of an API key with: longhaul keys aws.")
            }
            claimed = try Self.caller(withKey: key, keys, recordsUse: false)
            proof = Proof(check: check, key: key, keys: keys)
        } catch {
            throw ServiceError(error)
        }
    }

    /// Checks the signature, which covers the body. Returns the caller, and records the use of the key.
    ///
    /// - Throws: `InvalidSignatureException`; `UnrecognizedClientException` if the key has ended in the meantime.
    func verify(_ body: [UInt8]) throws(ServiceError) -> Caller {
        guard let proof else { return claimed }
        do throws(AWSSignatureFault) {
            try proof.check.check(body: body, secret: proof.key.text)
            return try Self.caller(withKey: proof.key, proof.keys, recordsUse: true)
        } catch {
            throw ServiceError(error)
        }
    }

    private static func caller(
        withKey key: APIKeyText, _ keys: KeyDirectory, recordsUse: Bool
    ) throws(AWSSignatureFault) -> Caller {
        do throws(LonghaulError) {
            return try keys.caller(withKey: key.text, recordsUse: recordsUse)
        } catch {
            throw .unrecognized("\(error.detail.prefix(1).uppercased())\(error.detail.dropFirst()).")
        }
    }
}

extension ServiceError {
    fileprivate init(_ fault: AWSSignatureFault) { self.init(fault.code, fault.message) }
}
