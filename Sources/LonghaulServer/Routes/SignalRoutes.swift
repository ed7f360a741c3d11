import LonghaulCore
import LonghaulEngine
import LonghaulHTTP
import LonghaulJSON

/// The calls with a signal token, which need no API key: a page that asks for approval, and the signal.
struct SignalRoutes: RouteGroup {
    let context: APIContext

    private static let pattern = "/v1/signals/{token}"
    private static let formType = "application/x-www-form-urlencoded"
    /// The maximum size of the page's form, in bytes.
    private static let maxFormBytes = 1024

    var routes: [Route] {
        [
            Route(
                method: "GET", pattern: Self.pattern, operation: "showSignal", tag: .durableJobs,
                access: .signalToken,
                summary: "A page with the buttons Approve and Reject.",
                description: """
                    For the link in a message to a person. The page needs no key and no scripts. Its buttons \
                    send `{\"approved\": true}` or `{\"approved\": false}`. Opening the page changes nothing. \
                    410 if the token was used or has expired.
                    """,
                answers: [200: .page, 404: .page, 410: .page], handler: show),
            Route(
                method: "POST", pattern: Self.pattern, operation: "signalByToken", tag: .durableJobs,
                access: .signalToken,
                summary: "Sends a signal to the operation of the token.",
                description: """
                    The token needs no key, serves once, and expires with the operation. 404 for an unknown \
                    token; 409 if it was used or has expired. The page of the token sends a form instead of \
                    JSON, and gets a page.
                    """, body: .named("SignalValue"), isBodyRequired: false,
                example: #"{"approved": true}"#,
                answers: [202: .named("SignalAnswer")], problems: [400, 404, 409, 413, 415],
                maxBodyBytes: context.maxValueBodyBytes, handler: signal),
        ]
    }

    /// The answer to an accepted signal.
    static func accepted(headers: HTTPHeaders = [:]) -> HTTPResponse {
        Answer.json(202, headers: headers) { $0.object { $0.field("status", "accepted") } }
    }

    /// Shows what the token asks for. It changes nothing, because mail programs open links before people do.
    @Sendable
    private func show(_ request: APIRequest) async throws -> HTTPResponse {
        guard let token = SignalToken(request.parameter("token")),
            let wait = try await context.engine.signalWait(of: token)
        else { return SignalPage.unknown.response }
        return (wait.isOpen ? SignalPage.question(wait) : .ended).response
    }

    @Sendable
    private func signal(_ request: APIRequest) async throws -> HTTPResponse {
        let type = request.http.headers["Content-Type"]?.prefix { $0 != ";" }.lowercased()
        if type == Self.formType { return try await answerForm(request) }
        let value = try await request.value()
        try await context.engine.signal(try token(of: request), value: value)
        return Self.accepted()
    }

    private func token(of request: APIRequest) throws(LonghaulError) -> SignalToken {
        guard let token = SignalToken(request.parameter("token")) else {
            throw LonghaulError(.notFound, "there is no such signal token")
        }
        return token
    }

    /// Sends the signal of a button of the page.
    private func answerForm(_ request: APIRequest) async throws -> HTTPResponse {
        let bytes = try await request.body(upTo: Self.maxFormBytes)
        let isApproved: Bool
        switch String(decoding: bytes, as: UTF8.self) {
        case "approved=true": isApproved = true
        case "approved=false": isApproved = false
        default: throw APIRequest.fault("approved", "expected the form approved=true or approved=false")
        }
        var writer = JSONWriter()
        writer.object { $0.field("approved", isApproved) }
        do throws(any Error) {
            try await context.engine.signal(try token(of: request), value: writer.text)
        } catch let error as LonghaulError where error.code == .notFound {
            return SignalPage.unknown.response
        } catch let error as LonghaulError where error.code == .conflict {
            return SignalPage.ended.response
        }
        return SignalPage.thanks(isApproved: isApproved).response
    }
}
