extension ProjectTemplate {
    static let shell = ProjectTemplate(
        language: "shell",
        files: [
            // A text of the payload as an argument: the script needs no JSON parser.
            File(path: "handlers.json5", text: handlers(#"["sh", "./greet.sh", "{payload.name}"]"#)),
            File(
                path: "greet.sh",
                text: #"""
                    #!/bin/sh
                    # Handles jobs of the kind greet. The argument is the name in the payload; without one, Longhaul fails the job for good.
                    set -eu

                    echo "::progress 50 greeting"
                    # A text in JSON: quotes and backslashes are escaped, control characters are left out.
                    name=$(printf '%s' "$1" | tr -d '\000-\037' | sed 's/[\\"]/\\&/g')
                    printf '{"greeting": "Hello, %s!"}\n' "$name" >"$LONGHAUL_RESULT"

                    """#),
            File(
                path: "test.sh",
                text: #"""
                    #!/bin/sh
                    # Tests greet.sh: sh test.sh
                    set -eu
                    cd "$(dirname "$0")"
                    LONGHAUL_RESULT=$(mktemp)
                    export LONGHAUL_RESULT
                    trap 'rm -f "$LONGHAUL_RESULT"' EXIT

                    # expect NAME RESULT: runs the script as Longhaul does.
                    expect() {
                        sh ./greet.sh "$1" >/dev/null
                        result=$(cat "$LONGHAUL_RESULT")
                        if [ "$result" != "$2" ]; then
                            echo "expected $2, got $result" >&2
                            exit 1
                        fi
                    }

                    expect Ada '{"greeting": "Hello, Ada!"}'
                    expect 'a "b" \c' '{"greeting": "Hello, a \"b\" \\c!"}'
                    echo ok

                    """#),
            File(
                path: "README.md",
                text: readme(
                    handler: "greet.sh", test: "sh test.sh",
                    more:
                        "`{payload.name}` in `handlers.json5` is always one argument, and no shell reads it.")
            ),
        ])
}
