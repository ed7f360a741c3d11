import Foundation
import LonghaulAWS
import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import Testing

/// Signatures beside those that botocore makes for the same requests (`make_vectors.py`).
struct SigningTests {
    private let vectors: JSONNode
    private let time: Timestamp

    init() throws {
        let url = try #require(Bundle.module.url(forResource: "Vectors/signatures", withExtension: "json"))
        vectors = try JSONDocument(parsing: Array(try Data(contentsOf: url))).root
        time = Timestamp(milliseconds: try #require(vectors["time_ms"]?.int))
    }

    private func credentials(for vector: JSONNode) throws -> AWSCredentials {
        AWSCredentials(
            accessKeyID: try #require(vectors["access_key_id"]?.string),
            secretAccessKey: try #require(vectors["secret_access_key"]?.string),
            sessionToken: vector["temporary"]?.bool == true ? vectors["session_token"]?.string : nil)
    }

    private func request(of vector: JSONNode) throws -> AWSRequest {
        var request = AWSRequest(
            action: "test", resource: "a vector", method: vector["method"]?.string ?? "GET",
            path: try #require(vector["path"]?.string))
        for item in vector["query"]?.elements ?? [] {
            request.query.append((item.elements[0].string ?? "", item.elements[1].string ?? ""))
        }
        for field in vector["headers"]?.members ?? [] {
            request.headers.add(field.key, field.value.string ?? "")
        }
        request.body = Array((vector["body"]?.string ?? "").utf8)
        return request
    }

    @Test func signaturesInHeadersEqualThoseOfBotocore() throws {
        let signed = vectors["signed"]?.elements ?? []
        #expect(signed.count >= 13)
        for vector in signed {
            let signer = AWSSigner(service: try #require(vector["service"]?.string), region: "us-east-1")
            let endpoint = try AWSEndpoint("https://" + (vector["host"]?.string ?? ""))
            let headers = signer.headers(
                of: try request(of: vector), at: endpoint, credentials: try credentials(for: vector),
                time: time)
            #expect(headers["Authorization"] == vector["authorization"]?.string, "\(vector.text)")
        }
    }

    @Test func presignedURLsEqualThoseOfBotocore() throws {
        let presigned = vectors["presigned"]?.elements ?? []
        #expect(presigned.count >= 4)
        for vector in presigned {
            let url = AWSSigner(service: "s3", region: "us-east-1").presignedURL(
                of: try request(of: vector), at: try AWSEndpoint("https://" + (vector["host"]?.string ?? "")),
                credentials: try credentials(for: vector), time: time,
                expiresSeconds: Int(try #require(vector["seconds"]?.int)))
            #expect(url == vector["url"]?.string)
        }
    }

    @Test func urlHasTheQueryInTheOrderOfTheSignature() throws {
        var request = AWSRequest(action: "s3:ListBucket", resource: "a bucket", path: "/a b")
        request.query = [("prefix", "x/y"), ("list-type", "2"), ("uploads", "")]
        let url = AWSSigner(service: "s3", region: "us-east-1").url(
            of: request, at: try AWSEndpoint("http://127.0.0.1:5000/"))
        #expect(url == "http://127.0.0.1:5000/a%20b?list-type=2&prefix=x%2Fy&uploads=")
    }

    @Test(arguments: [
        "", "127.0.0.1:5000", "ftp://host", "http://", "http://user:secret@host", "http://host/path",
        "http://host?x=1",
        "http://[::1", "http://host:99999",
    ])
    func endpointThatIsNoURLIsRefused(text: String) {
        let error = #expect(throws: AWSError.self) { try AWSEndpoint(text) }
        #expect(error?.kind == .configuration)
        #expect(error?.message.contains("secret") == false)
    }

    @Test func endpointHasNoUsualPort() throws {
        #expect(try AWSEndpoint("https://S3.example:443/").description == "https://s3.example")
        #expect(try AWSEndpoint("http://[::1]:80").authority == "[::1]")
        #expect(try AWSEndpoint("http://s3.example:443").authority == "s3.example:443")
    }

    @Test func credentialsShowNoSecret() {
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUt", sessionToken: "tOkEn")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped] {
            #expect(!text.contains("wJalrXUt") && !text.contains("tOkEn"), "\(text)")
        }
    }
}
