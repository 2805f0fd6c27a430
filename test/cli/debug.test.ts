// `cistern debug` as an editor starts it (STP-4), and what an editor is given to start it with: the extension for VS Code.

import { DebugClient } from "@vscode/debugadapter-testsupport";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../scripts/sources.mjs";
import { packExtension, VSIX } from "../../scripts/vscode.mjs";
import { launchJsonSchema } from "../../emulator/debug/adapter/launch";
import { cisternIn, cisternPath } from "../program";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cistern-debug-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A controller that prints, which must not reach the editor as a message of the protocol. */
const LOUD = `export function createController() {
  return new Loud();
}
class Loud {
  boot() { console.log("booted"); }
  tick() {}
}`;

test("on stdin and stdout, what a controller prints goes to the editor's console, and the process ends with its client (STP-4)", async () => {
  const controller = join(folder, "loud.mjs");
  writeFileSync(controller, LOUD);
  const client = new DebugClient("node", `${cisternPath} debug`, "cistern", { shell: true, stdio: "pipe" });
  await client.start();
  let printed = "";
  client.on("output", ({ body }: { body: { output: string; category: string } }) => {
    if (body.category === "stdout") printed += body.output;
  });
  const scenario = join(ROOT, "test/cases/quiet.yaml");
  const [stop] = await Promise.all([
    client.waitForEvent("stopped", 60_000),
    client.configurationSequence(),
    client.launch({ scenario, controller, stopAt: ["1 s"] }),
  ]);
  expect((stop.body as { reason: string }).reason).toBe("breakpoint");
  expect(printed).toMatch(/^(?:booted\n)+$/);
  await client.stop();
});

test("a client that dies in the middle of a request ends the process that it started (STP-4)", async () => {
  const adapter = spawn(process.execPath, [cisternPath, "debug"], { stdio: ["pipe", "pipe", "inherit"] });
  adapter.stdin.end('Content-Length: 400\r\n\r\n{"seq":1,"type":"request","comm');
  expect(await once(adapter, "exit")).toEqual([0, null]);
});

test("a port that cannot be had is told with exit code 3, and a number that is none with 2 (STP-4)", async () => {
  expect(await cisternIn(ROOT, ["debug", "--port", "70000"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("--port") as string,
  });
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const err = `cistern: --port: cannot listen on ${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`;
  expect(await cisternIn(ROOT, ["debug", "--port", String(port)])).toMatchObject({ code: 3, err });
  taken.close();
});

test("the extension for VS Code is packed with its manifest, the schemas and a script that names the adapter (STP-4)", async () => {
  const schema = readFileSync(join(ROOT, "package.json"), "utf8");
  await packExtension(folder, { schema, launch: launchJsonSchema() });
  const unzip = (name: string) => execFileSync("unzip", ["-p", join(folder, VSIX), name], { encoding: "utf8" });
  const manifest = JSON.parse(unzip("extension/package.json")) as Manifest;
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  expect(manifest.version).toBe(version);
  expect(unzip("extension.vsixmanifest")).toContain(`Id="cistern" Version="${version}" Publisher="cistern"`);
  const [{ type, configurationAttributes, configurationSnippets }] = manifest.contributes.debuggers;
  expect(type).toBe("cistern");
  const known = Object.keys(configurationAttributes.launch.properties);
  for (const { body } of configurationSnippets) {
    const own = Object.keys(body).filter((key) => !["type", "request", "name"].includes(key));
    expect(known).toEqual(expect.arrayContaining(own));
  }
  expect(unzip("extension/extension.js")).toContain("registerDebugAdapterDescriptorFactory");
  expect(unzip("extension/scenario.schema.json")).toBe(schema);
});

interface Manifest {
  version: string;
  contributes: {
    debuggers: {
      type: string;
      configurationAttributes: { launch: { properties: object } };
      configurationSnippets: { body: object }[];
    }[];
  };
}
