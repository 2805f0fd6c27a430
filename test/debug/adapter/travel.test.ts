// Movement by the debug adapter (STP-4): breakpoints beside lines of the scenario, on symbols, events and conditions, both ways; steps by
// tick; jumps; pause. Statements of the firmware are in statements.test.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../../scripts/sources.mjs";
import { client, CONTROLLER_THREAD, refusal, SCENARIO, useClients, WORLD_THREAD } from "./client";

useClients();

const go = { threadId: CONTROLLER_THREAD };
const forward = () => client.moved(client.continueRequest(go));
const back = () => client.moved(client.reverseContinueRequest(go));
const SEVEN_YEARS = join(ROOT, "scenarios/seven-years.yaml");
/** The line of the scenario that has this text. */
const lineOf = (text: string) =>
  readFileSync(SCENARIO, "utf8")
    .split("\n")
    .findIndex((each) => each.includes(text)) + 1;

test("a breakpoint beside an entry of the timeline is verified at once and stops in its tick, both ways (STP-4)", async () => {
  const [first, stall] = [lineOf("at: 9 h, do"), lineOf("motor_stall, for")];
  let verified: unknown;
  const stop = await client.begin({}, async () => {
    const breakpoints = [{ line: first - 1 }, { line: stall }, { line: 500 }];
    verified = (await client.setBreakpointsRequest({ source: { path: SCENARIO }, breakpoints })).body.breakpoints;
  });
  expect(verified).toMatchObject([
    { verified: true, line: first },
    { verified: true, line: stall },
    { verified: false, message: "no entry of the timeline is at or after this line" },
  ]);
  expect(stop).toMatchObject({ reason: "breakpoint", hitBreakpointIds: [expect.any(Number)] });
  expect(await client.top()).toMatchObject({ name: "tick 3,240,000 · 9 h", line: first });
  expect((await forward()).reason).toBe("breakpoint");
  expect(await client.top()).toMatchObject({ name: "tick 4,320,000 · 12 h", line: stall });
  expect((await back()).reason).toBe("breakpoint");
  expect((await client.top()).name).toBe("tick 3,240,000 · 9 h");
  expect(await back()).toMatchObject({ reason: "entry", text: "the start of the run" });
  expect((await client.top()).name).toBe("tick 0 · 0 s");
});

test("a breakpoint on a symbol stops at the statement of each change, both ways, and may be made of a row of variables (STP-4)", async () => {
  await client.begin({ stopOnEntry: true });
  const { scopes } = (await client.scopesRequest({ frameId: (await client.top()).id })).body;
  const board = await client.rows(scopes.find(({ name }) => name === "Board")!.variablesReference);
  const motor = board.find(({ name }) => name === "motor")!;
  const info = await client.dataBreakpointInfoRequest({ variablesReference: motor.variablesReference, name: "pulses" });
  expect(info.body).toMatchObject({ dataId: "board.motor.pulses", accessTypes: ["write"] });
  await client.setDataBreakpointsRequest({ breakpoints: [{ dataId: "board.motor.pulses", hitCondition: ">= 3" }] });
  expect((await forward()).reason).toBe("data breakpoint");
  expect(await client.valueOf("board.motor.pulses")).toBe("2");
  await client.setDataBreakpointsRequest({ breakpoints: [{ dataId: "board.motor.pulses" }] });
  const third = (await client.stackTraceRequest(go)).body.stackFrames;
  expect((await back()).text).toMatch(/^board\.motor\.pulses: 1 to 2, by firmware\/.+\.ts:\d+$/);
  await forward();
  expect((await client.stackTraceRequest(go)).body.stackFrames).toEqual(third);
  const { breakpoints } = (
    await client.setDataBreakpointsRequest({
      breakpoints: [{ dataId: "board.motor.pulse" }, { dataId: "motor.pulses", accessType: "read" }],
    })
  ).body;
  expect(breakpoints.map(({ message }) => message)).toEqual([
    "no symbol is called board.motor.pulse; the nearest known one is board.motor.pulses",
    "found read, expected write: nobody sees who reads a symbol",
  ]);
});

