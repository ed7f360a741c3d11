import LonghaulStates
import LonghaulTestSupport
import Testing

@Suite struct PathTests {
    private static let store = """
        {"store": {"book": [
        {"category": "reference", "author": "Nigel Rees", "title": "Sayings", "price": 8.95},
        {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword", "price": 12.99},
        {"category": "fiction", "author": "Herman Melville", "title": "Moby", "isbn": "0-553", "price": 8.99},
        {"category": "fiction", "author": "Tolkien", "title": "Ring", "isbn": "0-395", "price": 22.99}],
        "bicycle": {"color": "red", "price": 19.95}}, "limit": 10, "a b": {"x.y": 1}, "tags": ["x", "y"], "n": null}
        """

    private func evaluate(_ path: String, _ input: String = PathTests.store) throws -> String {
        try JSONPath(path).evaluate(in: StateScope(input: json(input))).text
    }

    @Test(arguments: [
        ("$.limit", "10"), ("$['limit']", "10"), ("$[\"a b\"]['x.y']", "1"), ("$.n", "null"),
        ("$.store.book[0].title", #""Sayings""#), ("$.store.book[-1].title", #""Ring""#),
        ("$.store.book[*].price", "[8.95,12.99,8.99,22.99]"),
        ("$.store..price", "[8.95,12.99,8.99,22.99,19.95]"),
        ("$..author", #"["Nigel Rees","Evelyn Waugh","Herman Melville","Tolkien"]"#),
        ("$.store.*.color", #"["red"]"#), ("$..book[2].title", #"["Moby"]"#),
        ("$.store.book[0,1].title", #"["Sayings","Sword"]"#),
        ("$.store.book[:2].title", #"["Sayings","Sword"]"#),
        ("$.store.book[1:3].title", #"["Sword","Moby"]"#), ("$.store.book[-2:].title", #"["Moby","Ring"]"#),
        ("$.store.book[2:].title", #"["Moby","Ring"]"#), ("$.store.book[1:-1].title", "[]"),
        ("$.store.book[:-1].title", #"["Sayings","Sword","Moby"]"#),
        ("$.store.book[-3:-1].title", #"["Sword","Moby"]"#),
        ("$.store.book[?(@.isbn)].title", #"["Moby","Ring"]"#),
        ("$.store.book[?(!@.isbn)].title", #"["Sayings","Sword"]"#),
        ("$.store.book[?(@.price < 10)].title", #"["Sayings","Moby"]"#),
        ("$.store.book[?(@.price < $.limit && @.category=='fiction')].title", #"["Moby"]"#),
        ("$.store.book[?(@.price > 20 || @.price == 8.95)].title", #"["Sayings","Ring"]"#),
        ("$.store.book[?(!(@.price > 10))].title", #"["Sayings","Moby"]"#),
        ("$.store.book[?(@.author =~ /.*REES/i)].title", #"["Sayings"]"#),
        ("$.store.book[?(@.author =~ /Rees/)].title", "[]"),
        ("$.store.book[?(@.category in ['reference', 'other'])].title", #"["Sayings"]"#),
        ("$.store.book[?(@.category nin ['fiction'])].title", #"["Sayings"]"#),
        ("$.store.book[?(@.title size 4)].title", #"["Moby","Ring"]"#), ("$.tags[?(@ == 'y')]", #"["y"]"#),
        ("$[?(@.price == 'x')]", "[]"), ("$.store.book[?(@.price == '8.95')].title", #"["Sayings"]"#),
        ("$.store.bicycle['color','price']", #"{"color":"red","price":19.95}"#),
        ("$.store.book.length()", "4"), ("$.store.book[*].price.length()", "[null,null,null,null]"),
        ("$..price.sum()", "73.87"), ("$.tags.concat()", #""xy""#),
        ("$.store.bicycle.keys()", #"["color","price"]"#),
        ("$.tags.first()", #""x""#), ("$.tags.index(-1)", #""y""#), ("$.tags.append(3)", #"["x","y",3]"#),
        ("$.missing[*]", "[]"), ("$.limit[*].x", "[]"), ("$.store.book[9:].title", "[]"),
    ])
    func pathsLeadToValues(path: String, result: String) throws {
        #expect(try evaluate(path) == result)
    }

    @Test(arguments: [
        ("$.no", "No results for path: $['no']"), ("$.store.no", "No results for path: $['store']['no']"),
        ("$.no.such.path", "Missing property in path $['no']"),
        ("$.store.book[7]", "No results for path: $['store']['book'][7]"),
        ("$.n[0]", "The path $['n'] is null"),
        (
            "$.store[0]",
            "Filter: [0] can only be applied to arrays. Current context is: {book=[{category=reference, "
        ),
        (
            "$.limit.x",
            "Expected to find an object with property ['x'] in path $['limit'] but found 'java.lang.Integer'. "
                + "This is not a json object according to the JsonProvider: "
        ),
        ("$.tags.min()", "The function min has no numbers to work on"),
    ])
    func definitePathsWithoutValuesFail(path: String, message: String) throws {
        let error = #expect(throws: PathError.self) { try evaluate(path) }
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        "", "store", "$.", "$..", "$.a..", "$...a", "$[", "$['a", "$['a'", "$[a]", "$[?(@.a]",
        "$[?(@.a == )]", "$x y",
        "$[1:2:3]", "$[:]", "$.a b", "$.f(1)", "$[?(@.a =~ /(/)]", "$[1,]", "$.a[?(@.b ! 2)]",
        "$[99999999999]", "$[*",
    ])
    func otherTextsAreNoPaths(text: String) {
        let error = #expect(throws: PathError.self) { try JSONPath(text) }
        #expect(error?.kind == .syntax)
    }

    @Test func syntaxErrorsNameThePlace() {
        let error = #expect(throws: PathError.self) { try JSONPath("$.a[?(@.b ~ 2)]") }
        #expect(error?.message == "Unknown operator '~' at character 12")
    }

    @Test func rootsAreTheInputTheContextObjectAndVariables() throws {
        let scope = StateScope(
            input: try json(#"{"a": 1}"#), context: try json(#"{"Execution": {"Name": "n"}}"#),
            variables: ["order_1": try json(#"{"id": [7]}"#)])
        #expect(try JSONPath("$").evaluate(in: scope).text == #"{"a":1}"#)
        #expect(try JSONPath("$$.Execution.Name").evaluate(in: scope) == .string("n"))
        #expect(try JSONPath("$order_1.id[0]").evaluate(in: scope) == .integer(7))
        let error = #expect(throws: PathError.self) { try JSONPath("$order_1.x").evaluate(in: scope) }
        #expect(error?.message == "No results for path: $['order_1']['x']")
        #expect(throws: PathError.self) { try JSONPath("$other").evaluate(in: scope) }
        #expect(try JSONPath("$other").find(in: scope) == nil)
    }

    @Test func fieldsWithAPathFailInTheWordsOfAWS() throws {
        let scope = StateScope(input: try json("{}"))
        let failure = #expect(throws: StateFailure.self) {
            try JSONPath("$.no.such.result.path").resolve(in: scope)
        }
        #expect(failure?.error == "States.Runtime")
        #expect(
            failure?.cause(state: "RaiseRuntime", eventID: 2)
                == "An error occurred while executing the state 'RaiseRuntime' (entered at the event id #2). "
                + "Invalid path '$.no.such.result.path' : Missing property in path $['no']")
    }

    @Test func hostilePathsEndWithALimit() throws {
        var value = StateValue.array(Array(repeating: .integer(1), count: 100))
        for _ in 0..<3 { value = .array(Array(repeating: value, count: 100)) }
        let scope = StateScope(input: value)
        for path in ["$..*..*", "$[*][*][*][*]", "$..[?(@.a == $..b)]"] {
            let error = #expect(throws: PathError.self) { try JSONPath(path).evaluate(in: scope) }
            #expect(error?.kind == .limit)
        }
        let nested = "$" + String(repeating: "[?(@", count: 200) + String(repeating: ")]", count: 200)
        #expect(throws: PathError.self) { try JSONPath(nested) }
        #expect(throws: PathError.self) { try JSONPath("$" + String(repeating: ".a", count: 1001)) }
        #expect(throws: PathError.self) { try JSONPath("$[?(" + String(repeating: "!(", count: 100_000)) }
    }

    @Test func catastrophicPatternsEndWithALimit() throws {
        let text = StateValue.string(String(repeating: "a", count: 100) + "b")
        let scope = StateScope(input: .array(Array(repeating: text, count: 100)))
        let start = processorTime()
        let error = #expect(throws: PathError.self) {
            try JSONPath("$[?(@ =~ /(a|aa)+[^ab]/)]").evaluate(in: scope)
        }
        #expect(error?.kind == .limit)
        #expect(processorTime() - start < .seconds(5))
    }

    @Test(arguments: [
        ("$", "1", "2", "2"), ("$.r", #"{"a":1}"#, "2", #"{"a":1,"r":2}"#),
        ("$.a", #"{"a":1}"#, "2", #"{"a":2}"#),
        ("$.x.y", #"{"a":1}"#, "2", #"{"a":1,"x":{"y":2}}"#),
        ("$['x'].y", #"{"x":{"y":1}}"#, "[]", #"{"x":{"y":[]}}"#),
        ("$.a[1]", #"{"a":[1,2]}"#, "3", #"{"a":[1,3]}"#),
    ])
    func referencePathsAreWritten(path: String, document: String, value: String, result: String) throws {
        #expect(try ReferencePath(path).write(json(value), into: json(document)).text == result)
    }

    @Test func aReferencePathWithoutAPlaceFails() throws {
        let failure = #expect(throws: StateFailure.self) {
            try ReferencePath("$.x").write(.null, into: json("[1,2]"))
        }
        #expect(failure?.error == "States.ResultPathMatchFailure")
        #expect(failure?.message == "Unable to apply ReferencePath $.x to input [1,2]")
    }

    @Test(arguments: [
        "$..a", "$.a[*]", "$.a[0:1]", "$.a[0,1]", "$[?(@.a)]", "$$.a", "$a", "a", "$.a.length()",
    ])
    func onlyPathsToOnePlaceAreReferencePaths(text: String) {
        #expect(throws: PathError.self) { try ReferencePath(text) }
    }
}
