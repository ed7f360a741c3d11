"""Compares longhaul's JSONata with jsonata-python on random expressions.

Where the two differ, the documentation of jsonata-js decides. Known differences of jsonata-python are not
generated.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import time

import jsonata

DOCUMENT = {
    "name": "Ann", "age": 41, "tags": ["a", "b", "c"], "empty": [], "none": None, "yes": True,
    "nested": {"x": 1.5, "y": {"z": [1, 2, {"w": "deep"}]}},
    "items": [
        {"id": 3, "price": 2.5, "kind": "k1", "parts": [{"n": 1}, {"n": 2}]},
        {"id": 1, "price": 10, "kind": "k2", "parts": [{"n": 3}]},
        {"id": 2, "price": 7.25, "kind": "k1", "parts": []},
    ],
    "text": "The quick brown fox, 123 and 45.6", "matrix": [[1, 2], [3, 4]],
}


# The grammar: for each kind of expression, the forms without parts, then the forms with parts in `<…>`. Kinds whose
# forms without parts are empty are made of other kinds only.
GRAMMAR = {
    "number": (
        ["0", "1", "2", "3.5", "-4", "age", "nested.x", "items[0].id", "1e3", "0.1", "7"],
        ["(<number> <+-*> <number>)", "(<number> / <divisor>)", "(<whole> % <whole divisor>)", "$sum(<numbers>)", "$<extreme>(<numbers>)",
         "$count(<array>)", "$length(<text>)", "$round(<number>, <decimals>)", "$<rounding>(<number>)",
         "(<boolean> ? <number> : <number>)", "$reduce(<numbers>, function($a, $b) {$a + $b})",
         "(<number> ~> function($v) {$v * 2})", "($v := <number>; $v + <number>)", "-(<number>)",
         "(<maybe> ?? <number>)", "(<maybe> ?: <number>)"]),
    "numbers": (
        ["[1, 2, 3]", "items.id", "items.price", "[1..4]", "items.parts.n", "matrix[0]", "[5]"],
        ["[<number>, <number>]", "<numbers>.($ * 2)", "<numbers>[$ > <few>]",
         "$map(<numbers>, function($v, $i) {$v + $i})", "$filter(<numbers>, function($v) {$v > <few>})",
         "$sort(<numbers>)", "<numbers>^(<order>)", "$append(<numbers>, <numbers>)", "$reverse(<numbers>)",
         "$distinct(<numbers>)", "[<start>..<end>]"]),
    "text": (
        ["'abc'", "name", "text", "'a,b,c'", "items[1].kind", "tags[0]", "''", "'Ünï'"],
        ["(<text> & <value>)", "$uppercase(<text>)", "$lowercase(<text>)", "$substring(<text>, <position>, <length>)",
         "$substringBefore(<text>, <separator>)", "$substringAfter(<text>, 'a')", "$trim('  ' & <text> & '  ')",
         "$pad(<text>, <width>, '#')", "$replace(<text>, <pattern>, '<$0>')",
         "$join($split(<text>, <splitter>), '-')", "$string(<value>)", "$join(tags, <text>)",
         "$formatNumber(<number>, <number picture>)", "$formatBase($floor(<number>), <base>)",
         "$formatInteger($abs($floor(<few>)), <integer picture>)", "$fromMillis(<time>, <date picture>)",
         "$type(<value>)", "$encodeUrlComponent(<text>)", "$base64encode('abc')"]),
    "boolean": (
        ["true", "false", "yes", "$exists(missing)", "$exists(name)"],
        ["(<number> <comparison> <number>)", "(<text> <equality> <text>)", "(<boolean> <junction> <boolean>)",
         "$not(<value>)", "$boolean(<value>)", "(<few> in <numbers>)", "$contains(<text>, <pattern>)",
         "(<value> = <value>)"]),
    "array": (
        ["items", "tags", "empty", "matrix", "nested.y.z", "items.parts", "items.kind"],
        ["<numbers>", "<numbers>[[0..1]]", "[<value>, <value>]", "<path>[]", "$spread(<object>)", "$keys(<object>)",
         "$each(<object>, function($v, $k) {$k})", "$zip(<numbers>, <numbers>)", "items^(<item order>).id",
         "$split(<text>, 'a')", "$match(<text>, <pattern>)", "items@$i.parts@$p.{'i': $i.id, 'n': $p.n}",
         "items#$n.{'n': $n, 'id': id}", "items.parts.{'n': n, 'kind': %.kind}"]),
    "object": (
        ["nested", "items[0]", "$", "{'a': 1, 'b': [2]}", "{}"],
        ["{'p': <value>, 'q': <value>}", "items{kind: <summary>}", "$merge([<object>, <object>])",
         "$sift(<object>, function($v, $k) {$k != 'p'})", "(<object> ~> |$|{'t': <value>}|)"]),
    "path": ([], ["<origin><predicate>", "<origin>.<step><predicate>", "<origin>.<step>.<step><predicate>",
                  "<origin>.<step>.<step>.<step><predicate>"]),
    "value": ([], ["<number>", "<text>", "<boolean>", "<array>", "<object>", "<path>", "<numbers>"]),
}

# Parts without parts.
WORDS = {
    "+-*": ["+", "-", "*"], "divisor": ["2", "3", "7", "0.5"],
    # jsonata-python drops the fractions of the operands of %.
    "whole": ["7", "age", "items[0].id", "1e3"], "whole divisor": ["2", "3", "7"],
    "extreme": ["max", "min", "average"], "decimals": ["0", "1", "2", "-1"], "rounding": ["floor", "ceil", "abs"],
    "maybe": ["missing", "none", "age", "items[9].id"], "few": GRAMMAR["number"][0], "order": ["$", ">$", "<$"],
    "start": ["1", "0", "-2"], "end": ["3", "5", "1"], "position": ["0", "1", "-2"], "length": ["1", "3"],
    "separator": ["'b'", "tags[1]"], "width": ["5", "-8", "12"], "base": ["2", "16", "10"],
    "pattern": ["/[a-c]+/", "/o/", "/\\d+/", "/(q)(u)/", "/B/i", "/\\s/", "/[^a-z]/"],
    "splitter": ["','", "/[a-c]+/", "/o/", "/\\d+/", "/\\s/"],
    "number picture": ["'#,##0.00'", "'0'", "'000.0'", "'#0.###'", "'0%'", "'#,##0;(#,##0)'"],
    "integer picture": ["'w'", "'I'", "'a'", "'000'", "'#,##0'", "'Ww;o'", "'0;o'"],
    "time": ["0", "1531310400000", "951782400000"],
    "date picture": ["'[Y0001]-[M01]-[D01]'", "'[FNn], [D1o] [MNn] [Y]'", "'[H01]:[m01]:[s01].[f001]'",
                     "'[X]-W[W01]'", "'[h] [P] [d]'"],
    "comparison": ["<", "<=", ">", ">=", "=", "!="], "equality": ["<", "=", "!="], "junction": ["and", "or"],
    "item order": ["price", ">id", "kind, >price"], "summary": ["price", "$sum(price)", "$count($)", "id"],
    "origin": ["items", "nested", "tags", "*", "matrix", "$", "text", "none", "nested.**"],
    "step": ["id", "price", "parts", "n", "x", "y", "z", "*", "w", "kind", "$"],
    "predicate": ["", "", "", "", "[0]", "[-1]", "[1]", "[$ != 1]", "[]", "[kind = 'k1']"],
}

PART = re.compile("<(" + "|".join(re.escape(name) for name in [*GRAMMAR, *WORDS]) + ")>")


class Generator:
    """Generates mostly well-typed expressions."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def make(self, kind, depth):
        """An expression of a kind whose parts nest up to a depth."""
        if kind in WORDS:
            return self.random.choice(WORDS[kind])
        plain, composed = GRAMMAR[kind]
        form = self.random.choice(plain if plain and depth <= 0 else composed)
        return PART.sub(lambda part: self.make(part[1], depth - 1), form)


