// The life of a session of the debug adapter (STP-4): it starts, it is told in one sentence what cannot be done and goes on, and at a
// port it outlives its client.

import { connect, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { servePort } from "../../../emulator/debug/adapter/serve";
import { ROOT } from "../../../scripts/sources.mjs";
import { client, Client, CONTROLLER_THREAD, refusal, SCENARIO, server, useClients } from "./client";

useClients();

test("a launch that stops on entry stands before the first tick, in the scenario, with two threads (STP-4)", async () => {
  expect(await client.begin({ stopOnEntry: true })).toMatchObject({
    reason: "entry",
    threadId: 1,
    allThreadsStopped: true,
  });
  const { threads } = (await client.threadsRequest()).body;
  expect(threads.map(({ name }) => name)).toEqual(["controller", "world"]);
  expect(await client.top()).toMatchObject({ name: "tick 0 · 0 s", source: { path: SCENARIO }, line: 1 });
});

test.each([
  ["no scenario", { scenario: undefined }, /^launch: found no scenario, expected the path of one/],
  [
    "no such file",
    { scenario: "nothing.yaml" },
    /nothing\.yaml: expected a scenario file that can be read: no such file$/,
  ],
  ["a wrong scenario", { scenario: join(ROOT, "package.json") }, /package\.json:\d+:\d+: /],
  [
    "a misspelt argument",
    { stopOnEntri: true },
    /^launch: found the argument stopOnEntri; the nearest known one is stopOnEntry$/,
  ],
  ["a wrong argument", { stopAt: 9 }, /^launch: stopAt: found 9; /],
  ["no controller", { controller: "nothing.wasm" }, /nothing\.wasm: cannot load this controller/],
  [
    "a stop that is none",
    { stopAt: ["event bolus_deny"] },
    /no event is called bolus_deny; the nearest known one is bolus_denied/,
  ],
  ["a stop after the end", { stopAt: ["25 h"] }, /found 25 h, .*the end of the run, 1 d/],
])("a launch with %s is refused in one sentence, and the next launch works (STP-4)", async (_, given, sentence) => {
  await client.initializeRequest();
  const message = await refusal(client.launchRequest({ scenario: SCENARIO, ...given } as object));
  expect(message).toMatch(sentence);
  expect(message).not.toContain("\n");
  expect((await client.begin({ stopOnEntry: true })).reason).toBe("entry");
});

test("a second launch in a session is refused, and the session stays (STP-4)", async () => {
  await client.begin({ stopOnEntry: true });
  expect(await refusal(client.launchRequest({ scenario: SCENARIO } as object))).toMatch(
    /^this session debugs .*breakthrough-pain\.yaml already; disconnect first$/,
  );
  expect((await client.moved(client.nextRequest({ threadId: CONTROLLER_THREAD }))).reason).toBe("step");
});

test("requests before a launch and unknown requests are refused in one sentence (STP-4)", async () => {
  await client.initializeRequest();
  expect(await refusal(client.stackTraceRequest({ threadId: 1 }))).toBe("nothing is debugged yet; launch a scenario");
  expect(await refusal(client.customRequest("fly"))).toBe("the adapter knows no request fly");
  expect(await refusal(client.attachRequest({} as never))).toBe(
    "attach: nothing is debugged here yet; launch a scenario",
  );
});

test("a second client is told that another one debugs, and the first one goes on (STP-4)", async () => {
  await client.begin({ stopOnEntry: true });
  const second = await Client.at(server);
  expect(await refusal(second.initializeRequest())).toBe("another client debugs here; it must disconnect first");
  await second.stop();
  expect((await client.moved(client.nextRequest({ threadId: CONTROLLER_THREAD }))).reason).toBe("step");
});

test("a message that is no JSON is left out with one sentence, and the session stays (STP-4)", async () => {
  const own = await servePort(0);
  const socket = connect((own.address() as AddressInfo).port, "127.0.0.1");
  const answers = new Promise<string>((done) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.includes("initialize")) done(text);
    });
  });
  const initialize = JSON.stringify({
    seq: 1,
    type: "request",
    command: "initialize",
    arguments: { adapterID: "cistern" },
  });
  socket.write(`Content-Length: 5\r\n\r\n{"a":Content-Length: ${initialize.length}\r\n\r\n${initialize}`);
  const text = await answers;
  expect(text).toContain("was left out: found no JSON, expected a request");
  expect(text).toContain('"success":true');
  socket.destroy();
  own.close();
});

test("a client that dies in the middle of a request leaves its session, to which the next one attaches (STP-4)", async () => {
  const own = await servePort(0);
  const first = await Client.at(own);
  await first.begin({ stopAt: ["9 h"] });
  const { socket } = { socket: (first as unknown as { _socket: import("node:net").Socket })._socket };
  socket.write('Content-Length: 400\r\n\r\n{"seq":99,"type":"request","command":"conti');
  socket.destroy();
  const second = await nextClient(own);
  await Promise.all([
    second.waitForEvent("stopped"),
    second.waitForEvent("initialized").then(() => second.configurationDoneRequest()),
    second.attachRequest({} as never),
  ]);
  expect((await second.top()).name).toBe("tick 3,240,000 · 9 h");
  await second.stop();
  own.close();
});

/** A client of a port whose last client is gone as soon as the port has noticed it. */
async function nextClient(own: Server): Promise<Client> {
  for (;;) {
    const made = await Client.at(own);
    const isFree = await made.initializeRequest().then(
      () => true,
      () => false,
    );
    if (isFree) return made;
    await made.stop();
  }
}
