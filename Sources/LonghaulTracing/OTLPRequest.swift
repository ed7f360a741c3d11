import LonghaulCore
import LonghaulJSON

/// The JSON body of an OTLP request with spans of one process.
struct OTLPRequest: JSONWritable {
    let resource: [String: String]
    let spans: [Span]

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.array("resourceSpans") { writer in
                writer.object { writer in
                    writer.object("resource") { writer in
                        writer.array("attributes") { Self.write(resource, to: &$0) }
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
            writer.array("attributes") { writer in
                write(span.attributes, to: &writer)
                for (key, number) in span.numbers.sorted(by: { $0.key < $1.key }) {
                    writer.object { writer in
                        writer.field("key", key)
                        writer.object("value") { $0.field("intValue", "\(number)") }
                    }
                }
            }
            if !span.links.isEmpty {
                writer.array("links") { writer in
                    for link in span.links {
                        writer.object { writer in
                            writer.field("traceId", link.traceID.description)
                            writer.field("spanId", link.spanText)
                        }
                    }
                }
            }
            writer.object("status") { writer in
                guard let fault = span.fault else { return }
                writer.field("code", 2)
                writer.field("message", fault)
            }
        }
    }

    private static func write(_ attributes: [String: String], to writer: inout JSONWriter) {
        for (key, value) in attributes.sorted(by: { $0.key < $1.key }) {
            writer.object { writer in
                writer.field("key", key)
                writer.object("value") { $0.field("stringValue", value) }
            }
        }
    }
}