def reference(expression):
    """The answer of jsonata-python, in the form of the batch command."""
    try:
        result = jsonata.Jsonata(expression).evaluate(DOCUMENT)
    except jsonata.JException as error:
        return {"error": str(error.error)}
    except Exception as error:  # An error in jsonata-python itself.
        return {"crash": repr(error)}
    return {"result": result}


def normal(value):
    """A value with numbers as floats of 13 digits, so that rounding in the last place does not count."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return float(f"{value:.13g}")
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        kept = [normal(item) for item in value if item is not None]
        if len(kept) == len(value):
            return kept
        # jsonata-python drops null from sequences, and unwraps what is left.
        return kept if len(kept) > 1 else kept[0] if kept else None
    return str(value)


def is_same(ours, theirs):
    """Compares two answers. jsonata-python does not distinguish null from undefined."""
    if "crash" in theirs:
        return True
    if "error" in theirs or "error" in ours:
        return "error" in theirs and "error" in ours and ours["error"]["code"] == theirs["error"]
    result = ours.get("result")
    return normal(result) == normal(theirs["result"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--depth", type=int, default=3)
    options = parser.parse_args()
    process = subprocess.Popen(
        [options.binary, "jsonata", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    generator = Generator(options.seed)
    end = time.monotonic() + options.seconds
    count = crashes = 0
    differences = []
    while time.monotonic() < end and len(differences) < 200:
        expression = generator.make("value", generator.random.randint(1, options.depth))
        process.stdin.write(json.dumps({"expr": expression, "input": DOCUMENT}) + "\n")
        process.stdin.flush()
        ours = json.loads(process.stdout.readline())
        theirs = reference(expression)
        count += 1
        crashes += "crash" in theirs
        if not is_same(ours, theirs):
            differences.append(expression)
            print(json.dumps({"expr": expression, "longhaul": ours, "python": theirs}, default=str), flush=True)
    process.stdin.close()
    process.wait()
    print(f"{count} expressions, {len(differences)} differences, {crashes} faults of jsonata-python", file=sys.stderr)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
