// The module that ships is the one that is judged, without its names. That it is so is what the compiler makes of both, which takes
// ten seconds of a core.

import { expect, test } from "vitest";
import { compile, compileController, SHIPPED_FLAGS } from "../scripts/dialect.mjs";

test("the compiled controller has the same code and data without names as the compiler makes it", async () => {
  const named = await compileController(SHIPPED_FLAGS);
  const bare = await compileController(SHIPPED_FLAGS, { names: false });
  expect(named.length).toBeGreaterThan(bare.length);
  expect(Buffer.compare(await compile("targets/wasm/main.ts", SHIPPED_FLAGS, { names: false }), bare)).toBe(0);
});

test("the compiled controller is the same when another module is compiled at the same time", async () => {
  const alone = await compile("targets/wasm/main.ts", SHIPPED_FLAGS);
  const [beside] = await Promise.all([
    compile("targets/wasm/main.ts", SHIPPED_FLAGS),
    compile("targets/wasm/main.ts", ["--optimizeLevel", "0", "--runtime", "stub"]),
  ]);
  expect(Buffer.compare(beside, alone)).toBe(0);
});
