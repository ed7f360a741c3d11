"""Compares longhaul's JSONata with jsonata-python on random expressions.

Where the two differ, the documentation of jsonata-js decides. Known differences of jsonata-python are not
generated.
"""

import argparse
import json
import random
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


class Generator:
    """Makes expressions that are mostly well typed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *choices):
        choice = self.random.choice(choices)
        return choice() if callable(choice) else choice

    def number(self, depth):
        if depth <= 0:
            return self.pick("0", "1", "2", "3.5", "-4", "age", "nested.x", "items[0].id", "1e3", "0.1", "7")
        smaller = depth - 1
        return self.pick(
            lambda: f"({self.number(smaller)} {self.pick('+', '-', '*')} {self.number(smaller)})",
            lambda: f"({self.number(smaller)} {self.pick('/', '%')} {self.pick('2', '3', '7', '0.5')})",
            lambda: f"$sum({self.numbers(smaller)})",
            lambda: f"${self.pick('max', 'min', 'average')}({self.numbers(smaller)})",
            lambda: f"$count({self.array(smaller)})",
            lambda: f"$length({self.text(smaller)})",
            lambda: f"$round({self.number(smaller)}, {self.pick('0', '1', '2', '-1')})",
            lambda: f"${self.pick('floor', 'ceil', 'abs')}({self.number(smaller)})",
            lambda: f"({self.boolean(smaller)} ? {self.number(smaller)} : {self.number(smaller)})",
            lambda: f"$reduce({self.numbers(smaller)}, function($a, $b) {{$a + $b}})",
            lambda: f"({self.number(smaller)} ~> function($v) {{$v * 2}})",
            lambda: f"($v := {self.number(smaller)}; $v + {self.number(smaller)})",
            lambda: f"-({self.number(smaller)})",
        )

    def numbers(self, depth):
        if depth <= 0:
            return self.pick("[1, 2, 3]", "items.id", "items.price", "[1..4]", "items.parts.n", "matrix[0]", "[5]")
        smaller = depth - 1
        return self.pick(
            lambda: f"[{self.number(smaller)}, {self.number(smaller)}]",
            lambda: f"{self.numbers(smaller)}.($ * 2)",
            lambda: f"{self.numbers(smaller)}[$ > {self.number(0)}]",
            lambda: f"$map({self.numbers(smaller)}, function($v, $i) {{$v + $i}})",
            lambda: f"$filter({self.numbers(smaller)}, function($v) {{$v > {self.number(0)}}})",
            lambda: f"$sort({self.numbers(smaller)})",
            lambda: f"{self.numbers(smaller)}^({self.pick('$', '>$', '<$')})",
            lambda: f"$append({self.numbers(smaller)}, {self.numbers(smaller)})",
            lambda: f"$reverse({self.numbers(smaller)})",
            lambda: f"$distinct({self.numbers(smaller)})",
            lambda: f"[{self.pick('1', '0', '-2')}..{self.pick('3', '5', '1')}]",
        )

    def text(self, depth):
        if depth <= 0:
            return self.pick("'abc'", "name", "text", "'a,b,c'", "items[1].kind", "tags[0]", "''", "'Ünï'")
        smaller = depth - 1
        return self.pick(
            lambda: f"({self.text(smaller)} & {self.value(smaller)})",
            lambda: f"$uppercase({self.text(smaller)})",
            lambda: f"$lowercase({self.text(smaller)})",
            lambda: f"$substring({self.text(smaller)}, {self.pick('0', '1', '-2')}, {self.pick('1', '3')})",
            lambda: f"$substringBefore({self.text(smaller)}, {self.pick(chr(39) + 'b' + chr(39), 'tags[1]')})",
            lambda: f"$substringAfter({self.text(smaller)}, 'a')",
            lambda: f"$trim('  ' & {self.text(smaller)} & '  ')",
            lambda: f"$pad({self.text(smaller)}, {self.pick('5', '-8', '12')}, '#')",
            lambda: f"$replace({self.text(smaller)}, {self.pattern()}, '<$0>')",
            lambda: f"$join($split({self.text(smaller)}, {self.pick(chr(39) + ',' + chr(39), self.pattern())}), '-')",
            lambda: f"$string({self.value(smaller)})",
            lambda: f"$join(tags, {self.text(0)})",
            lambda: f"$formatNumber({self.number(smaller)}, {self.number_picture()})",
            lambda: f"$formatBase($floor({self.number(smaller)}), {self.pick('2', '16', '10')})",
            lambda: f"$formatInteger($abs($floor({self.number(0)})), {self.integer_picture()})",
            lambda: f"$fromMillis({self.pick('0', '1531310400000', '951782400000')}, {self.date_picture()})",
            lambda: f"$type({self.value(smaller)})",
            lambda: f"$encodeUrlComponent({self.text(smaller)})",
            lambda: f"$base64encode('abc')",
        )

    def pattern(self):
        return self.pick("/[a-c]+/", "/o/", "/\\d+/", "/(q)(u)/", "/B/i", "/\\s/", "/[^a-z]/")

    def number_picture(self):
        return self.pick("'#,##0.00'", "'0'", "'000.0'", "'#0.###'", "'0%'", "'#,##0;(#,##0)'")

    def integer_picture(self):
        return self.pick("'w'", "'I'", "'a'", "'000'", "'#,##0'", "'Ww;o'", "'0;o'")

    def date_picture(self):
        return self.pick("'[Y0001]-[M01]-[D01]'", "'[FNn], [D1o] [MNn] [Y]'", "'[H01]:[m01]:[s01].[f001]'",
                         "'[X]-W[W01]'", "'[h] [P] [d]'")

    def boolean(self, depth):
        if depth <= 0:
            return self.pick("true", "false", "yes", "$exists(missing)", "$exists(name)")
        smaller = depth - 1
        return self.pick(
            lambda: f"({self.number(smaller)} {self.pick('<', '<=', '>', '>=', '=', '!=')} {self.number(smaller)})",
            lambda: f"({self.text(smaller)} {self.pick('<', '=', '!=')} {self.text(smaller)})",
            lambda: f"({self.boolean(smaller)} {self.pick('and', 'or')} {self.boolean(smaller)})",
            lambda: f"$not({self.value(smaller)})",
            lambda: f"$boolean({self.value(smaller)})",
            lambda: f"({self.number(0)} in {self.numbers(smaller)})",
            lambda: f"$contains({self.text(smaller)}, {self.pattern()})",
            lambda: f"({self.value(smaller)} = {self.value(smaller)})",
        )

    def array(self, depth):
        if depth <= 0:
            return self.pick("items", "tags", "empty", "matrix", "nested.y.z", "items.parts", "items.kind")
        smaller = depth - 1
        return self.pick(
            lambda: self.numbers(smaller),
            lambda: f"[{self.value(smaller)}, {self.value(smaller)}]",
            lambda: f"{self.path(smaller)}[]",
            lambda: f"$spread({self.object(smaller)})",
            lambda: f"$keys({self.object(smaller)})",
            lambda: f"$each({self.object(smaller)}, function($v, $k) {{$k}})",
            lambda: f"$zip({self.numbers(smaller)}, {self.numbers(smaller)})",
            lambda: f"items^({self.pick('price', '>id', 'kind, >price')}).id",
            lambda: f"$split({self.text(smaller)}, 'a')",
            lambda: f"$match({self.text(smaller)}, {self.pattern()})",
            lambda: "items@$i.parts@$p.{'i': $i.id, 'n': $p.n}",
            lambda: "items#$n.{'n': $n, 'id': id}",
            lambda: "items.parts.{'n': n, 'kind': %.kind}",
        )

    def object(self, depth):
        if depth <= 0:
            return self.pick("nested", "items[0]", "$", "{'a': 1, 'b': [2]}", "{}")
        smaller = depth - 1
        return self.pick(
            lambda: f"{{'p': {self.value(smaller)}, 'q': {self.value(smaller)}}}",
            lambda: f"items{{kind: {self.pick('price', '$sum(price)', '$count($)', 'id')}}}",
            lambda: f"$merge([{self.object(smaller)}, {self.object(smaller)}])",
            lambda: f"$sift({self.object(smaller)}, function($v, $k) {{$k != 'p'}})",
            lambda: f"({self.object(smaller)} ~> |$|{{'t': {self.value(0)}}}|)",
        )

    def path(self, depth):
        steps = [self.pick("items", "nested", "tags", "*", "matrix", "$", "text", "none", "nested.**")]
        for _ in range(self.random.randint(0, 3)):
            steps.append(self.pick("id", "price", "parts", "n", "x", "y", "z", "*", "w", "kind", "$"))
        path = ".".join(steps)
        if self.random.random() < 0.4:
            path += self.pick("[0]", "[-1]", "[1]", "[[0..1]]", "[$ != 1]", "[]", "[kind = 'k1']")
        return path

    def value(self, depth):
        kinds = (self.number, self.text, self.boolean, self.array, self.object, self.path, self.numbers)
        return self.random.choice(kinds)(depth)


def reference(expression):
    """The answer of jsonata-python, in the form of the batch command."""
    try:
        result = jsonata.Jsonata(expression).evaluate(DOCUMENT)
    except jsonata.JException as error:
        return {"error": str(error.error)}
    except Exception as error:  # A fault of jsonata-python itself.
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
        return [normal(item) for item in value]
    return str(value)


def is_same(ours, theirs):
    """Compares two answers. jsonata-python does not tell null from undefined."""
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
        expression = generator.value(generator.random.randint(1, options.depth))
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
