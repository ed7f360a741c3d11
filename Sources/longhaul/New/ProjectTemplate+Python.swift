extension ProjectTemplate {
    static let python = ProjectTemplate(
        language: "python",
        files: [
            File(path: "handlers.json5", text: handlers(#"["python3", "./greet.py"]"#)),
            File(
                path: "greet.py",
                text: #"""
                    """Handles jobs of the kind greet."""
                    import json
                    import os
                    import sys


                    class BadPayload(Exception):
                        """The payload is wrong, so another attempt would fail as well."""


                    def greet(payload):
                        """Returns the result for the payload of a job."""
                        name = payload.get("name") if isinstance(payload, dict) else None
                        if not isinstance(name, str):
                            raise BadPayload('expected a payload such as {"name": "Ada"}')
                        return {"greeting": f"Hello, {name}!"}


                    def main():
                        job = json.load(sys.stdin)
                        print("::progress 50 greeting", flush=True)
                        try:
                            result = greet(job["payload"])
                        except BadPayload as error:
                            print(error, file=sys.stderr)
                            sys.exit(65)
                        with open(os.environ["LONGHAUL_RESULT"], "w", encoding="utf-8") as file:
                            json.dump(result, file)


                    if __name__ == "__main__":
                        main()

                    """#),
            File(
                path: "test_greet.py",
                text: #"""
                    """Tests greet.py: python3 -m unittest"""
                    import json
                    import os
                    import subprocess
                    import sys
                    import tempfile
                    import unittest

                    from greet import BadPayload, greet

                    PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "greet.py")


                    def run(payload):
                        """Runs the program as Longhaul does. Returns its exit code and its result."""
                        with tempfile.TemporaryDirectory() as folder:
                            path = os.path.join(folder, "result")
                            code = subprocess.run(
                                [sys.executable, PROGRAM], input=json.dumps({"payload": payload}), text=True,
                                capture_output=True, env={**os.environ, "LONGHAUL_RESULT": path}, check=False,
                            ).returncode
                            if not os.path.exists(path):
                                return code, None
                            with open(path, encoding="utf-8") as file:
                                return code, json.load(file)


                    class GreetTests(unittest.TestCase):
                        def test_result(self):
                            self.assertEqual(greet({"name": "Ada"}), {"greeting": "Hello, Ada!"})

                        def test_bad_payload(self):
                            for payload in [None, {}, {"name": 3}, ["Ada"]]:
                                with self.assertRaises(BadPayload):
                                    greet(payload)

                        def test_program(self):
                            self.assertEqual(run({"name": "Ada"}), (0, {"greeting": "Hello, Ada!"}))
                            self.assertEqual(run({}), (65, None))


                    if __name__ == "__main__":
                        unittest.main()

                    """#),
            File(
                path: "README.md",
                text: readme(
                    handler: "greet.py", test: "python3 -m unittest",
                    more:
                        "The Python SDK of Longhaul (`sdk/python`) has decorated functions, threads and asyncio."
                )),
        ])

    /// A handlers file with one handler.
    static func handlers(_ command: String) -> String {
        """
        {
          handlers: {
            // The kind of the jobs, and the program that runs them.
            "greet": {
              command: \(command),
              concurrency: 4,
              timeout_seconds: 60,
            },
          },
        }

        """
    }
}