test("the filters of the list of exceptions stop at events and conditions, and say which (STP-4)", async () => {
  const stop = await client.begin({}, () =>
    client.setExceptionBreakpointsRequest({
      filters: ["denied"],
      filterOptions: [{ filterId: "condition", condition: "motor.pulses >= 150" }],
    }),
  );
  expect(stop).toMatchObject({ reason: "exception", text: "motor.pulses >= 150" });
  expect(await forward()).toMatchObject({ reason: "exception", text: "event bolus_denied" });
  expect((await client.top()).name).toMatch(/ · 9 h 20 min/);
  expect((await client.exceptionInfoRequest({ threadId: 1 })).body.exceptionId).toBe("event bolus_denied");
  expect(client.text).toContain("bolus_denied kind=patient reason=lockout");
  const refused = await client.setExceptionBreakpointsRequest({
    filters: ["event"],
    filterOptions: [{ filterId: "event", condition: "bolus_deny" }],
  });
  expect((refused.body!.breakpoints ?? []).map(({ verified, message }) => [verified, message])).toEqual([
    [false, "An event needs a condition, for instance: event bolus_started cause=patient_bolus"],
    [false, "no event is called bolus_deny; the nearest known one is bolus_denied"],
  ]);
});

test("a message is printed at each hit with the values of its names, and does not stop (STP-4)", async () => {
  const logMessage = "{motor.pulses} pulses, {therapy.mode}";
  const stop = await client.begin({ stopAt: ["event bolus_denied"] }, () =>
    client.setBreakpointsRequest({
      source: { path: SCENARIO },
      breakpoints: [{ line: lineOf("at: 9 h, do"), logMessage }],
    }),
  );
  expect(stop.reason).toBe("breakpoint");
  expect((await client.top()).name).toMatch(/ · 9 h 20 min/);
  expect(client.text).toMatch(
    /session_closed reason=time_out session=1\n149 pulses, 3 \(continuous\)\n9 h 10 ms +session_opened/,
  );
});

test("a step of the controller's or the world's thread outside of the firmware is a tick, both ways, and stops at the start (STP-4)", async () => {
  await client.begin({ stopAt: ["9 h"] });
  await client.moved(client.nextRequest({ threadId: WORLD_THREAD }));
  expect((await client.top(WORLD_THREAD)).name).toBe("tick 3,240,001 · 9 h 10 ms");
  await client.moved(client.stepBackRequest({ threadId: WORLD_THREAD }));
  expect((await client.top(WORLD_THREAD)).name).toBe("tick 3,240,000 · 9 h");
});

test("a pause ends a movement where it is, and until then the state is not shown (STP-4)", async () => {
  await client.begin({ stopOnEntry: true, scenario: SEVEN_YEARS });
  const paused = client.waitForEvent("stopped");
  await client.continueRequest(go);
  expect(await refusal(client.stackTraceRequest(go))).toBe("the program is moving; pause it first");
  await client.pauseRequest(go);
  expect((await paused).body).toMatchObject({ reason: "pause" });
  expect((await client.top()).name).not.toBe("tick 0 · 0 s");
});

test("a pause in a search for a line of the firmware stays where the search was (STP-4)", async () => {
  const source = { path: join(ROOT, "firmware/limiter.ts") };
  await client.begin({ stopOnEntry: true, scenario: SEVEN_YEARS }, () =>
    client.setBreakpointsRequest({ source, breakpoints: [{ line: 161, condition: "motor.pulses > 1000000000" }] }),
  );
  const paused = client.nextStop();
  await client.continueRequest(go);
  await client.pauseRequest(go);
  expect((await paused).reason).toBe("pause");
  expect((await client.top()).name).not.toBe("tick 0 · 0 s");
});

