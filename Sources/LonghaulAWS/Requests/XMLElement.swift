import CExpat

/// An element of an XML document, with its text and its children. Attributes and namespaces are ignored.
public struct XMLElement: Sendable, Hashable {
    /// The name without its prefix.
    public let name: String
    /// The text between the tags, without that of the children.
    public fileprivate(set) var text = ""
    /// The elements directly below this one, in order.
    public fileprivate(set) var children: [XMLElement] = []

    fileprivate init(name: String) {
        self.name = name
    }

    /// Parses a document with expat. Nil if it is no well-formed XML, declares entities, or is nested too deep.
    public init?(parsing bytes: [UInt8]) {
        guard let root = XMLReader().read(bytes) else { return nil }
        self = root
    }

    /// The first child of this name.
    public func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text of the first child of this name; nil if there is none or if it is empty.
    public func text(of name: String) -> String? {
        first(name).flatMap { $0.text.isEmpty ? nil : $0.text }
    }

    /// All children of this name.
    public func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

/// Builds the elements from the events of expat.
private final class XMLReader {
    private static let maxDepth = 32

    /// The open elements, from the outermost one.
    private var open: [XMLElement] = []
    private var root: XMLElement?
    private var isRefused = false

    func read(_ bytes: [UInt8]) -> XMLElement? {
        guard let count = Int32(exactly: bytes.count), let parser = XML_ParserCreate("UTF-8") else {
            return nil
        }
        defer { XML_ParserFree(parser) }
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(parser, xmlStart, xmlEnd)
        XML_SetCharacterDataHandler(parser, xmlText)
        // A document type could declare entities, which expand to any length.
        XML_SetStartDoctypeDeclHandler(parser, xmlDoctype)
        let status = bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { XML_Parse(parser, $0.baseAddress, count, 1) }
        }
        return status == XML_STATUS_OK && !isRefused ? root : nil
    }

    func start(_ name: UnsafePointer<CChar>) {
        let whole = String(cString: name)
        guard open.count < Self.maxDepth else { return refuse() }
        open.append(XMLElement(name: whole.split(separator: ":").last.map(String.init) ?? whole))
    }

    func end() {
        guard let element = open.popLast() else { return }
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    func add(_ text: UnsafePointer<CChar>, _ count: Int32) {
        guard !open.isEmpty else { return }
        let bytes = UnsafeRawBufferPointer(start: text, count: Int(count))
        open[open.count - 1].text += String(decoding: bytes, as: UTF8.self)
    }

    func refuse() { isRefused = true }

    static func of(_ context: UnsafeMutableRawPointer?) -> XMLReader? {
        context.map { Unmanaged<XMLReader>.fromOpaque($0).takeUnretainedValue() }
    }
}

private let xmlStart: XML_StartElementHandler = { context, name, _ in
    if let name { XMLReader.of(context)?.start(name) }
}

private let xmlEnd: XML_EndElementHandler = { context, _ in XMLReader.of(context)?.end() }

private let xmlText: XML_CharacterDataHandler = { context, text, count in
    if let text { XMLReader.of(context)?.add(text, count) }
}

private let xmlDoctype: XML_StartDoctypeDeclHandler = { context, _, _, _, _ in XMLReader.of(context)?.refuse()
}
