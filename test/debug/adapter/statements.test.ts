// The firmware by its lines in the debug adapter (STP-4): breakpoints that are verified at once, steps and travel both ways, the stack over
// the tick, locals, who wrote a symbol, and lines that a session can go to.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../../scripts/sources.mjs";
import "../instrumented-here";
import { client, CONTROLLER_THREAD, refusal, SCENARIO, useClients } from "./client";

const LIMITER = join(ROOT, "firmware/limiter.ts");
const go = { threadId: CONTROLLER_THREAD };
useClients();

/** The line of a source, from 1, that has the text. */
function lineOf(path: string, text: string): number {
  const line =
    readFileSync(path, "utf8")
      .split("\n")
      .findIndex((each) => each.includes(text)) + 1;
  expect(line).toBeGreaterThan(0);
  return line;
}

const setIn = (path: string, ...breakpoints: object[]) =>
  client.setBreakpointsRequest({ source: { path }, breakpoints: breakpoints as { line: number }[] });
const forward = () => client.moved(client.continueRequest(go));
const back = () => client.moved(client.reverseContinueRequest(go));
const where = async () => {
  const { source, line, name } = await client.top();
  return `${source!.name}:${line} ${name}`;
};

test("a breakpoint in firmware/limiter.ts is verified at once and hit, with its stack over the tick (STP-4)", async () => {
  const line = lineOf(LIMITER, "return this.fullWindow() == 0;");
  let set: Awaited<ReturnType<typeof setIn>>;
  const stop = await client.begin({ stopAt: ["9 h"] }, async () => {
    set = await setIn(LIMITER, { line: line - 1 }, { line: 99_999 });
  });
  expect(set!.body.breakpoints).toMatchObject([
    { verified: true, line, column: 5 },
    { verified: false, message: "no statement of the firmware is at or after this line of the file" },
  ]);
  expect(stop).toMatchObject({ reason: "breakpoint", hitBreakpointIds: [set!.body.breakpoints[0].id] });
  const { stackFrames } = (await client.stackTraceRequest(go)).body;
  expect(stackFrames[0]).toMatchObject({ name: "Limiter.allows", source: { path: LIMITER }, line });
  expect(stackFrames.at(-2)).toMatchObject({ name: "PumpController.tick", source: { name: "controller.ts" } });
  expect(stackFrames.at(-1)).toMatchObject({
    name: expect.stringMatching(/^tick [\d,]+ · /) as string,
    source: { path: SCENARIO },
  });
  const world = (await client.stackTraceRequest({ threadId: 2 })).body.stackFrames;
  expect(world.map(({ name }) => name)).toEqual([stackFrames.at(-1)!.name]);
});

test("steps over, into, out and back go by line, and a step back never lands inside of a call (STP-4)", async () => {
  const line = lineOf(LIMITER, "return this.fullWindow() == 0;");
  await client.begin({}, () => setIn(LIMITER, { line }));
  const allows = await where();
  await client.moved(client.stepInRequest(go));
  expect(await where()).toMatch(/^limiter\.ts:\d+ Limiter\.fullWindow$/);
  await client.moved(client.stepBackRequest(go));
  expect(await where()).toBe(allows);
  await client.moved(client.stepInRequest(go));
  const visited = [await where()];
  for (let i = 0; i < 3; i++) {
    await client.moved(client.nextRequest(go));
    visited.push(await where());
  }
  await client.moved(client.stepOutRequest(go));
  const outside = await where();
  expect(outside).not.toMatch(/Limiter\.(?:fullWindow|allows)$/);
  const returned: string[] = [];
  for (let i = 0; i < 3; i++) {
    await client.moved(client.stepBackRequest(go));
    returned.push(await where());
  }
  for (const place of returned) expect(place).not.toMatch(/ Limiter\.(?:fullWindow|allows)$| WindowRing\./);
  const file = (text: string) => text.split(":")[0];
  expect(returned.map(file)).toEqual(returned.map(() => file(outside)));
});

