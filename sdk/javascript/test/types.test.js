import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The compiler of Debian's node-typescript, or another one. */
const compiler = process.env.TSC ?? "/usr/share/nodejs/typescript/bin/tsc";
const folder = fileURLToPath(new URL(".", import.meta.url));

const skip = !existsSync(compiler) && "no TypeScript compiler";

test("the type declarations fit the use of an application", { skip }, async () => {
  const options = [
    "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--module", "nodenext",
    "--moduleResolution", "nodenext",
  ];
  const compiling = promisify(execFile)(process.execPath, [compiler, ...options, `${folder}types.ts`]);
  const result = await compiling.catch((error) => error);
  assert.equal(result.stdout, "");
});

test("the declarations and the modules export the same names", async () => {
  for (const [entry, declaration] of [["index", "index"], ["browser", "browser"], ["testing/index", "testing"]]) {
    const module = await import(new URL(`../src/${entry}.js`, import.meta.url));
    const { readFile } = await import("node:fs/promises");
    const read = (name) => readFile(new URL(`../types/${name}.d.ts`, import.meta.url), "utf8");
    const text = (await read(declaration)) + (entry === "testing/index" ? "" : await read("common"));
    for (const name of Object.keys(module)) {
      assert.match(text, new RegExp(`export (declare (class|function)|interface) ${name}\\b`), `${entry}: ${name}`);
    }
  }
});
