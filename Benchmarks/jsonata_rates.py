"""Measures evaluations of JSONata per second: longhaul beside jsonata-python, on the same expressions.

    Benchmarks/jsonata_rates.py [--binary .build/release/longhaul-bench] [--seconds 2]

Both compile an expression once and evaluate it repeatedly on a parsed document. The results are compared first. It needs `jsonata-python` (see scripts/bench-jsonata.sh).
"""

import argparse
import json
import subprocess
import sys
import time

import jsonata

DOCUMENT = {
    "order": {
        "id": "A-1", "customer": {"name": "Ann Lee", "vip": True},
        "items": [
            {"sku": f"S{index}", "price": 1.5 * index, "quantity": index % 5, "kind": "ab"[index % 2]}
            for index in range(20)
        ],
    },
    "text": "The quick brown fox jumps over the lazy dog",
}

EXPRESSIONS = {
    "path": "order.customer.name",
    "object": "{'id': order.id, 'total': $sum(order.items.(price * quantity)), 'vip': order.customer.vip}",
    "filter": "order.items[price > 10 and quantity > 1].sku",
    "group": "order.items{kind: $sum(price)}",
    "sort": "order.items^(>price).sku",
    "map": "$map(order.items, function($item) {$item.price * 2})",
    "reduce": "$reduce(order.items.price, function($a, $b) {$a + $b}, 0)",
    "string": "$uppercase(text) & ' ' & $join($split(text, ' '), '-')",
    "regex": "$replace(text, /[aeiou]/, '*')",
    "recursion": "($f := function($n) {$n < 2 ? $n : $f($n - 1) + $f($n - 2)}; $f(10))",
}


def python_rate(expression, seconds):
    """Evaluations per second, and the result."""
    program = jsonata.Jsonata(expression)
    result = program.evaluate(DOCUMENT)
    count = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        program.evaluate(DOCUMENT)
        count += 1
    return count / (time.perf_counter() - start), result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=".build/release/longhaul-bench")
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    process = subprocess.run(
        [options.binary, "jsonata", str(round(options.seconds * 1000))], check=True, capture_output=True, text=True,
        input="".join(json.dumps({"expr": text, "input": DOCUMENT}) + "\n" for text in EXPRESSIONS.values()))
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    ratios = []
    print(f"{'expression':12} {'longhaul/s':>12} {'python/s':>12} {'ratio':>8}")
    for (name, expression), ours in zip(EXPRESSIONS.items(), lines, strict=True):
        rate, result = python_rate(expression, options.seconds)
        if json.loads(json.dumps(result)) != ours["result"]:
            print(f"{name}: the results differ", file=sys.stderr)
            return 1
        ratios.append(ours["rate"] / rate)
        print(f"{name:12} {ours['rate']:12.0f} {rate:12.0f} {ratios[-1]:8.0f}")
    median = sorted(ratios)[len(ratios) // 2]
    print(f"median ratio {median:.0f}, lowest {min(ratios):.0f} (target: 50)")
    return 0 if median >= 50 else 1


if __name__ == "__main__":
    sys.exit(main())