test("reverse continue goes to the hit before, and the next hit is the one from which it came (STP-4)", async () => {
  const line = lineOf(LIMITER, "return this.fullWindow() == 0;");
  await client.begin({}, () => setIn(LIMITER, { line }));
  const tick = async () => (await client.stackTraceRequest(go)).body.stackFrames.at(-1)!.name;
  const first = [await where(), await tick()];
  await forward();
  const second = [await where(), await tick()];
  expect(second[0]).toBe(first[0]);
  expect(second[1]).not.toBe(first[1]);
  expect((await back()).reason).toBe("breakpoint");
  expect([await where(), await tick()]).toEqual(first);
  await forward();
  expect([await where(), await tick()]).toEqual(second);
});

test("conditions of a breakpoint know the locals of its line, which the scope of locals and a hover show (STP-4)", async () => {
  const line = lineOf(LIMITER, "this.ring.count.get(i) >= this.limitOf(i)");
  let set: Awaited<ReturnType<typeof setIn>>;
  await client.begin({}, async () => {
    set = await setIn(LIMITER, { line, condition: "i == 1 and motor.pulses > 1" }, { line, condition: "j == 1" });
  });
  expect(set!.body.breakpoints.map(({ message }) => message)).toEqual([
    undefined,
    expect.stringMatching(/^no symbol is called j; the nearest known one is /),
  ]);
  expect((await client.top()).name).toBe("Limiter.fullWindow");
  const locals = await client.scope("Locals");
  expect(locals.find(({ name }) => name === "i")).toMatchObject({ value: "1", type: "number" });
  expect(await client.valueOf("i")).toBe("1");
  expect(await client.valueOf("i < 1")).toBe("false");
  const self = locals.find(({ name }) => name === "this")!;
  expect(self.value).toBe("limiter");
  expect((await client.rows(self.variablesReference)).map(({ name }) => name)).toContain("allowance");
  expect(await client.valueOf("this.allowance")).toBe(await client.valueOf("limiter.allowance"));
});

test("a message beside a line is printed at each hit that counts, with its locals (STP-4)", async () => {
  const line = lineOf(LIMITER, "this.ring.count.get(i) >= this.limitOf(i)");
  const logMessage = "window {i}: {limiter.ring.count[1]} pulses, {nothing}";
  await client.begin({ stopAt: ["motor.pulses >= 3"] }, () =>
    setIn(LIMITER, { line, hitCondition: "% 2", logMessage }),
  );
  const messages = client.printed.filter(({ output }) => output.startsWith("window"));
  expect(messages.map(({ output }) => output)).toEqual(
    [0, 1, 2].map((n) => `window 1: ${n} pulses, {nothing: unknown}\n`),
  );
  expect(messages[0]).toMatchObject({ line, source: { path: LIMITER } });
});

test("a breakpoint on a function stops at its first statement, and an unknown or shared name is refused (STP-4)", async () => {
  let answers: (string | undefined)[] = [];
  await client.begin({}, async () => {
    const breakpoints = [{ name: "Limiter.allows" }, { name: "Limiter.alows" }, { name: "tick" }];
    const { body } = await client.setFunctionBreakpointsRequest({ breakpoints });
    answers = body.breakpoints.map(({ message }) => message);
  });
  expect(answers[1]).toBe("the firmware has no function Limiter.alows; the nearest known one is Limiter.allows");
  expect(answers[2]).toMatch(/^the firmware has \d+ functions tick: Alarms\.tick, /);
  expect((await client.top()).name).toBe("Limiter.allows");
});

test("a line of the firmware is a target that a session goes to, both ways, and has its stops listed (STP-4)", async () => {
  await client.begin({ stopAt: ["motor.pulses >= 2"] });
  const line = lineOf(LIMITER, "return this.fullWindow() == 0;");
  const moment = (await client.top()).name;
  for (const i of [0, 1]) {
    const { targets } = (await client.gotoTargetsRequest({ source: { path: LIMITER }, line })).body;
    expect(targets[i].label).toBe(["this line, when it runs next", "this line, when it ran last"][i]);
    await client.moved(client.gotoRequest({ threadId: 1, targetId: targets[i].id }));
    expect(await where()).toBe(`limiter.ts:${line} Limiter.allows`);
  }
  expect((await client.stackTraceRequest(go)).body.stackFrames.at(-1)!.name).not.toBe(moment);
  const given = { source: { path: LIMITER }, line: line - 1, endLine: line };
  const locations = (await client.customRequest("breakpointLocations", given)).body as { breakpoints: object[] };
  expect(locations.breakpoints).toEqual([{ line }]);
  const { sources } = (await client.customRequest("loadedSources")).body as { sources: { path: string }[] };
  expect(sources.map(({ path }) => path)).toEqual(expect.arrayContaining([LIMITER, SCENARIO]));
});

