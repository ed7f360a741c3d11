import Foundation
import LonghaulAWS
import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import LonghaulTestSupport
import Testing

@testable import LonghaulS3

/// Addresses, keys and presigned URLs, without a server.
struct S3AddressTests {
    @Test func addressIsParsed() throws {
        let address = try S3Address(
            "s3://my.bucket-1/a/b/?region=eu-west-1&endpoint=http%3A%2F%2F127.0.0.1:5000&style=path&profile=work"
                + "&downloads=proxy&url_seconds=60&sse=aws:kms&kms_key=alias/k&storage_class=GLACIER_IR")
        #expect(address.bucket == "my.bucket-1" && address.prefix == "a/b" && address.region == "eu-west-1")
        #expect(
            address.endpoint == "http://127.0.0.1:5000" && address.style == .path && address.profile == "work"
        )
        #expect(address.downloads == .proxy && address.urlSeconds == 60 && address.encryption == "aws:kms")
        #expect(address.encryptionKey == "alias/k" && address.storageClass == "GLACIER_IR")
        let plain = try S3Address("s3://bucket")
        #expect(
            plain.prefix == "" && plain.region == nil && plain.style == nil && plain.downloads == .redirect)
        #expect(try S3Address("s3://bucket/") == plain)
    }

    @Test(arguments: [
        ("s3:bucket", "s3://BUCKET"), ("s3://", "a bucket's name"), ("s3://ab", "a bucket's name"),
        ("s3://Bucket/x", "a bucket's name"), ("s3://a..b/x", "a bucket's name"),
        ("s3://-ab/x", "a bucket's name"),
        ("s3://AKID:secret@bucket/x", "not into the URL"), ("s3://bucket//x", "the prefix"),
        ("s3://bucket/../x", "the prefix"), ("s3://bucket/ü", "the prefix"),
        ("s3://bucket/a%20b", "the prefix"),
        ("s3://bucket/x?", "NAME=VALUE"), ("s3://bucket?region", "NAME=VALUE"),
        ("s3://bucket?region=", "NAME=VALUE"),
        ("s3://bucket?region=a&region=b", "each name once"),
        ("s3://bucket?regio=a", "unknown option \"regio\""),
        ("s3://bucket?region=a/b", "region"), ("s3://bucket?style=host", "path, virtual"),
        ("s3://bucket?downloads=x", "redirect, proxy"), ("s3://bucket?url_seconds=0", "1 to 604800"),
        ("s3://bucket?sse=aes", "AES256"), ("s3://bucket?kms_key=k", "sse=aws:kms"),
        ("s3://bucket?sse=AES256&kms_key=k", "sse=aws:kms"),
        ("s3://bucket?storage_class=GLACIER", "STANDARD_IA"),
    ])
    func wrongAddressIsNamed(url: String, part: String) {
        let error = #expect(throws: LonghaulError.self) { try S3Address(url) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.detail.contains(part) == true, "\(error?.detail ?? "")")
        #expect(error?.detail.contains("secret") == false)
    }

    @Test(arguments: [
        "a", "a.b-c_D9", "ü 日本", "a!b%41+~", "…\u{301}e", String(repeating: "ü", count: 100), "a..b",
        "&<>'\"",
    ])
    func keyOfANameHasSafeBytesAndLeadsBack(name: String) throws {
        let keys = S3Keys(prefix: String(repeating: "p", count: S3Address.maxPrefixBytes))
        let folder = ArtifactFolder(jobID: JobID(high: .max, low: .max), fence: .max)
        let key = keys.key(folder, name: name)
        #expect(key.utf8.count <= 1024)
        #expect(key.utf8.allSatisfy { S3Keys.isPlain($0) || "!/".utf8.contains($0) })
        let parsed = try #require(keys.parse(key))
        #expect(parsed.folder == folder && Array(parsed.name.utf8) == Array(name.utf8))
    }

    @Test(arguments: [
        "p/x", "p/00000000-0000-0001-0000-000000000001/1", "p/00000000-0000-0001-0000-000000000001/1/a/b",
        "p/00000000-0000-0001-0000-000000000001/01/a", "p/00000000-0000-0001-0000-000000000001/-1/a",
        "p/00000000-0000-0001-0000-000000000001/1/!4", "p/00000000-0000-0001-0000-000000000001/1/!61",
        "p/00000000-0000-0001-0000-000000000001/1/a%20b", "p/00000000-0000-0001-0000-000000000001/1/.a",
        "p/00000000-0000-0001-0000-000000000001/1/", "q/00000000-0000-0001-0000-000000000001/1/a",
        "p/00000000-0000-0001-0000-000000000001/1/!c3!bc", "p/00000000-0000-0001-0000-000000000001/1/!FF",
    ])
    func otherKeyIsNoArtifact(key: String) {
        #expect(S3Keys(prefix: "p").parse(key) == nil)
        #expect(S3Keys(prefix: "p").parse("p/00000000-0000-0001-0000-000000000001/1/a") != nil)
    }

    @Test func presignedURLsEqualThoseOfBoto3() async throws {
        let file = try #require(Bundle.module.url(forResource: "Vectors/presigned", withExtension: "json"))
        let vectors = try JSONDocument(parsing: Array(try Data(contentsOf: file))).root
        let cases = vectors["boto3"]?.elements ?? []
        #expect(cases.count >= 4)
        for vector in cases {
            var address = S3Address(bucket: try #require(vector["bucket"]?.string))
            address.style = S3Address.Style(rawValue: vector["style"]?.string ?? "")
            let token = vector["temporary"]?.bool == true ? vectors["session_token"]?.string : nil
            let bucket = S3Bucket(
                address, region: try #require(vector["region"]?.string),
                endpoint: try vector["endpoint"]?.string.map { try AWSEndpoint($0) },
                credentials: FixedCredentials(
                    AWSCredentials(
                        accessKeyID: vectors["access_key_id"]?.string ?? "",
                        secretAccessKey: vectors["secret_access_key"]?.string ?? "", sessionToken: token)),
                http: HTTPClient(), time: ManualTime(Timestamp(milliseconds: vectors["time_ms"]?.int ?? 0)),
                random: SystemRandom())
            let url = try await bucket.readURL(
                try #require(vector["key"]?.string), contentType: vector["content_type"]?.string,
                disposition: nil,
                expiresSeconds: Int(vector["seconds"]?.int ?? 0))
            #expect(url == vector["url"]?.string)
        }
    }

    @Test func styleFollowsTheBucketAndTheEndpoint() throws {
        func path(_ bucket: String, _ endpoint: String?) throws -> String {
            let bucket = S3Bucket(
                S3Address(bucket: bucket), region: "eu-west-1",
                endpoint: try endpoint.map { try AWSEndpoint($0) },
                credentials: FixedCredentials(AWSCredentials(accessKeyID: "a", secretAccessKey: "b")),
                http: HTTPClient(), time: SystemTime(), random: SystemRandom())
            return bucket.request("GetObject", "GET", key: "k").path
        }
        #expect(try path("bucket", nil) == "/k")
        #expect(try path("with.dots", nil) == "/with.dots/k")
        #expect(try path("bucket", "http://127.0.0.1:5000") == "/bucket/k")
        #expect(try path("bucket", "http://localhost:5000") == "/bucket/k")
        #expect(try path("bucket", "https://[::1]") == "/bucket/k")
        #expect(try path("bucket", "https://objects.example") == "/k")
    }
}
