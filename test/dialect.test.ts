// The dialect's rules, each shown firing. Module rules run on small AssemblyScript sources compiled as the controller
// is; lint rules on one-line fixtures under the real eslint.config.mjs, whose own list of bans is walked, so that a
// ban without a fixture fails; the checks of `npm test` lint the tree. The real controller holds, and docs/dialect.md shows its
// figures.

import { ESLint } from "eslint";
import binaryen from "assemblyscript/binaryen";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  compile,
  compileController,
  figuresTable,
  judge,
  judgeController,
  judgeEntry,
  pageWith,
  SHIPPED_FLAGS,
  type Verdict,
} from "../scripts/dialect.mjs";

const HEAD = "export function boot(): void {}\n";

async function judgeSource(source: string): Promise<Verdict> {
  return judgeEntry("main.ts", { baseDir: ".", sources: { "main.ts": HEAD + source } });
}

function judgeText(text: string): Verdict {
  const module = binaryen.parseText(text);
  const bytes = module.emitBinary();
  module.dispose();
  return judge(bytes, bytes);
}

const rulesOf = (verdict: Verdict) => [...new Set(verdict.violations.map(({ rule }) => rule))];

describe("the check of the compiled module", () => {
  const sources: [string, string, string[], RegExp][] = [
    [
      "integers, fields and a typed array built at construction hold",
      `class C { n: i32 = 0; ring: Uint8Array = new Uint8Array(9); tick(): void { this.ring[this.n % 9] = 1; } }
       const c: C = new C(); export function tick(): void { c.tick(); }`,
      [],
      /^$/,
    ],
    [
      "a float instruction and local",
      `let n: i32 = 0; export function tick(): void { n = (Math.sqrt(n as f64) as i32) + 1; }`,
      ["float"],
      /f64\.sqrt/,
    ],
    ["a float parameter of an export", `export function tick(x: f32): i32 { return 1; }`, ["float"], /f32/],
    ["a float global", `export let rate: f64 = 0; export function tick(): void { rate = rate; }`, ["float"], /f64/],
    [
      "allocation that a tick reaches through calls, with its path",
      `class C { n: i32 = 1; } let c: C = new C(); function make(): void { c = new C(); }
       export function tick(): void { make(); }`,
      ["allocation"],
      /main\/tick -> main\/make -> .*__new/,
    ],
    [
      "a string made in a tick",
      `let n: i32 = 0; export function tick(): void { const s: string = "a" + n.toString(); n = s.length; }`,
      ["allocation", "recursion"],
      /__new/,
    ],
    [
      "memory.grow that a tick reaches",
      `export function tick(): i32 { return memory.grow(1); }`,
      ["allocation"],
      /memory\.grow: main\/tick/,
    ],
    [
      "recursion through two functions, hidden by no inlining",
      `let n: i32 = 0; function even(k: i32): bool { return k == 0 ? true : odd(k - 1); }
       function odd(k: i32): bool { return k == 0 ? false : even(k - 1); }
       export function tick(): void { if (even(9)) n = n + 1; }`,
      ["recursion"],
      /main\/even -> main\/odd -> main\/even/,
    ],
    [
      "a function table",
      `let f: (a: i32) => i32 = (a: i32): i32 => a + 1; let g: (a: i32) => i32 = (a: i32): i32 => a + 2; let n: i32 = 0;
       export function skip(k: i32): void { f = k > 0 ? f : g; } export function tick(): void { n = f(n); }`,
      ["indirect"],
      /function table/,
    ],
  ];

  test.each(sources)("%s", async (_, source, rules, what) => {
    const verdict = await judgeSource(source);
    for (const rule of rules.slice(0, 1)) expect(rulesOf(verdict)).toContain(rule);
    expect(rulesOf(verdict).filter((rule) => !rules.includes(rule))).toEqual([]);
    expect(verdict.violations.map((each) => each.what).join("\n")).toMatch(what);
  });

  test("refuses memory that can grow, and memory without a maximum", () => {
    expect(rulesOf(judgeText(`(module (memory 1 2))`))).toEqual(["memory"]);
    expect(rulesOf(judgeText(`(module (memory 1))`))).toEqual(["memory"]);
    expect(rulesOf(judgeText(`(module (memory 2 2))`))).toEqual([]);
  });

  test("refuses floats in an import, in vectors and in a conversion, and allows them in a name or a text", () => {
    expect(rulesOf(judgeText(`(module (import "motor" "pulse" (func (param f64))))`))).toEqual(["float"]);
    expect(rulesOf(judgeText(`(module (func (local v128)))`))).toEqual(["float"]);
    expect(rulesOf(judgeText(`(module (func (result i32) (i32.reinterpret_f32 (f32.const 1))))`))).toEqual(["float"]);
    expect(
      rulesOf(
        judgeText(`(module (memory 1 1) (data (i32.const 0) "f64 (f32.add") (func $f64.x (export "f64") (nop)))`),
      ),
    ).toEqual([]);
  });

  test("ignores code that no export reaches", () => {
    const text = (calls: string) =>
      `(module (func $~lib/rt/stub/__new (call $~lib/rt/stub/__new)) (func (export "tick") ${calls}))`;
    expect(rulesOf(judgeText(text("")))).toEqual([]);
    expect(rulesOf(judgeText(text("(call $~lib/rt/stub/__new)")))).toEqual(["allocation", "recursion"]);
  });

  test("counts the RAM of the built objects and the longest chain of calls", async () => {
    const built = (bytes: number) =>
      judgeSource(`const ring: Uint8Array = new Uint8Array(${bytes}); export function tick(): void { ring[0] = 1; }`);
    const small = (await built(1000)).figures;
    const large = (await built(5000)).figures;
    expect(large.ram_bytes! - small.ram_bytes!).toBe(4000);
    expect(small.rom_bytes).toBe(small.code_bytes + small.data_bytes);
    const text = `(module (import "motor" "pulse" (func $p)) (func $a (call $p))
      (func $tick (export "tick") (call $a)))`;
    expect(judgeText(text).figures.chain).toEqual(["tick", "a", "motor.pulse"]);
  });

  test("finds that an assertion keeps its check and loses its text", async () => {
    const source = (assertion: string) =>
      `function assert(holds: bool, text: string): void { if (!holds) throw new Error(text); }
       let n: i32 = 0; export function tick(): void { n = n + 1; ${assertion} }`;
    const compiled = (assertion: string) =>
      compile("main.ts", SHIPPED_FLAGS, { sources: { "main.ts": source(assertion) } });
    const asserted = await compiled(`assert(\n  n < 2,\n  "one; twice (no)",\n);`);
    expect(Buffer.from(asserted).includes(Buffer.from("twice", "utf16le"))).toBe(false);
    const { tick } = new WebAssembly.Instance(new WebAssembly.Module(asserted), {}).exports as { tick(): void };
    tick();
    expect(tick).toThrow("unreachable");
    const kept = await compiled(`const text: string = "twice"; n = n + text.length;`);
    expect(Buffer.from(kept).includes(Buffer.from("twice", "utf16le"))).toBe(true);
  });

  test("prints the messages of the compiler", async () => {
    await expect(
      compile("main.ts", SHIPPED_FLAGS, { sources: { "main.ts": "export const x: i32 = ;" } }),
    ).rejects.toThrow(/does not compile[^]*main\.ts/);
  });
});

