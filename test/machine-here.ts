// Tools that tests use of the machine that they run on, beyond Node. A test that lacks it is skipped, and the start of the run
// says which tests those are; where CI is set nothing may be lacking.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const folders = (process.env["PATH"] ?? "").split(delimiter);
const isOnPath = (program: string) => folders.some((folder) => existsSync(join(folder, program)));

export const hasPty = process.platform === "linux";
export const hasSocat = hasPty && isOnPath("socat");
export const hasSer2net = hasPty && existsSync("/usr/sbin/ser2net");
export const hasGtkwave = isOnPath("vcd2fst") && isOnPath("fst2vcd");
export const hasSigrok = isOnPath("sigrok-cli");
export const hasRedis = isOnPath("redis-server");
export const hasClang = isOnPath("clang") && isOnPath("wasm-ld");
/** A compiler of Rust that has the library of its target for WebAssembly beside it. */
export const rustcPath = folders
  .filter((folder) => existsSync(join(folder, "..", "lib", "rustlib", "wasm32-unknown-unknown")))
  .map((folder) => join(folder, "rustc"))
  .find(existsSync);
export const hasZig = isOnPath("zig");
/** The native twin of the machine is built by the system's compiler and counted by valgrind. */
export const hasTwin = isOnPath("cc") && isOnPath("valgrind");
export const hasSilicon = isOnPath("arm-none-eabi-gcc") && isOnPath("qemu-system-arm");
export const hasZsh = isOnPath("zsh");
export const hasFish = isOnPath("fish");
export const hasUnixSockets = process.platform !== "win32";
/** A device on which every write finds the disk full. */
export const hasFullDevice = existsSync("/dev/full");
export const chromiumPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);

/** One sentence for each kind of test that is skipped here. */
export function skippedHere(): string[] {
  const rows: [boolean, string][] = [
    [hasPty, "pseudo-terminals are those of Linux: tests of serial ports, of serve and of the programmer are skipped."],
    [hasUnixSockets, "Windows has no Unix sockets: tests of the control channel at one are skipped."],
    [hasFullDevice, "/dev/full does not exist: tests of a full disk are skipped."],
    [hasSocat, "socat is not installed: tests of a cable that is pulled out are skipped."],
    [hasSer2net, "ser2net is not installed: the test of a serial port that it serves by RFC 2217 is skipped."],
    [hasGtkwave, "vcd2fst of GTKWave is not installed: the test that it reads our VCD files is skipped."],
    [hasSigrok, "sigrok-cli is not installed: tests that sigrok and PulseView read our VCD files are skipped."],
    [
      hasClang,
      "clang with its linker for WebAssembly is not installed: tests of controllers in C as modules are skipped.",
    ],
    [
      rustcPath !== undefined,
      "rustc with its target wasm32-unknown-unknown is not installed: the test of a controller in Rust is skipped.",
    ],
    [hasTwin, "a C compiler or valgrind is not installed: the proof that no instruction count has risen is skipped."],
    [
      hasSilicon,
      "arm-none-eabi-gcc or qemu-system-arm is not installed: the proof of the firmware on a Cortex-M3 is skipped.",
    ],
    [hasRedis, "redis-server is not installed: tests of a campaign on many machines are skipped."],
    [hasZsh, "zsh is not installed: the test that it reads its script of completion is skipped."],
    [hasFish, "fish is not installed: the test that it completes commands and options is skipped."],
    [chromiumPath !== undefined, "Chromium is not installed: tests of the report in a browser are skipped."],
  ];
  return rows.filter(([isHere]) => !isHere).map(([, sentence]) => sentence);
}

/** The same for tools that Debian has no package of, so that CI cannot install them. */
export function leftOutHere(): string[] {
  return hasZig
    ? []
    : ["zig is not installed, and Debian has no package of it: tests of controllers in Zig are skipped."];
}
