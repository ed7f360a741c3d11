import LonghaulCore
import LonghaulJSON

/// The JSON body of an OTLP request with spans of one service.
struct OTLPRequest: JSONWritable {
    let service: String
    let version: String
    let spans: [Span]

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.array("resourceSpans") { writer in
                writer.object { writer in
                    writer.object("resource") { writer in
                        Self.write(
                            ["service.name": service, "service.version": version], to: &writer)
                    }
                    writer.array("scopeSpans") { writer in
                        writer.object { writer in
                            writer.object("scope") { $0.field("name", "longhaul") }
                            writer.array("spans") { writer in
                                for span in spans { Self.write(span, to: &writer) }
                            }
                        }
                    }
                }
            }
        }
    }

    private static func write(_ span: Span, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("traceId", span.context.traceID.description)
            writer.field("spanId", span.context.spanText)
            if let parent = span.parent { writer.field("parentSpanId", parent.spanText) }
            writer.field("name", span.name)
            writer.field("kind", span.kind.rawValue)
            // Integers of 64 bits are strings in the JSON of protocol buffers.
            writer.field("startTimeUnixNano", "\(span.start.milliseconds)000000")
            writer.field("endTimeUnixNano", "\(span.end.milliseconds)000000")
            write(span.attributes, to: &writer)
            writer.object("status") { writer in
                guard let fault = span.fault else { return }
                writer.field("code", 2)
                writer.field("message", fault)
            }
        }
    }

    private static func write(_ attributes: [String: String], to writer: inout JSONWriter) {
        writer.array("attributes") { writer in
            for (key, value) in attributes.sorted(by: { $0.key < $1.key }) {
                writer.object { writer in
                    writer.field("key", key)
                    writer.object("value") { $0.field("stringValue", value) }
                }
            }
        }
    }
}
