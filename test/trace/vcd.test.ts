// VCD traces: read back by a reader of our own that is far simpler than the format allows, by GTKWave's converters, and by
// sigrok-cli, whose library is PulseView's.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { Track } from "../../emulator/run/report";
import { eventTracks } from "../../emulator/trace/events";
import { vcdOf } from "../../emulator/trace/vcd";
import { hasGtkwave, hasSigrok } from "../machine-here";
import { dayFixture } from "./fixture";

const OPTIONS = { endTick: 1000, version: "0.1.0", scenario: "a test" };

interface Dump {
  /** `scope.name` of numbers and wires to their changes as `[ms, value]`; NaN for unknown. */
  signals: Map<string, [number, number][]>;
  /** The same of strings. */
  texts: Map<string, [number, string][]>;
  last_ms: number;
}

/** Understands scopes, variables, time stamps and values of the kinds we write, and of those that fst2vcd writes. */
function readVcd(text: string): Dump {
  const dump: Dump = { signals: new Map(), texts: new Map(), last_ms: 0 };
  const byId = new Map<string, (value: string) => void>();
  const scopes: string[] = [];
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "$scope") scopes.push(words[2]);
    else if (words[0] === "$upscope") scopes.pop();
    else if (words[0] === "$var") {
      const [, type, , id, given] = words;
      const name = [...scopes, given].join(".");
      if (type === "string") {
        const rows: [number, string][] = [];
        dump.texts.set(name, rows);
        byId.set(id, (value) => rows.push([dump.last_ms, value]));
      } else {
        const rows: [number, number][] = [];
        dump.signals.set(name, rows);
        byId.set(id, (value) => rows.push([dump.last_ms, value === "x" ? NaN : Number(value)]));
      }
    } else if (/^#\d+$/.test(words[0])) dump.last_ms = Number(words[0].slice(1));
    else if (/^[rs]/.test(words[0]) && words.length === 2) byId.get(words[1])!(words[0].slice(1));
    else if (/^[01x]./.test(words[0]) && words.length === 1) byId.get(words[0].slice(1))?.(words[0][0]);
  }
  return dump;
}

function textOf(tracks: readonly Track[], options = OPTIONS): string {
  return [...vcdOf(tracks, options)].join("");
}

function rowsOf(track: Track): [number, number][] {
  return track.ticks.map((tick, i) => [tick * 10, track.values[i]]);
}

function track(name: string, rows: [number, number][], meaning?: Track["meaning"]): Track {
  const changes = { ticks: rows.map(([tick]) => tick), values: rows.map(([, value]) => value) };
  return { name, unit: "", ...changes, ...(meaning ? { meaning } : {}) };
}

