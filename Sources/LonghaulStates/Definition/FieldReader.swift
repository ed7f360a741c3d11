internal import LonghaulJSON

/// Reads the fields of an object of a definition, and names places in errors.
struct FieldReader {
    let node: JSONNode
    /// The place in the definition: `/States/Pay`.
    let location: String
    /// The place in the state: empty for the state itself, `ItemReader/` for a part of it.
    var path = ""

    /// The member of this name; nil if there is none.
    subscript(name: String) -> JSONNode? { node[name] }

    /// An error at a field.
    func error(_ message: String, _ name: String? = nil) -> DefinitionError {
        DefinitionError(message, at: name.map { "\(location)/\($0)" } ?? location)
    }

    func requiredText(_ name: String) throws(DefinitionError) -> String {
        guard let field = node[name] else { throw error("Missing field '\(name)'") }
        guard let text = field.string else { throw error("Expected a string", name) }
        return text
    }

    func text(_ name: String) throws(DefinitionError) -> String? {
        node[name] == nil ? nil : try requiredText(name)
    }

    func requiredObject(_ name: String) throws(DefinitionError) -> JSONNode {
        guard let field = node[name] else { throw error("Missing field '\(name)'") }
        guard field.kind == .object else { throw error("Expected an object", name) }
        return field
    }

    /// The object of a field, for reading its fields; nil if there is none.
    func nested(_ name: String) throws(DefinitionError) -> FieldReader? {
        guard node[name] != nil else { return nil }
        return FieldReader(
            node: try requiredObject(name), location: "\(location)/\(name)", path: "\(path)\(name)/")
    }

    /// The objects of an array; empty if there is none.
    func objects(_ name: String) throws(DefinitionError) -> [FieldReader] {
        guard let field = node[name] else { return [] }
        guard field.kind == .array else { throw error("Expected an array", name) }
        var readers: [FieldReader] = []
        for (index, element) in field.elements.enumerated() {
            let place = "\(location)/\(name)[\(index)]"
            guard element.kind == .object else { throw DefinitionError("Expected an object", at: place) }
            readers.append(
                FieldReader(node: element, location: place, path: "\(path)\(name)[\(index)]/"))
        }
        return readers
    }

    func texts(_ name: String) throws(DefinitionError) -> [String] {
        guard let field = node[name] else { return [] }
        guard field.kind == .array else { throw error("Expected an array", name) }
        let texts = field.elements.compactMap(\.string)
        guard texts.count == field.elements.count else { throw error("Expected strings", name) }
        return texts
    }

    func template(_ name: String, _ language: QueryLanguage) throws(DefinitionError) -> Template? {
        guard let field = node[name] else { return nil }
        do {
            return try Template(StateValue(field), language, path: path + name)
        } catch {
            let place = error.location.dropFirst(path.utf8.count)
            throw DefinitionError(error.message, at: "\(location)/\(place)")
        }
    }

    func path(_ name: String) throws(DefinitionError) -> PathField? {
        guard let source = try text(name) else { return nil }
        do {
            return try PathField(source)
        } catch {
            throw self.error(error.message, name)
        }
    }

    func dataPath(_ name: String) throws(DefinitionError) -> DataPath {
        guard let field = node[name] else { return .whole }
        if field.isNull { return .nothing }
        guard field.string != "$", let path = try path(name) else { return .whole }
        return .path(path)
    }

    func resultPath() throws(DefinitionError) -> ResultPath {
        guard let field = node["ResultPath"] else { return .replace }
        if field.isNull { return .discard }
        let source = try requiredText("ResultPath")
        guard source != "$" else { return .replace }
        do {
            return .path(try ReferencePath(source))
        } catch {
            throw self.error(error.message, "ResultPath")
        }
    }

    /// A number, the path in the field of this name with `Path` at its end, or an expression.
    func number(_ name: String, _ language: QueryLanguage) throws(DefinitionError) -> NumberField? {
        if language == .jsonPath, let path = try path(name + "Path") { return .path(path) }
        guard let field = node[name] else { return nil }
        if field.kind == .string, language == .jsonata {
            return try template(name, language).map { .expression($0) }
        }
        guard field.kind == .number else { throw error("Expected a number", name) }
        return .literal(StateNumber(parsing: field.text.description))
    }

    /// A text, the path in the field of this name with `Path` at its end, or an expression.
    func computedText(_ name: String, _ language: QueryLanguage) throws(DefinitionError) -> TextField? {
        if language == .jsonPath, let path = try path(name + "Path") { return .path(path) }
        guard let text = try text(name) else { return nil }
        guard language == .jsonata, text.hasPrefix("{%"), let template = try template(name, language) else {
            return .literal(text)
        }
        return .expression(template)
    }

    func language(default fallback: QueryLanguage) throws(DefinitionError) -> QueryLanguage {
        guard let text = try text("QueryLanguage") else { return fallback }
        guard let language = QueryLanguage(rawValue: text) else {
            throw error("Invalid value '\(text)'", "QueryLanguage")
        }
        return language
    }
}
