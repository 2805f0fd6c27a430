// VCD traces: read back by a reader of our own that is far simpler than the format allows, and by GTKWave's converters.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { Track } from "../../emulator/run/report";
import { vcdOf } from "../../emulator/trace/vcd";
import { hasGtkwave } from "../machine-here";
import { dayFixture } from "./fixture";

const OPTIONS = { endTick: 1000, version: "0.1.0", scenario: "a test" };

interface Dump {
  /** `scope.name` to its changes as `[ms, value]`; NaN for unknown. */
  signals: Map<string, [number, number][]>;
  last_ms: number;
}

/** Understands scopes, variables, time stamps and values of the kinds we write, and of those that fst2vcd writes. */
function readVcd(text: string): Dump {
  const signals = new Map<string, [number, number][]>();
  const byId = new Map<string, { width: number; rows: [number, number][] }>();
  const scopes: string[] = [];
  let time_ms = 0;
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "$scope") scopes.push(words[2]);
    else if (words[0] === "$upscope") scopes.pop();
    else if (words[0] === "$var") {
      const rows: [number, number][] = [];
      signals.set([...scopes, words[4]].join("."), rows);
      byId.set(words[3], { width: words[1] === "real" ? 0 : Number(words[2]), rows });
    } else if (/^#\d+$/.test(words[0])) time_ms = Number(words[0].slice(1));
    else if (/^[br]/.test(words[0]) && words.length === 2) {
      const { width, rows } = byId.get(words[1])!;
      const digits = words[0].slice(1);
      const value =
        width === 0 ? Number(digits) : /x/.test(digits) ? NaN : Number(BigInt.asIntN(width, BigInt(`0b${digits}`)));
      rows.push([time_ms, value]);
    }
  }
  return { signals, last_ms: time_ms };
}

function textOf(tracks: readonly Track[], options = OPTIONS): string {
  return [...vcdOf(tracks, options)].join("");
}

function rowsOf(track: Track): [number, number][] {
  return track.ticks.map((tick, i) => [tick * 10, track.values[i]]);
}

function track(name: string, rows: [number, number][]): Track {
  return { name, unit: "", ticks: rows.map(([tick]) => tick), values: rows.map(([, value]) => value) };
}

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
$var integer 32 ! pulses $end
$var integer 32 # steps $end
$upscope $end
$scope module battery $end
$var real 64 " cell_mv $end
$upscope $end
$enddefinitions $end
#0
$dumpvars
b0 !
r3000.5 "
b11111111111111111111111111111111 #
$end
#50
b1 !
#70
b10 !
#10000
`,
    );
  });

  test("gives back every value of a day, and its last time is the end of the day", () => {
    const { report, tracks } = dayFixture();
    const dump = readVcd(textOf(tracks, { ...OPTIONS, endTick: report.ended.tick }));
    for (const track of tracks) expect(dump.signals.get(track.name)).toEqual(rowsOf(track));
    expect(dump.last_ms).toBe(86400000);
  });

  test("keeps the value of integers of both signs, also beyond 32 bits", () => {
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
    const all = [...tracks, ...odd];
    const scenario = "odd $end </script>";
    const dump = readVcd(throughGtkwave(textOf(all, { endTick: report.ended.tick, version: "0.1.0", scenario })));
    for (const track of all) {
      const rows = dump.signals.get(track.name)!.filter(([, value]) => !Number.isNaN(value));
      const first = rows.findIndex(([ms]) => ms >= track.ticks[0] * 10);
      expect({ name: track.name, rows: rows.slice(first) }).toEqual({ name: track.name, rows: rowsOf(track) });
    }
    expect(dump.last_ms).toBe(86400000);
  });
});
