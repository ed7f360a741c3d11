import Foundation
import LonghaulCore
import LonghaulHTTP
import LonghaulTestSupport
import Testing

@testable import LonghaulAWS

/// Settings and credentials from the environment and the shared files.
struct ProfileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// An environment whose home folder is that of the test, without instance metadata.
    private func environment(_ more: [String: String] = [:]) -> AWSEnvironment {
        let basis = ["HOME": folder.path, "AWS_EC2_METADATA_DISABLED": "true", "PATH": "/usr/bin:/bin"]
        return AWSEnvironment(basis.merging(more) { $1 })
    }

    private func credentials(
        _ variables: [String: String] = [:], profile: String? = nil
    ) async throws(AWSError) -> AWSCredentials {
        let settings = try await AWSSettings(environment: environment(variables), profile: profile)
        return try await settings.credentials(http: HTTPClient()).credentials()
    }

    private func expectError(
        _ kind: AWSError.Kind, _ part: String, _ body: () async throws(AWSError) -> AWSCredentials
    ) async {
        let error = await #expect(throws: AWSError.self) { try await body() }
        #expect(error?.kind == kind)
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test func regionComesFromTheEnvironmentThenTheProfile() async throws {
        try folder.write(
            ".aws/config", "[default]\nregion = eu-west-1\n[profile  \"other one\"]\nregion=eu-west-2\n")
        #expect(try await AWSSettings(environment: environment()).region == "eu-west-1")
        let other = environment(["AWS_PROFILE": "other one"])
        #expect(try await AWSSettings(environment: other).region == "eu-west-2")
        let second = environment(["AWS_DEFAULT_REGION": "us-west-2"])
        #expect(try await AWSSettings(environment: second).region == "us-west-2")
        let first = environment(["AWS_DEFAULT_REGION": "us-west-2", "AWS_REGION": "us-west-1"])
        #expect(try await AWSSettings(environment: first).region == "us-west-1")
        #expect(try await AWSSettings(environment: AWSEnvironment(["HOME": "/nowhere"])).region == nil)
    }

    @Test func endpointComesFromTheEnvironmentThenTheProfile() async throws {
        try folder.write(".aws/config", "[default]\nendpoint_url = http://127.0.0.1:1\n")
        #expect(
            try await AWSSettings(environment: environment()).endpoint(of: "s3")?.authority == "127.0.0.1:1")
        let general = environment(["AWS_ENDPOINT_URL": "http://127.0.0.1:2"])
        #expect(try await AWSSettings(environment: general).endpoint(of: "s3")?.authority == "127.0.0.1:2")
        let special = environment([
            "AWS_ENDPOINT_URL": "http://127.0.0.1:2", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:3",
        ])
        #expect(try await AWSSettings(environment: special).endpoint(of: "s3")?.authority == "127.0.0.1:3")
        let ignored = environment(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"])
        #expect(try await AWSSettings(environment: ignored).endpoint(of: "s3") == nil)
    }

    @Test func environmentIsPreferredToFilesUnlessAProfileIsNamed() async throws {
        try folder.write(
            ".aws/credentials",
            """
            # Keys of two accounts.
            [default]
            aws_access_key_id = FILE
            aws_secret_access_key = s1 ; no comment
            [work]
            aws_access_key_id=WORK
            aws_secret_access_key=s2
            aws_session_token=t2
            s3 =
              addressing_style = path
            """)
        let file = try await credentials()
        #expect(
            file.accessKeyID == "FILE" && file.secretAccessKey == "s1 ; no comment"
                && file.sessionToken == nil)
        let keys = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s3", "AWS_SESSION_TOKEN": "t3"]
        #expect(try await credentials(keys).sessionToken == "t3")
        #expect(try await credentials(keys.merging(["AWS_PROFILE": "work"]) { $1 }).accessKeyID == "ENV")
        let named = try await credentials(keys, profile: "work")
        #expect(named.accessKeyID == "WORK" && named.sessionToken == "t2")
    }

    @Test func missingCredentialsAndProfilesAreNamed() async throws {
        await expectError(.credentials, "AWS_ACCESS_KEY_ID") { () throws(AWSError) in try await credentials()
        }
        await expectError(.configuration, "no AWS profile \"absent\"") { () throws(AWSError) in
            try await credentials(profile: "absent")
        }
        await expectError(.credentials, "AWS_SECRET_ACCESS_KEY is not") { () throws(AWSError) in
            try await credentials(["AWS_ACCESS_KEY_ID": "A"])
        }
        try folder.write(
            ".aws/config",
            "[profile a]\nrole_arn=r\n[profile b]\nrole_arn=r\nsource_profile=gone\n[profile c]\nsso_session=x\n"
                + "[profile d]\nrole_arn=r\nsource_profile=e\n[profile e]\nrole_arn=r\nsource_profile=d\n")
        await expectError(.configuration, "needs a source_profile") { () throws(AWSError) in
            try await credentials(profile: "a")
        }
        await expectError(.configuration, "\"gone\"") { () throws(AWSError) in
            try await credentials(profile: "b")
        }
        await expectError(.configuration, "SSO") { () throws(AWSError) in try await credentials(profile: "c")
        }
        await expectError(.configuration, "source profiles") { () throws(AWSError) in
            try await credentials(profile: "d")
        }
    }

    @Test func processPrintsCredentials() async throws {
        let program = try folder.write(
            "print keys",
            "#!/bin/sh\necho noise >&2\nsed s/ID/$1/ <<'E'\n{\"Version\": 1, \"AccessKeyId\": \"ID\", "
                + "\"SecretAccessKey\": \"s\", \"SessionToken\": \"t\", \"Expiration\": \"2099-01-01T00:00:00Z\"}\nE\n",
            executable: true)
        try folder.write(
            ".aws/config",
            """
            [profile good]
            credential_process = "\(program)" PROC
            [profile bad]
            credential_process = echo s3cret; exit 3
            [profile text]
            credential_process = echo s3cret
            [profile large]
            credential_process = yes s3cret
            """)
        let keys = try await credentials(profile: "good")
        #expect(keys.accessKeyID == "PROC" && keys.sessionToken == "t")
        #expect(keys.expiresAt == Timestamp(rfc3339: "2099-01-01T00:00:00Z"))
        let parts = ["bad": "exit code 3", "text": "no JSON object", "large": "more than"]
        for (profile, part) in parts {
            await expectError(.credentials, part) { () throws(AWSError) in
                try await credentials(profile: profile)
            }
            let error = await #expect(throws: AWSError.self) { try await credentials(profile: profile) }
            #expect(error?.message.contains("s3cret") == false)
        }
    }

    @Test func processThatDoesNotEndIsKilled() async throws {
        let mark = folder.file("mark")
        let source = ProcessSource(
            command: "sleep 1000 & echo $! >\(mark); wait", profile: "slow", environment: environment(),
            timeoutSeconds: 0.3)
        await expectError(.credentials, "did not end") { () throws(AWSError) in try await source.run() }
        let child = try #require(pid_t(try String(contentsOfFile: mark, encoding: .utf8).filter(\.isNumber)))
        try await eventually("the child is killed") { isGone(child) }
    }

    /// Whether a process has ended. An orphan of a container may stay as a zombie.
    private func isGone(_ process: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
            return true
        }
        return status.split(separator: ")").last?.hasPrefix(" Z") == true
    }
}
