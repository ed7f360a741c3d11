import LonghaulJSON
import LonghaulJSONata
import Testing

/// What expressions read from outside, and values that callers build.
@Suite struct ReferencesTests {
    @Test(arguments: [
        ("$a + $b.c.d - $a", "a b.c"), ("($x := 1; $x + $y)", "y"),
        ("($x := $x + 1; $x)", "x"), ("($f := function($n) { $n = 0 ? 1 : $f($n - 1) }; $f($m))", "m"),
        ("$map($list, function($v, $i) { $v * $i * $k })", "list k"),
        ("$sum($states.input.n)", "states.input"),
        ("$orders@$o#$i.items[$o.id = $id].{'n': $i}", "orders.items id"), ("$l^(>$key).x", "l key"),
        ("$a{ $b: $c }", "a b c"), ("$d ~> |$p|{'x': $u}, ['y']|", "d p u"),
        ("[$a, {'k': $b ? $c : $d}]", "a b c d"),
        ("$f(?, $g)", "f g"), ("$a ?? $b ?: $c", "a b c"), ("$[0] & $$", ""), ("$states[0].x.y", "states.x"),
    ])
    func variablesAreListed(source: String, variables: String) throws {
        let expression = try JSONataExpression(compiling: source)
        let found = expression.references.variables.map { $0.name + ($0.field.map { ".\($0)" } ?? "") }
        #expect(found.joined(separator: " ") == variables)
    }

    @Test(arguments: [
        ("phone", "phone"), ("phone.number", "phone"), ("a + b[c].d", "a b"), ("$x.y.z", ""),
        ("$map([1], function($v) { total })", "total"), ("{'a': b, c: 1}", "b c"), ("(a; $x.(b))", "a"),
        ("$sum(prices)", "prices"), ("$x ~> |y|{'z': w}|", ""), ("$x[a = 1]", ""), ("a ? b : c", "a b c"),
    ])
    func namesOfTheInputAreListed(source: String, names: String) throws {
        let references = try JSONataExpression(compiling: source).references
        #expect(references.inputNames.joined(separator: " ") == names)
    }

    @Test func theWholeDocumentIsNoticed() throws {
        #expect(try JSONataExpression(compiling: "$x[$$.a = b]").references.readsDocument)
        #expect(try !JSONataExpression(compiling: "$.a").references.readsDocument)
    }

    @Test func functionsAsResultsCanBeRefused() throws {
        let options = JSONataOptions(allowsFunctionResults: false)
        for source in ["$sum", "function($x) { $x }", "{'a': [1, $sum]}", "$f := function() { 1 }"] {
            #expect(try evaluationError(source, options: options)?.code == "D3155")
            #expect(try evaluate(source) != nil)
        }
        #expect(try evaluate("$map([1, 2], function($x) { $x + 1 })", options: options) == "[2,3]")
    }

    @Test func valuesCanBeBuilt() throws {
        let value = JSONataValue(members: [
            ("b", JSONataValue(elements: [.null, JSONataValue(true), JSONataValue(1.5)])),
            ("a", JSONataValue("x")),
        ])
        #expect(try value.json().description == #"{"b":[null,true,1.5],"a":"x"}"#)
        let sum = try JSONataExpression(compiling: "b[2] & a").evaluate(value)
        #expect(sum?.string == "1.5x")
    }
}
