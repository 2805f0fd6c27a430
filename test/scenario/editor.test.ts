// The JSON Schema in an editor: the language server that VS Code, Neovim and others use for YAML completes and underlines by it.
// The server is a real process that is spoken to over its stdio.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scenarioJsonSchema } from "../../emulator/scenario/json-schema";

const SERVER = join(
  dirname(createRequire(import.meta.url).resolve("yaml-language-server/package.json")),
  "bin/yaml-language-server",
);

interface Diagnostic {
  message: string;
  range: { start: { line: number; character: number } };
}

interface Message {
  id?: number;
  method?: string;
  params?: { uri: string; diagnostics: Diagnostic[]; items: unknown[] };
  result?: unknown;
}

/** A client of the language server, as an editor is one. */
class Editor {
  private readonly child: ChildProcess;
  private readonly folder: string;
  private readonly waiting = new Map<number, (result: unknown) => void>();
  private readonly opened = new Map<string, (found: Diagnostic[]) => void>();
  private received: Buffer = Buffer.alloc(0);
  private count = 0;

  constructor(folder: string) {
    this.folder = folder;
    this.child = spawn(process.execPath, [SERVER, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdout!.on("data", (bytes: Buffer) => this.receive(bytes));
  }

  async start(): Promise<void> {
    const rootUri = pathToFileURL(this.folder).href;
    await this.ask("initialize", {
      processId: process.pid,
      rootUri,
      capabilities: { workspace: { configuration: true } },
    });
    this.send({ method: "initialized", params: {} });
  }

  stop(): void {
    this.child.kill();
  }

  /** Opens a document; its diagnostics as `line:column message`. */
  async problems(text: string): Promise<string[]> {
    const { found } = await this.open(text);
    return found.map(({ message, range: { start } }) => `${start.line + 1}:${start.character + 1} ${message}`);
  }

  /** The words that are offered at the bar in the text. */
  async offered(text: string): Promise<string[]> {
    const before = text.slice(0, text.indexOf("|")).split("\n");
    const { uri } = await this.open(text.replace("|", ""));
    const position = { line: before.length - 1, character: before[before.length - 1].length };
    const result = (await this.ask("textDocument/completion", { textDocument: { uri }, position })) as {
      items: { label: string }[];
    };
    return result.items.map(({ label }) => label);
  }

  private async open(text: string): Promise<{ uri: string; found: Diagnostic[] }> {
    const uri = pathToFileURL(join(this.folder, `${this.count++}.yaml`)).href;
    const found = new Promise<Diagnostic[]>((done) => this.opened.set(uri, done));
    const textDocument = { uri, languageId: "yaml", version: 1, text };
    this.send({ method: "textDocument/didOpen", params: { textDocument } });
    return { uri, found: await found };
  }

  private ask(method: string, params: object): Promise<unknown> {
    const id = this.count++;
    this.send({ id, method, params });
    return new Promise((done) => this.waiting.set(id, done));
  }

  private send(message: object): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.child.stdin!.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  private receive(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    for (;;) {
      const end = this.received.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/.exec(this.received.subarray(0, Math.max(end, 0)).toString())?.[1]);
      if (end < 0 || this.received.length < end + 4 + length) return;
      const text = this.received.subarray(end + 4, end + 4 + length).toString();
      this.received = this.received.subarray(end + 4 + length);
      this.handle(JSON.parse(text) as Message);
    }
  }

  private handle({ id, method, params, result }: Message): void {
    if (method === "textDocument/publishDiagnostics") this.opened.get(params!.uri)?.(params!.diagnostics);
    else if (method !== undefined && id !== undefined) {
      this.send({ id, result: method === "workspace/configuration" ? params!.items.map(() => null) : null });
    } else if (id !== undefined) this.waiting.get(id)?.(result);
  }
}

const folder = mkdtempSync(join(tmpdir(), "cistern-editor-"));
const editor = new Editor(folder);

beforeAll(async () => {
  writeFileSync(join(folder, "scenario.schema.json"), JSON.stringify(scenarioJsonSchema()));
  await editor.start();
});

afterAll(() => {
  editor.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A file that names the schema by the documented line, relative to itself. */
const file = (more: string): string => `# yaml-language-server: $schema=scenario.schema.json
duration: 24 h
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription: { basal: { mode: continuous, rate: 100 uL/day } }
${more}`;

describe("yaml-language-server with the schema (EMU-10)", () => {
  test("finds nothing wrong in a right file", async () => {
    expect(await editor.problems(file("timeline: [{ at: 1 h, do: stop }]\n"))).toEqual([]);
  });

  test.each([
    ["timeline: [{ at: 1 hor, do: stop }]", "5:18 Expected a duration (ms, s, min, h, d, week)"],
    ["timeline: [{ at: 1 h }]", "5:12 An entry has `at` and either `do` or `fault`"],
    ["timeline: [{ at: 1 h, fault: reset, for: 1 h }]", "5:37 Property for is not allowed."],
    ["timeline: [{ at: 1 h, do: clinician_bolus, duration: 1 min }]", "5:12 Expected exactly one of dose, volume"],
    ["start: tomorrow", "5:8 Expected a local time from 2000 to 2099 such as 2026-03-02T08:00"],
    [
      "expect: [{ never: { event: reset, cause: extrenal } }]",
      '5:42 Value is not accepted. Valid values: "power_on", ',
    ],
    ["expect: [{ never: { event: reset, caus: external } }]", "5:35 Property caus is not allowed."],
    ["expect: [{ event: { name: bolus_started, volume_nl: abc } }]", '5:53 Incorrect type. Expected "integer".'],
    ["expect: [{ event: { name: program_accepted, digest: abc } }]", "5:53 Expected the CRC-32 of the record, 8 hex"],
    ["expect: [{ alarm: { name: tube_set, raised: yes } }]", "5:45 Expected `true` or a mapping with after, within"],
  ])("says of %s: %s", async (more, sentence) => {
    const found = await editor.problems(file(`${more}\n`));
    expect(found).toHaveLength(1);
    expect(found[0].slice(0, sentence.length)).toBe(sentence);
  });

  test.each([
    ["timeline:\n  - at: 1 h\n    fault: |\n", ["motor_stall", "ram_flip", "link"], ["patient_bolus"]],
    ["timeline:\n  - { at: 1 h, fault: mo| }\n", ["motor_stall", "motor_slip"], ["patient_bolus"]],
    ["timeline:\n  - at: 1 h\n    do: refill\n    |\n", ["fill", "aspirate", "accept"], ["volume", "purged"]],
    ["expect:\n  - event:\n      |\n", ["name", "between", "count"], ["reason"]],
    ["expect:\n  - event:\n      name: bolus_denied\n      |\n", ["kind", "reason", "between"], ["cause"]],
    ["expect:\n  - event:\n      name: bolus_denied\n      reason: |\n", ["lockout", "per_24h"], ["digest"]],
    ["expect:\n  - never:\n      event: reset\n      cause: |\n", ["watchdog", "external"], ["lockout"]],
    ["expect:\n  - { event: { name: bolus_denied, rea| } }\n", ["reason", "kind"], ["cause"]],
  ])("completes %j", async (more, offered, others) => {
    const found = await editor.offered(file(more));
    expect(found).toEqual(expect.arrayContaining(offered));
    expect(found.filter((word) => others.includes(word))).toEqual([]);
  });
});
