import LonghaulJSON
import LonghaulStates

/// Targets for the states language.
extension FuzzTarget {
    /// The targets for the states language.
    static let states = [statePaths, intrinsics, payloadTemplates, choiceRules, definitions]

    private static let document = """
        {"a":[{"b":1,"t":"x"},{"b":2,"t":"é😀"}],"n":-1.5,"s":"The quick fox","e":[],"o":{"p":{"q":[[1],[2]]}},\
        "big":9007199254740993,"nil":null,"date":"2016-03-14T01:59:00Z"}
        """

    private static func scope() throws -> StateScope {
        let input = try StateValue(parsing: document)
        return StateScope(input: input, context: .members([("Execution", input)]), variables: ["v": input])
    }

    private static let paths = [
        "$.a[*].b", "$..t", "$['a','s']", "$.a[-1:].t", "$.a[0,1]['b']", "$.a[?(@.b > 1 && @.t =~ /É.*/i)]",
        "$.a[?(!(@.b in [1, 2]) || $.n == -1.5)].t", "$$.Execution.o.p.q[0][0]", "$v.a[0].b", "$.a.length()",
        "$..b.sum()", "$.a[?(@.t size 1)]..b", "$.o.p.q[*].append(1)", "$.a[?(@.b nin $.e)]",
    ]

    private static let pathWords = [
        "$", "@", "..", "[?(", ")]", "[*]", "['", "\\'", "&&", "||", "!", "=~ /(a*)*b/", "[-9:9]", ".keys()",
        "$v",
    ]

    /// Runs a property within its time.
    private static func timed(_ body: () throws -> Bool) throws -> Bool {
        let start = ContinuousClock.now
        let isAccepted = try body()
        try expect(ContinuousClock.now - start < .seconds(5), "takes longer than its limit")
        return isAccepted
    }

    /// Paths evaluate within their limits; a value that a reference path writes is found there.
    static let statePaths = FuzzTarget("state path", seeds: paths, words: pathWords) { bytes in
        guard let text = String(validating: bytes, as: UTF8.self), let path = try? JSONPath(text) else {
            return false
        }
        return try timed {
            let scope = try scope()
            _ = try? path.evaluate(in: scope)
            if let reference = try? ReferencePath(text),
                let written = try? reference.write(.string("w"), into: scope.input)
            {
                let found = try path.find(in: StateScope(input: written))
                try expect(found == .string("w"), "does not find what it wrote")
            }
            return true
        }
    }

    private static let calls = [
        "States.Format('{} \\{\\} it\\'s {}', $.s, $v.n)", "States.StringToJson('{\"a\": [1, null]}')",
        "States.JsonToString($.o)", "States.ArrayPartition($.a[*].b, 2)", "States.ArrayRange(1, 9, 2)",
        "States.ArrayContains(States.Array(1, 'x'), $.a[0].b)", "States.ArrayGetItem($.o.p.q, 1)",
        "States.ArrayUnique($..b)", "States.Base64Decode(States.Base64Encode($.s))",
        "States.Hash($.s, 'SHA-256')",
        "States.JsonMerge($.o, $.a[0], false)", "States.MathRandom(1, 10, 7)", "States.MathAdd($.n, $.big)",
        "States.StringSplit($.s, ' x')", "States.UUID()", "States.ArrayLength($.e)",
    ]

    private static let callWords = [
        "States.Array(", ")", "'", "\\", "{}", ", ", "-9223372036854775808", "1e308", "$.nil",
    ]

    /// Calls of intrinsic functions compile and run, or fail.
    static let intrinsics = FuzzTarget("intrinsic function", seeds: calls, words: callWords) { bytes in
        guard let text = String(validating: bytes, as: UTF8.self), let call = try? IntrinsicCall(text) else {
            return false
        }
        return try timed {
            let value = try? call.evaluate(in: try scope())
            if let value {
                try expect(try StateValue(value.json) == value, "makes a value that is not read back")
            }
            return true
        }
    }

