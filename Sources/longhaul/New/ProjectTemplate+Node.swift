extension ProjectTemplate {
    static let node = ProjectTemplate(
        language: "node",
        files: [
            File(path: "handlers.json5", text: handlers(#"["node", "./greet.mjs"]"#)),
            File(
                path: "package.json",
                text: #"""
                    {
                      "name": "greetings",
                      "private": true,
                      "type": "module",
                      "engines": { "node": ">=18" },
                      "scripts": { "test": "node --test" }
                    }

                    """#),
            File(
                path: "greet.mjs",
                text: #"""
                    // Handles jobs of the kind greet.
                    import { readFileSync, realpathSync, writeFileSync } from "node:fs";
                    import { fileURLToPath } from "node:url";

                    /** The payload is wrong, so another attempt would fail as well. */
                    export class BadPayload extends Error {}

                    /** Returns the result for the payload of a job. */
                    export function greet(payload) {
                      const name = payload?.name;
                      if (typeof name !== "string") throw new BadPayload('expected a payload such as {"name": "Ada"}');
                      return { greeting: `Hello, ${name}!` };
                    }

                    function main() {
                      const job = JSON.parse(readFileSync(0, "utf8"));
                      console.log("::progress 50 greeting");
                      try {
                        writeFileSync(process.env.LONGHAUL_RESULT, JSON.stringify(greet(job.payload)));
                      } catch (error) {
                        if (!(error instanceof BadPayload)) throw error;
                        console.error(error.message);
                        process.exitCode = 65;
                      }
                    }

                    if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();

                    """#),
            File(
                path: "greet.test.mjs",
                text: #"""
                    // Tests greet.mjs: npm test
                    import assert from "node:assert/strict";
                    import { spawnSync } from "node:child_process";
                    import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
                    import { tmpdir } from "node:os";
                    import { join } from "node:path";
                    import { test } from "node:test";
                    import { fileURLToPath } from "node:url";
                    import { BadPayload, greet } from "./greet.mjs";

                    const program = fileURLToPath(new URL("greet.mjs", import.meta.url));

                    /** Runs the program as Longhaul does. Returns its exit code and its result. */
                    function run(payload) {
                      const folder = mkdtempSync(join(tmpdir(), "greet-"));
                      try {
                        const path = join(folder, "result");
                        const { status } = spawnSync(process.execPath, [program], {
                          input: JSON.stringify({ payload }),
                          env: { ...process.env, LONGHAUL_RESULT: path },
                        });
                        return { status, result: existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null };
                      } finally {
                        rmSync(folder, { recursive: true });
                      }
                    }

                    test("a payload has a result", () => {
                      assert.deepEqual(greet({ name: "Ada" }), { greeting: "Hello, Ada!" });
                    });

                    test("a bad payload is refused", () => {
                      for (const payload of [null, {}, { name: 3 }, ["Ada"]]) assert.throws(() => greet(payload), BadPayload);
                    });

                    test("the program reads the job and writes the result", () => {
                      assert.deepEqual(run({ name: "Ada" }), { status: 0, result: { greeting: "Hello, Ada!" } });
                      assert.deepEqual(run({}), { status: 65, result: null });
                    });

                    """#),
            File(
                path: "README.md",
                text: readme(
                    handler: "greet.mjs", test: "npm test",
                    more: "The JavaScript SDK of Longhaul (`sdk/javascript`) has workers in Node.")),
        ])
}