describe("the compiled controller", () => {
  let verdict: Verdict;
  beforeAll(async () => {
    verdict = await judgeController();
  });

  test("holds the dialect", () => expect(verdict.violations).toEqual([]));

  test("without names is the same module up to its names", async () => {
    const named = await compileController(SHIPPED_FLAGS);
    const bare = await compileController(SHIPPED_FLAGS, { names: false });
    expect(named.length).toBeGreaterThan(bare.length);
    expect(Buffer.compare(named.subarray(0, bare.length), bare)).toBe(0);
  });

  test("docs/dialect.md shows its figures (node scripts/dialect.mjs --write-docs)", () => {
    const page = readFileSync("docs/dialect.md", "utf8");
    expect(page).toBe(pageWith(page, figuresTable(verdict.figures)));
  });
});

describe("the lint rules of the dialect", () => {
  // No cache, no file on disk: the path alone picks the rules.
  const eslint = new ESLint();

  async function messagesOf(code: string, filePath = "firmware/x.ts"): Promise<string[]> {
    const [result] = await eslint.lintText(code, { filePath });
    return result!.messages.map(({ message }) => message);
  }

  const inMethod = (statement: string) => `export class C { n: i32 = 0; tick(a: i32, b: C): void { ${statement} } }`;

  /** The first words of each ban's message, and sources that it must refuse. */
  const bans: Record<string, string[]> = {
    "No for..of": [inMethod("for (const x of b) this.n = x;"), inMethod("for (const x in b) this.n = 1;")],
    "No while": [inMethod("while (a > 0) a = 0;"), inMethod("do a = 0; while (a > 0);")],
    "No arrow functions": [inMethod("this.each((x: i32): i32 => x);"), "export const f = (): void => {};"],
    "No function expressions": [inMethod("this.each(function (): void {});")],
    "No closures": [inMethod("function f(): void {}"), inMethod("class D {}")],
    "No async": ["export async function f(): Promise<void> {}", "export class C { async f(): Promise<void> {} }"],
    "No generators": ["export function* f(): void {}"],
    "No spread": [inMethod("this.f(...b);"), "export function f(...a: Uint8Array): void {}"],
    "No destructuring": [inMethod("const { n } = b;"), inMethod("const [n] = b;")],
    "No template strings": [inMethod("this.f(`a`);")],
    "No string concatenation": [inMethod('this.f("a" + b);'), inMethod('this.s += "a";')],
    "No object literals": [inMethod("this.f({ n: 1 });"), "export const x = { a: 1 };"],
    "No array literals": [inMethod("this.f([1]);"), "export const x = [1];"],
    "No `new`": [inMethod("this.c = new C();"), "const c: C = new C();", "export function f(): C { return new C(); }"],
    "No try": [inMethod("try { this.f(); } catch { this.n = 1; }")],
    "No throw": [inMethod('throw new Error("x");')],
    "No any": ["export function f(a: any): void {}", "export function f(a: unknown): void {}"],
    "No enum": ["export enum E { A }"],
    "No number": ["export function f(a: number): void {}", "export class C { n: number = 0; }"],
    "No boolean": ["export function f(): boolean { return true; }"],
    "No BigInt: it": [inMethod("const x = 1n;"), "export function f(a: bigint): void {}"],
    "Only i32": ["export const x: f64 = 1;", inMethod("const x: u32 = 1;"), inMethod("this.n = a as i64;")],
    "No decimal point": ["export const X: i32 = 0.5;", "export const X: i32 = 1e3;", "export const X: i32 = .5;"],
    "No literal of 2^31": ["export const X: i32 = 2147483648;", "export const X: i32 = 0xedb88320;"],
    "No regular expressions": [inMethod("this.f(/a/);")],
    "No accessors": ["export class C { get n(): i32 { return 1; } }", "export class C { set n(a: i32) {} }"],
    "No module state": ["let n: i32 = 0;", "export let n: i32 = 0;", "var n: i32 = 0;"],
    "No var": [inMethod("var x: i32 = 1;")],
    "No default exports": ["export default class C {}"],
    "No optional chaining": [inMethod("this.n = b?.n;")],
    "No delete": [inMethod("delete b.n;")],
    "No typeof": [inMethod("if (typeof a == b) this.n = 1;")],
    "No instanceof": [inMethod("if (b instanceof C) this.n = 1;")],
    "No `in`": [inMethod("if (a in b) this.n = 1;")],
    "No subarray": [inMethod("this.f(b.subarray(1));"), inMethod("this.f(b.slice(1));")],
    "No Math": [inMethod("this.n = Math.random();"), inMethod("this.n = Math.imul(a, 2);")],
    "No Date": [inMethod("this.n = Date.now();")],
    "No console": [inMethod("console.log(a);")],
    "No BigInt: keep": [inMethod("this.n = BigInt(a);")],
    "No promises": [inMethod("this.f(Promise);")],
    "No Map": ["export class C { m = new Map(); }"],
    "No Set": ["export class C { m = new Set(); }"],
    "No JSON": [inMethod("this.f(JSON);")],
    "No globals": [inMethod("this.f(globalThis);")],
    "No process": [inMethod("this.f(process);")],
    "No performance": [inMethod("this.n = performance.now();")],
    "No timers": [inMethod("setTimeout(this.f);"), inMethod("setInterval(this.f);")],
    "No constant bound": [
      inMethod("for (;;) this.n = 1;"),
      inMethod("for (let i: i32 = 0; i < a; i = (i + 1) | 0) this.n = i;"),
      inMethod("for (let i: i32 = 0; i < 9; i = (i + a) | 0) this.n = i;"),
      inMethod("for (let i: i32 = a; i > 0; i = (i - 1) | 0) this.n = i;"),
      inMethod("for (let i: i32 = 0; i < 9; i = (i - 1) | 0) this.n = i;"),
      inMethod("for (let i: i32 = 0; i < 9 || a > 0; i++) this.n = i;"),
      inMethod("for (let i: i32 = 0; a < 9; i++) this.n = i;"),
    ],
    "Method 'tick' has too many lines": [inMethod("this.n = 1;\n".repeat(70))],
  };

  test.each(Object.entries(bans))("%s", async (opening, sources) => {
    for (const source of sources) {
      const messages = await messagesOf(source);
      expect(
        messages.some((message) => message.includes(opening)),
        `${source}\n${messages.join("\n")}`,
      ).toBe(true);
    }
  });

  test("are the same for hal, and each has a fixture above", async () => {
    const rows = async (path: string): Promise<{ message: string }[]> => {
      const { rules } = await eslint.calculateConfigForFile(path);
      return [...rules["no-restricted-syntax"].slice(1), ...rules["no-restricted-globals"].slice(1)];
    };
    expect(await rows("hal/x.ts")).toEqual(await rows("firmware/x.ts"));
    const openings = Object.keys(bans);
    const bare = (await rows("firmware/x.ts")).filter(
      ({ message }) => !openings.some((each) => message.startsWith(each)),
    );
    expect(bare).toEqual([]);
  });

  test("allow the dialect as it should be written", async () => {
    const source = `import { assert } from "../hal/assert";
      const LIMIT: i32 = 9;
      export class C {
        ring: Uint8Array = new Uint8Array(LIMIT);
        n: i32 = 0;
        on: bool = false;
        part: C;
        constructor(part: C) { this.part = part; this.ring = new Uint8Array(LIMIT - 1); }
        tick(count: i32): void {
          for (let i: i32 = 0; i < LIMIT && i < count; i = (i + 1) | 0) this.ring[i] = 0xff as u8;
          for (let i: i32 = LIMIT - 1; i >= 0; i--) this.n = (this.n + this.ring[i]) | 0;
          if (this.n === 3 || this.n == 4) this.on = true;
          assert(this.n < 0x7fffffff, "constant text");
        }
      }
      export function createController(part: C): C { return new C(part); }`;
    expect(await messagesOf(source)).toEqual([]);
    expect(await messagesOf('export function assert(): void { throw new Error("x"); }', "hal/assert.ts")).toEqual([]);
  });

  test("forbid the simulated side whatever differs between engines or runs", async () => {
    for (const folder of ["board/", "world/", "machine/", "scenario/", ""]) {
      const path = `emulator/${folder}x.ts`;
      expect(await messagesOf("export const x = Math.exp(1);", path)).toEqual([
        expect.stringContaining("Only exact Math"),
      ]);
      expect(await messagesOf("export const x = Math.random();", path)).toEqual([expect.stringContaining("Chance")]);
      expect(await messagesOf("export const x = 2 ** 0.5;", path)).toEqual([expect.stringContaining("No **")]);
      expect(await messagesOf("export const x = Date.now();", path)).toEqual([expect.stringContaining("No Date")]);
      expect(await messagesOf("export const x = performance.now();", path)).toEqual([
        expect.stringContaining("No performance"),
      ]);
      expect(await messagesOf("export const x = Math.sqrt(Math.abs(Math.floor(2)));", path)).toEqual([]);
    }
    expect(await messagesOf("export const x = Date.UTC(2000, 0, 1);", "emulator/calendar.ts")).toEqual([]);
    expect(await messagesOf("export const x = performance.now();", "emulator/calendar.ts")).toHaveLength(1);
    expect(await messagesOf("export const x = Math.exp(1);", "emulator/trace/x.ts")).toEqual([]);
  });

  test("hold the host side to ===, to no `any`, and to console only where text is the product", async () => {
    expect(await messagesOf("export const x = process.argv == null;", "emulator/port/x.ts")).toEqual([
      expect.stringContaining("==="),
    ]);
    expect(await messagesOf("export const x: any = 1;", "test/x.ts")).toEqual([expect.stringContaining("any")]);
    expect(await messagesOf("console.log(1);", "emulator/port/x.ts")).toHaveLength(1);
    for (const path of ["emulator/cli/x.ts", "scripts/x.mjs", "bench/x.mjs"]) {
      expect(await messagesOf("console.log(1);", path)).toEqual([]);
    }
  });
});