test("only the tick can be restarted, and a call says so (STP-4)", async () => {
  await client.begin({}, () => client.setFunctionBreakpointsRequest({ breakpoints: [{ name: "Limiter.allows" }] }));
  const { stackFrames } = (await client.stackTraceRequest(go)).body;
  expect(await refusal(client.restartFrameRequest({ frameId: stackFrames[0].id }))).toMatch(
    /^only the frame of the tick can be restarted/,
  );
  await client.moved(client.restartFrameRequest({ frameId: stackFrames.at(-1)!.id }));
  expect((await client.top()).name).toBe(stackFrames.at(-1)!.name);
  await client.moved(client.stepInRequest(go));
  expect((await client.top()).name).toBe("PumpController.tick");
});

test("a changed value begins a branch in its tick, what was recorded stays, and both can be gone to (STP-4)", async () => {
  const line = lineOf(LIMITER, "return this.fullWindow() == 0;");
  await client.begin({}, () => setIn(LIMITER, { line }));
  const tickFrame = async () => (await client.stackTraceRequest(go)).body.stackFrames.at(-1)!.name;
  const at = await tickFrame();
  const world = await client.scope("Firmware");
  const limiter = world.find(({ name }) => name === "limiter")!;
  const before = await client.valueOf("limiter.allowance");
  const stop = client.nextStop();
  const answer = await client.setVariableRequest({
    variablesReference: limiter.variablesReference,
    name: "allowance",
    value: "7",
  });
  expect(answer.body.value).toBe("7");
  expect(await stop).toMatchObject({
    reason: "goto",
    text: "limiter.allowance is 7 from here on, on branch 1; what was recorded stays",
  });
  expect([await where(), await tickFrame()]).toEqual([expect.stringContaining("PumpController.tick"), at]);
  expect(await client.valueOf("limiter.allowance")).toBe("7");
  const { targets } = (await client.gotoTargetsRequest({ source: { path: LIMITER }, line })).body;
  const main = targets.find(({ label }) => label === "main, where the run was on it last")!;
  await client.moved(client.gotoRequest({ threadId: 1, targetId: main.id }));
  expect(await client.valueOf("limiter.allowance")).toBe(before);
  for (const [expression, value, message] of [
    ["limiter.alowance", "7", "no symbol is called limiter.alowance; the nearest known one is limiter.allowance"],
    ["limiter.allowance", "seven", "found seven for limiter.allowance, expected a number"],
    ["motor.rate_ulPerDay", "1", /motor\.rate_ulPerDay/],
  ] as const) {
    expect(await refusal(client.customRequest("setExpression", { expression, value }))).toMatch(message);
  }
});

test("an event in the console leads to the line of the firmware that traced it, and the program stays (STP-4)", async () => {
  await client.begin({ stopAt: ["event basal_rate"] });
  const at = await where();
  const lineOfEvent = async (name: string) => {
    const { locationReference, source } = client.printed.find(({ output }) => output.includes(` ${name}`))!;
    expect(source!.path).toBe(SCENARIO);
    const { body } = await client.customRequest("locations", { locationReference });
    const { source: found, line } = body as { source: { path: string }; line: number };
    return readFileSync(found.path, "utf8").split("\n")[line - 1];
  };
  // All three are traced in one tick.
  expect(await lineOfEvent("program_accepted")).toContain("EVENT_PROGRAM_ACCEPTED");
  expect(await lineOfEvent("life_changed to=in_service")).toContain("EVENT_LIFE_CHANGED");
  expect(await lineOfEvent("basal_rate")).toContain("EVENT_BASAL_RATE");
  expect(await where()).toBe(at);
  expect(await refusal(client.customRequest("locations", { locationReference: 999 }))).toBe(
    "no line was printed with the reference 999",
  );
});
