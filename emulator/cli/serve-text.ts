// The text that `cistern serve` shows a person: one live line on a terminal's stderr while it runs, and the report at its end.

import { NL_PER_ML, NL_PER_UL, numberWords as count } from "../amounts";
import { buildWords } from "../machine/controller-host";
import { PULSE_NL, TICKS_PER_SECOND } from "../../hal/units";
import type { ServeReport, ServeStatus } from "../rig/serve-report";
import type { ServiceHandle } from "../rig/service";
import { formatTicks, ticksOfSeconds, US_PER_MS } from "../time";
import type { Paint } from "./paint";
import { bannerOf, ending, outsideCallWords } from "./report-text";

const LIVE_MS = 250;

/** Shows the live line on a terminal, every LIVE_MS until `end`, and nothing in a pipe. */
export function liveLine(service: Pick<ServiceHandle, "status">): { end(): void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { end: () => undefined };
  let isOver = false;
  const show = async (): Promise<void> => {
    const line = lineOf(await service.status()).slice(0, (stderr.columns || 80) - 1);
    if (!isOver) stderr.write(`\r\x1b[K${line}`);
  };
  // A service that has just died has no status; its report says why.
  const timer = setInterval(() => void show().catch(() => undefined), LIVE_MS);
  return {
    end: () => {
      isOver = true;
      clearInterval(timer);
      stderr.write("\r\x1b[K");
    },
  };
}

function lineOf(status: ServeStatus): string {
  const { signals, port, pacing } = status;
  const parts = [
    `${formatTicks(status.tick - (status.tick % TICKS_PER_SECOND))}  x${status.speed}`,
    `${signals["motor.rate_ulPerDay"]} uL/day`,
    `${(signals["reservoir.level_nl"] / NL_PER_ML).toFixed(2)} mL`,
    status.alarms.length > 0 ? `alarms ${status.alarms.join(",")}` : "no alarms",
    `rx ${port.rx_bytes} tx ${port.tx_bytes}${port.open ? "" : " (port lost)"}`,
    `misses ${pacing.misses}`,
  ];
  return parts.join("  ");
}

export function textOfServe(report: ServeReport, paint: Paint): string {
  const { ended, speed, delivered } = report;
  const lines = [
    `${paint("bold", report.scenario)}  ${bannerOf(report, paint)}  ended by ${ended.by ?? "nothing"} at ${formatTicks(ended.tick)}`,
    ...(report.reason === null ? [] : [`  ${report.reason}`]),
    `  ${formatTicks(ticksOfSeconds(speed.simulated_s))} in ${speed.host_s.toFixed(2)} s at speed ${speed.asked}; ${count(speed.ticks_executed)} ticks executed, ${count(speed.ticks_leapt)} leapt`,
    `  ${paint("dim", `seed ${report.seed}, controller ${report.controller}, machine ${buildWords(speed)}, fingerprint ${report.fingerprint}`)}`,
    `  left the pump   ${count(delivered.pulses)} pulses of ${PULSE_NL} nL, ${delivered.volume_nl / NL_PER_UL} uL`,
    "",
    ...pacing(report),
    "",
    ...port(report),
    "",
    `  alarms          ${report.alarms.join(", ") || "none"}`,
    `  faults          ${report.faults.map((row) => `${row.name} acted ${row.acted}${row.on ? " (on)" : ""}`).join(", ") || "none"}`,
    ...outsideCalls(report),
    `  harms           ${report.harms.map(harm).join(", ") || "none"}`,
    ...invariants(report, paint),
    ...ending(report, paint),
  ];
  return `${lines.join("\n")}\n`;
}

function outsideCalls({ outside_calls }: ServeReport): string[] {
  if (outside_calls.length === 0) return [];
  return [`  outside calls   ${outside_calls.map(outsideCallWords).join("; ")}`];
}

function harm({ name, first_s, by }: ServeReport["harms"][number]): string {
  return `${name} from ${formatTicks(ticksOfSeconds(first_s))} (${by === null ? "named by no alarm" : `named by ${by}`})`;
}

function pacing({ pacing: { timed, misses, slipped, lateness, histogram } }: ServeReport): string[] {
  if (timed === 0) return ["  pacing          none: as fast as it can"];
  const { p50_us, p99_us, p999_us, most_us } = lateness;
  return [
    `  pacing          ${count(misses)} deadlines missed of ${count(timed)}, ${count(slipped)} ticks slipped`,
    `  lateness        p50 ${ms(p50_us)}, p99 ${ms(p99_us)}, p99.9 ${ms(p999_us)}, most ${ms(most_us)}`,
    ...histogram
      .filter((row) => row.count > 0)
      .map((row) => `    ${row.most_us === null ? "more" : `up to ${ms(row.most_us)}`}`.padEnd(20) + count(row.count)),
  ];
}

function port({ port: row }: ServeReport): string[] {
  return [
    `  port            ${row.path}${row.losses > 0 ? `, lost ${row.losses} times and back ${row.returns} times` : ""}`,
    `  from the host   ${count(row.rx_bytes)} bytes, ${count(row.rx_frames)} frames, ${count(row.rx_dropped)} bytes dropped, at most ${count(row.rx_queue_most)} waiting`,
    `  to the host     ${count(row.tx_bytes)} bytes, ${count(row.tx_frames)} frames, ${count(row.tx_dropped)} bytes dropped, at most ${count(row.tx_queue_most)} waiting`,
    `  at the pump     ${count(row.link_overflows)} bytes found its receiver full, ${count(row.withheld)} bytes answered the scenario's people`,
  ];
}

function invariants(report: ServeReport, paint: Paint): string[] {
  const broken = report.invariants.filter((row) => !row.ok);
  if (!report.invariants.some((row) => row.judged)) return ["  invariants      not judged"];
  if (broken.length === 0) return [`  invariants      ${report.invariants.map((row) => row.id).join(" ")} held`];
  return broken.map(
    (row) => `  ${paint("red", "FAIL")}  ${row.id} broken at ${formatTicks(ticksOfSeconds(row.at_s ?? 0))}`,
  );
}

function ms(value_us: number): string {
  return `${count(value_us / US_PER_MS, value_us < 10_000 ? 2 : 0)} ms`;
}