test("at the end of a run the verdict is told, and the run can go back from there (STP-4)", async () => {
  const stop = await client.begin();
  expect(stop).toMatchObject({ reason: "end", text: "the end of the run" });
  expect(client.text).toMatch(/^PASS$/m);
  expect((await client.top()).name).toBe("tick 8,640,000 · 1 d · the end of the run");
  expect((await back()).reason).toBe("entry");
  expect((await client.top()).name).toBe("tick 0 · 0 s");
});

test("breakpoints that are set while the program moves take part in the movement (STP-4)", async () => {
  await client.begin({ stopOnEntry: true, scenario: SEVEN_YEARS });
  const stopped = client.waitForEvent("stopped");
  await client.continueRequest(go);
  await client.setExceptionBreakpointsRequest({
    filters: [],
    filterOptions: [{ filterId: "event", condition: "self_test" }],
  } as never);
  expect((await stopped).body).toMatchObject({ reason: "exception", text: "event self_test" });
});

test("a restart loads the scenario anew, keeps the breakpoints and begins at the start (STP-4)", async () => {
  await client.begin({}, () => client.setExceptionBreakpointsRequest({ filters: ["denied"] }));
  const name = (await client.top()).name;
  await client.moved(client.restartRequest({} as never));
  expect((await client.top()).name).toBe(name);
});

test("the frame of the tick can be restarted, and a line has targets to go to (STP-4)", async () => {
  await client.begin({ stopOnEntry: true });
  const line = lineOf("motor_stall, for");
  const { targets } = (await client.gotoTargetsRequest({ source: { path: SCENARIO }, line })).body;
  expect(targets.map(({ label }) => label)).toEqual([
    "12 h: motor_stall",
    "the next event",
    "the last event",
    "the next pulse",
    "the last pulse",
  ]);
  expect((await client.moved(client.gotoRequest({ threadId: 1, targetId: targets[0].id }))).reason).toBe("goto");
  expect(await client.top()).toMatchObject({ name: "tick 4,320,000 · 12 h", line });
  const { id } = (await client.gotoTargetsRequest({ source: { path: SCENARIO }, line })).body.targets[4];
  await client.moved(client.gotoRequest({ threadId: 1, targetId: id }));
  expect((await client.top()).name).toMatch(/ · 11 h \d+ min/);
  await client.moved(client.restartFrameRequest({ frameId: (await client.top()).id }));
  expect((await client.top()).name).toMatch(/ · 11 h \d+ min/);
  expect(await refusal(client.gotoRequest({ threadId: 1, targetId: 77 }))).toMatch(/^there is no target 77/);
});

test("a movement of more than a second shows its progress, and can be cancelled there (STP-5)", async () => {
  await client.initializeRequest({ adapterID: "cistern", pathFormat: "path", supportsProgressReporting: true });
  const entry = client.nextStop();
  await Promise.all([
    client.waitForEvent("initialized").then(() => client.configurationDoneRequest()),
    client.launchRequest({ scenario: SEVEN_YEARS, stopOnEntry: true } as object),
  ]);
  await entry;
  const stop = client.nextStop();
  const start = client.waitForEvent("progressStart", 60_000);
  const update = client.waitForEvent("progressUpdate", 60_000);
  const end = client.waitForEvent("progressEnd", 60_000);
  await client.continueRequest(go);
  const { progressId, cancellable } = (await start).body as { progressId: string; cancellable: boolean };
  expect(cancellable).toBe(true);
  const { percentage, message } = (await update).body as { percentage: number; message: string };
  expect(percentage).toBeGreaterThanOrEqual(0);
  expect(message).toMatch(/^\d+ (?:d|h|min|s)/);
  await client.customRequest("cancel", { progressId });
  expect((await stop).reason).toBe("pause");
  expect((await end).body).toMatchObject({ progressId });
});