/** The reading of sigrok: the names of the channels, and for each sample of 1 ms one digit a channel. */
function throughSigrok(text: string): { channels: string[]; samples: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "cistern-vcd-"));
  try {
    writeFileSync(join(folder, "a.vcd"), text);
    const made = spawnSync("sigrok-cli", ["-l", "1", "-I", "vcd", "-i", join(folder, "a.vcd"), "-O", "csv"], {
      encoding: "utf8",
      maxBuffer: 1e8,
    });
    expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: "" });
    const lines = made.stdout.trimEnd().split("\n");
    const channels = lines
      .find((line) => line.startsWith("; Channels"))!
      .replace(/^.*: /, "")
      .split(", ");
    return {
      channels,
      samples: lines.filter((line) => /^[01](,[01])*$/.test(line)).map((line) => line.replaceAll(",", "")),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const MODES: Track["meaning"] = { kind: "code", names: ["stopped", "continuous"] };
const ALARMS: Track["meaning"] = { kind: "bits", names: ["low_reservoir", "eos"] };
/** A second of signals of every kind, with a number between the others that has more than one bit. */
const OF_EVERY_KIND = [
  track(
    "therapy.mode",
    [
      [0, 0],
      [10, 1],
    ],
    MODES,
  ),
  track("motor.pulses", [
    [0, 0],
    [20, 5],
    [30, 6],
  ]),
  track(
    "alarm.active",
    [
      [0, 0],
      [40, 3],
      [60, 2],
    ],
    ALARMS,
  ),
  track(
    "guard.tripped",
    [
      [0, 0],
      [80, 1],
    ],
    { kind: "switch" },
  ),
  track(
    "event.last",
    [
      [0, 0],
      [40, 1],
    ],
    { kind: "text", names: ["boot", "alarm_raised+alarm raised"] },
  ),
];

/** Through vcd2fst and fst2vcd, which must accept the file without a word of complaint. */
function throughGtkwave(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "cistern-vcd-"));
  try {
    writeFileSync(join(folder, "a.vcd"), text);
    const made = spawnSync("vcd2fst", ["-v", join(folder, "a.vcd"), "-f", join(folder, "a.fst")], { encoding: "utf8" });
    expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: "" });
    return execFileSync("fst2vcd", ["-f", join(folder, "a.fst")], { encoding: "utf8", maxBuffer: 1e8 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the VCD of a trace", () => {
  test("has the expected text for a small trace", () => {
    const tracks = [
      track("motor.pulses", [
        [0, 0],
        [5, 1],
        [7, 2],
      ]),
      track("battery.cell_mv", [[0, 3000.5]]),
      track("motor.steps", [[0, -1]]),
    ];
    expect(textOf(tracks)).toBe(
      `$version cistern 0.1.0 $end
$comment a test $end
$timescale 1 ms $end
$scope module motor $end
$var real 64 A pulses $end
$var real 64 D steps $end
$upscope $end
$scope module battery $end
$var real 64 C cell_mv $end
$upscope $end
$enddefinitions $end
#0
$dumpvars
r0 A
r3000.5 C
r-1 D
$end
#50
r1 A
#70
r2 A
#10000
`,
    );
  });

  test("EMU-11: a code has its name as a string and a wire for each code, a set of bits its members and a wire for each", () => {
    const { signals, texts } = readVcd(textOf(OF_EVERY_KIND));
    expect(Object.fromEntries(texts)).toEqual({
      "therapy.mode_name": [
        [0, "stopped"],
        [100, "continuous"],
      ],
      "alarm.active_names": [
        [0, "none"],
        [400, "low_reservoir+eos"],
        [600, "eos"],
      ],
      "event.last": [
        [0, "boot"],
        [400, "alarm_raised+alarm_raised"],
      ],
    });
    expect(Object.fromEntries(signals)).toEqual({
      "therapy.mode": [
        [0, 0],
        [100, 1],
      ],
      "therapy.mode_stopped": [
        [0, 1],
        [100, 0],
      ],
      "therapy.mode_continuous": [
        [0, 0],
        [100, 1],
      ],
      "motor.pulses": [
        [0, 0],
        [200, 5],
        [300, 6],
      ],
      "alarm.active": [
        [0, 0],
        [400, 3],
        [600, 2],
      ],
      "alarm.low_reservoir": [
        [0, 0],
        [400, 1],
        [600, 0],
      ],
      "alarm.eos": [
        [0, 0],
        [400, 1],
      ],
      "guard.tripped": [
        [0, 0],
        [800, 1],
      ],
    });
  });

  test("EMU-11: a code that has no name is shown as its number", () => {
    const { texts } = readVcd(textOf([track("therapy.mode", [[0, 9]], MODES)]));
    expect(texts.get("therapy.mode_name")).toEqual([[0, "9"]]);
  });

  test("EMU-11: events are their count, which rises with each, and the names of a tick's events", () => {
    const event = (tick: number, name: string) => ({ tick, time_s: tick / 100, wall: "", name });
    const events = [event(3, "stopped"), event(7, "alarm_raised"), event(7, "stopped"), event(9, "stopped")];
    const { signals, texts } = readVcd(textOf(eventTracks(events, ["event.*"])));
    expect(signals.get("event.count")).toEqual([
      [0, 0],
      [30, 1],
      [70, 3],
      [90, 4],
    ]);
    expect(texts.get("event.last")).toEqual([
      [0, "none"],
      [30, "stopped"],
      [70, "alarm_raised+stopped"],
      [90, "stopped"],
    ]);
    expect(eventTracks(events, ["motor.*", "event.count"]).map(({ name }) => name)).toEqual(["event.count"]);
  });

  test("EMU-11: sigrok, which is PulseView's reader, gives every wire back, whatever stands between them", ({
    skip,
  }) => {
    skip(!hasSigrok, "sigrok-cli is not installed");
    const { channels, samples } = throughSigrok(textOf(OF_EVERY_KIND, { ...OPTIONS, endTick: 100 }));
    expect(channels).toEqual(["mode_stopped", "mode_continuous", "low_reservoir", "eos", "tripped"]);
    const expected = (ms: number) =>
      [ms < 100, ms >= 100, ms >= 400 && ms < 600, ms >= 400, ms >= 800].map(Number).join("");
    expect(samples).toEqual(Array.from({ length: 1000 }, (_, ms) => expected(ms)));
  });

  test("EMU-11: sigrok takes no identifier of a string for a change of a wire, whichever it is", ({ skip }) => {
    skip(!hasSigrok, "sigrok-cli is not installed");
    const many = Array.from({ length: 200 }, (_, i) =>
      track(
        `text.t${i}`,
        [
          [0, 0],
          [10, 1],
        ],
        { kind: "text", names: ["1", "0x"] },
      ),
    );
    const wires = Array.from({ length: 200 }, (_, i) => track(`wire.w${i}`, [[0, i & 1]], { kind: "switch" }));
    const both = many.flatMap((each, i) => [each, wires[i]]);
    const { samples } = throughSigrok(textOf(both, { ...OPTIONS, endTick: 20 }));
    const steady = wires.map((_, i) => i & 1).join("");
    expect(samples).toEqual(Array.from({ length: 200 }, () => steady));
  });

  test("gives back every value of a day, and its last time is the end of the day", () => {
    const { report, tracks } = dayFixture();
    const dump = readVcd(textOf(tracks, { ...OPTIONS, endTick: report.ended.tick }));
    for (const track of tracks) expect(dump.signals.get(track.name)).toEqual(rowsOf(track));
    expect(dump.last_ms).toBe(86400000);
  });

  test("keeps the value of whole numbers of both signs, also beyond 32 bits", () => {
    const values = [0, 1, -1, 2147483647, -2147483648];
    const wide = [...values, 2147483648, -2147483649, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const tracks = [values, wide].map((list, n) =>
      track(
        `a.v${n}`,
        list.map((value, i) => [i, value]),
      ),
    );
    const dump = readVcd(textOf(tracks));
    expect(dump.signals.get("a.v0")).toEqual(rowsOf(tracks[0]));
    expect(dump.signals.get("a.v1")).toEqual(rowsOf(tracks[1]));
  });

  test("shows a signal as unknown before its first value", () => {
    const dump = readVcd(textOf([track("a.late", [[3, 7]]), track("a.never", []), track("a.real", [[3, 0.5]])]));
    expect(dump.signals.get("a.late")).toEqual([
      [0, NaN],
      [30, 7],
    ]);
    expect(dump.signals.get("a.never")).toEqual([[0, NaN]]);
    expect(dump.signals.get("a.real")).toEqual([
      [0, NaN],
      [30, 0.5],
    ]);
  });

  test("gives each of a thousand signals an identifier of its own", () => {
    const tracks = Array.from({ length: 10000 }, (_, i) => track(`a.s${i}`, [[0, i]]));
    const dump = readVcd(textOf(tracks));
    for (const track of tracks) expect(dump.signals.get(track.name)).toEqual(rowsOf(track));
  });

  test("stays whole whatever the names and texts, and no two signals share a name", () => {
    const tracks = ["a.x y", "a.x_y", "9 $end.$end", "µ.b[3]", "plain", "a.b.c"].map((name, i) =>
      track(name, [[0, i]]),
    );
    const text = textOf(tracks, { endTick: 10, version: "1 $end", scenario: "name $END\n#5 $end\n$var" });
    const dump = readVcd(text);
    expect([...dump.signals.keys()]).toEqual(["a.x_y", "a.x_y_2", "a.b_c", "_9__end._end", "_.b_3_", "signals.plain"]);
    expect([...dump.signals.values()].map((rows) => rows[0][1])).toEqual([0, 1, 5, 2, 3, 4]);
    expect(text).toContain("$comment name  END #5  end $var $end\n");
  });

  test("is read by GTKWave, which gives every value back", ({ skip }) => {
    skip(!hasGtkwave, "vcd2fst of GTKWave is not installed");
    const { report, tracks } = dayFixture();
    const odd = [
      track("odd.wide", [
        [0, -1],
        [4, Number.MIN_SAFE_INTEGER],
        [9, Number.MAX_SAFE_INTEGER],
      ]),
      track("odd.fraction", [
        [0, 0.1],
        [9, -1e-9],
        [10, 1e21],
      ]),
      track("odd.late", [[9, 5]]),
      track("odd.lateFraction", [[9, 0.5]]),
    ];
    const all = [
      ...tracks,
      ...odd,
      track(
        "odd.open",
        [
          [0, 0],
          [9, 1],
        ],
        { kind: "switch" },
      ),
    ];
    const scenario = "odd $end </script>";
    const dump = readVcd(throughGtkwave(textOf(all, { endTick: report.ended.tick, version: "0.1.0", scenario })));
    for (const track of all) {
      const rows = dump.signals.get(track.name)!.filter(([, value]) => !Number.isNaN(value));
      const first = rows.findIndex(([ms]) => ms >= track.ticks[0] * 10);
      expect({ name: track.name, rows: rows.slice(first) }).toEqual({ name: track.name, rows: rowsOf(track) });
    }
    expect(dump.last_ms).toBe(86400000);
  });

  test("EMU-11: GTKWave gives every name and every wire back", ({ skip }) => {
    skip(!hasGtkwave, "vcd2fst of GTKWave is not installed");
    const text = textOf(OF_EVERY_KIND);
    const { signals, texts } = readVcd(throughGtkwave(text));
    const written = readVcd(text);
    expect([...texts].sort()).toEqual([...written.texts].sort());
    expect([...signals].sort()).toEqual([...written.signals].sort());
  });
});