    private static let templates = [
        #"{"id.$":"$.a[0].b","x":[{"y.$":"States.Format('{}', $.n)"},"$.a"],"z":{"w":{"v.$":"$$.Execution"}}}"#,
        #"{"all.$":"$","list.$":"$..b","v.$":"$v.s","n":1.0}"#,
    ]

    /// Payload templates evaluate to values that can be written and read.
    static let payloadTemplates = FuzzTarget("payload template", seeds: templates, words: paths + calls) {
        bytes in
        guard let value = try? StateValue(parsing: bytes), let template = try? PayloadTemplate(value) else {
            return false
        }
        return try timed {
            if let result = try? template.evaluate(in: try scope()) {
                try expect(try StateValue(result.json) == result, "makes a value that is not read back")
            }
            return true
        }
    }

    private static let rules = [
        #"{"Variable":"$.n","NumericLessThan":0}"#,
        #"{"Not":{"Variable":"$.s","StringMatches":"*qu\\*ck*"}}"#,
        #"{"And":[{"Variable":"$.nope","IsPresent":false},{"Or":[{"Variable":"$.nil","IsNull":true}]}]}"#,
        #"{"Variable":"$.date","TimestampGreaterThanEqualsPath":"$v.date"}"#,
        #"{"Variable":"$.s","StringGreaterThanPath":"$.a[1].t"}"#,
        #"{"Variable":"$.n","BooleanEquals":true}"#,
    ]

    /// Choice rules match or do not match; a missing value is the only error.
    static let choiceRules = FuzzTarget("choice rule", seeds: rules, words: paths) { bytes in
        guard let value = try? StateValue(parsing: bytes), let rule = try? ChoiceRule(value) else {
            return false
        }
        return try timed {
            do {
                _ = try rule.matches(in: try scope())
            } catch let failure as StateFailure {
                try expect(failure.error == "States.Runtime", "fails with \(failure.error)")
            }
            return true
        }
    }

    private static let machines = [
        #"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"x.$":"$.a"},"Assign":{"v":1},"Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNumeric":true,"Next":"C"}],"Default":"D"},"C":{"Type":"Wait","Seconds":1,"Next":"D"},"D":{"Type":"Fail","Error":"E","CausePath":"$.c"}}}"#,
        #"{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":"{% $states.input.a %}","MaxConcurrency":2,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","Output":{"b":"{% $v & 1 %}"},"End":true}}},"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":2,"BackoffRate":1.5}],"Catch":[{"ErrorEquals":["States.ALL"],"Output":"{% $states.errorOutput %}","Next":"S"}],"Next":"S"},"S":{"Type":"Succeed"}}}"#,
        #"{"StartAt":"T","TimeoutSeconds":60,"States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","HeartbeatSeconds":5,"ResultPath":"$.r","Next":"Q"},"Q":{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{"Type":"Succeed"}}},{"StartAt":"Y","States":{"Y":{"Type":"Pass","Result":1,"End":true}}}],"OutputPath":"$[0]","End":true}}}"#,
    ]

    private static let machineWords = [
        "null", "true", "[]", "{}", "-1", "0.5", #""x""#, #""{% a %}""#, #""{% $states.result %}""#,
        #""$.a""#,
        #""Type":"Map","#, #""End":true,"#, #""Next":"A","#, #""QueryLanguage":"JSONata","#, #""Label":"l","#,
    ]

    /// A definition that has no errors can be parsed.
    static let definitions = FuzzTarget("definition", seeds: machines, words: machineWords) { bytes in
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        return try timed {
            let errors = DefinitionChecks().check(text).filter { $0.severity == .error }
            try expect(errors.allSatisfy { !$0.message.isEmpty }, "has an error without a message")
            guard errors.isEmpty else { return false }
            do {
                _ = try StateMachine(parsing: text)
            } catch {
                throw Broken(description: "passes the checks, but: \(error)")
            }
            return true
        }
    }
}
