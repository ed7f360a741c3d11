import LonghaulAWS
import LonghaulStates

/// An error that an AWS service has answered.
struct ServiceFault: Sendable, Hashable {
    /// The code: `ResourceNotFoundException`.
    let code: String
    let message: String
    let status: Int
    let requestID: String
    var extendedRequestID: String?

    init(code: String, message: String, status: Int, requestID: String) {
        self.code = code
        self.message = message
        self.status = status
        self.requestID = requestID
    }

    /// Maximum length of a message that has no form, in bytes.
    private static let maxMessageBytes = 1000

    /// Reads an answer.
    init(_ response: TaskResponse, _ model: ServiceModel) {
        status = response.status
        extendedRequestID = response.header("x-amz-id-2")
        let fields = ServiceFault.fields(response, model)
        code = fields.code ?? "\(response.status)"
        requestID = response.requestID ?? fields.requestID ?? "null"
        message =
            fields.message
            ?? String(decoding: response.body.prefix(ServiceFault.maxMessageBytes), as: UTF8.self)
    }

    private struct Fields {
        var code: String?
        var message: String?
        var requestID: String?
    }

    private static func fields(_ response: TaskResponse, _ model: ServiceModel) -> Fields {
        switch model.encoding {
        case .json, .restJSON:
            let body = try? StateValue(parsing: response.body)
            // A code may have a name space before it and a URL after it.
            let type = response.header("x-amzn-ErrorType") ?? body?["__type"]?.string ?? body?["code"]?.string
            let code = type?.split(separator: "#").last?.split(separator: ":").first
            return Fields(
                code: code.map(String.init), message: body?["message"]?.string ?? body?["Message"]?.string,
                requestID: nil)
        case .query, .restXML:
            let root = XMLElement(parsing: response.body)
            let error = root?.name == "Error" ? root : root?.first("Error")
            return Fields(
                code: error?.text(of: "Code"), message: error?.text(of: "Message"),
                requestID: root?.text(of: "RequestId") ?? root?.text(of: "RequestID"))
        }
    }
}
