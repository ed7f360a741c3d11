import LonghaulAWS
import LonghaulCore
import LonghaulJSON

/// Queues: their URLs, their creation and what they hold.
extension SQSService {
    /// SQS moves a message that was received so often to the queue of unreadable messages, and its console can move it
    /// back. The maximum of SQS, because IDs of a kind without workers are received and returned many times.
    private static let maxReceiveCount = 1000

    /// The URL of a queue; nil if it does not exist.
    func findURL(of name: String, isProbe: Bool = false) async throws(AWSError) -> String? {
        do throws(AWSError) {
            let answer = try await call("GetQueueUrl", on: name, isProbe: isProbe) { writer in
                writer.field("QueueName", name)
            }
            return try text(answer, "QueueUrl", of: "GetQueueUrl", on: name)
        } catch {
            if error.kind == .missing, !error.isForeign { return nil }
            throw error
        }
    }

    /// Creates a queue and returns its URL.
    ///
    /// - Parameter unreadable: the ARN of the queue of unreadable messages; nil for that queue itself.
    func create(
        _ name: String, tags: [String: String], unreadable: String?
    ) async throws(AWSError) -> String {
        do throws(AWSError) {
            let answer = try await call("CreateQueue", on: name) { writer in
                writer.field("QueueName", name)
                writer.object("Attributes") { writer in
                    writer.field("VisibilityTimeout", "\(Self.visibilitySeconds)")
                    writer.field("ReceiveMessageWaitTimeSeconds", "\(Self.maxWaitSeconds)")
                    if let unreadable {
                        writer.field("RedrivePolicy", Self.redrivePolicy(to: unreadable))
                    }
                }
                writer.object("tags") { writer in
                    let all = address.tags.merging(tags) { $1 }
                    for (tag, value) in all.sorted(by: { $0.key < $1.key }) { writer.field(tag, value) }
                }
            }
            return try text(answer, "QueueUrl", of: "CreateQueue", on: name)
        } catch {
            // It was created at the same time, with other attributes.
            guard error.code == "QueueNameExists" || error.code == "QueueAlreadyExists",
                let url = try await findURL(of: name)
            else { throw error }
            return url
        }
    }

    private static func redrivePolicy(to arn: String) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("deadLetterTargetArn", arn)
            writer.field("maxReceiveCount", maxReceiveCount)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The ARN of the queue of unreadable messages.
    func unreadableARN() async throws(AWSError) -> String {
        try await withUnreadableURL { url throws(AWSError) in
            let answer = try await attributes(["QueueArn"], of: names.unreadable, url)
            return try text(answer, "QueueArn", of: "GetQueueAttributes", on: names.unreadable)
        }
    }

    /// The number of messages in a queue, including those that servers have received and not deleted.
    func count(_ place: SQSPlace) async throws(AWSError) -> Int {
        let counts = [
            "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        return try await withURL(of: place) { name, url throws(AWSError) in
            let answer = try await attributes(counts, of: name, url)
            return counts.reduce(0) { $0 + (answer?[$1]?.string.flatMap { Int($0) } ?? 0) }
        }
    }

    private func attributes(
        _ attributes: [String], of name: String, _ url: String
    ) async throws(AWSError) -> JSONNode? {
        let answer = try await call("GetQueueAttributes", on: name) { writer in
            writer.field("QueueUrl", url)
            writer.field("AttributeNames", attributes)
        }
        return answer?["Attributes"]
    }

    private func text(
        _ node: JSONNode?, _ field: String, of action: String, on name: String
    ) throws(AWSError) -> String {
        guard let text = node?[field]?.string else {
            throw AWSError(.unavailable, "sqs:\(action) on the queue \"\(name)\" returned no \(field)")
        }
        return text
    }
}
