// The module for controllers in Rust: the calls and constants of hal/, without the standard library. Compiled to WebAssembly each call
// is an import; elsewhere the linker finds a driver's function, of the same name as in C.

import { CALLS, PORTS, type Call, type PortName } from "../../emulator/contract/calls";
import { declarations, snake, wordsOf, wrapped } from "./bindings";

const HEAD =
  "Made from emulator/contract/calls.ts and hal/ by npm run contract. What a controller in Rust sees of a board " +
  "(docs/hal.md), and what it offers (docs/controllers.md). It needs no standard library. Compiled to WebAssembly each call is an import of its " +
  "port's module; elsewhere the linker finds a driver's function of the names in targets/c/cistern_hal.h.";

/** The trait of a controller, and the macro that makes the exports of one. */
const CONTROLLER = `/// The functions that a controller offers to the board. \`idle\` and \`skip\` let the emulator leap over ticks in which nothing happens.
pub trait Controller {
    /// After each start of the board, before the first tick.
    fn boot(&mut self);
    /// Every 10 ms.
    fn tick(&mut self);
    /// The number of ticks from now on in which only counters change; 0 for a controller that does not leap.
    fn idle(&self) -> i32 {
        0
    }
    /// Does what \`ticks\` idle ticks would do. \`ticks\` is at most what \`idle\` gave.
    fn skip(&mut self, _ticks: i32) {}
}

/// Defines the static that holds a controller, and the functions that the board calls:
/// \`controller!(static PUMP: Pump = Pump::new());\`.
#[macro_export]
macro_rules! controller {
    (static $name:ident: $type:ty = $value:expr) => {
        static mut $name: $type = $value;

        // The board calls one function at a time, so no two references to the static live together.
        #[no_mangle]
        pub extern "C" fn boot() {
            unsafe { $crate::cistern_hal::Controller::boot(&mut *core::ptr::addr_of_mut!($name)) }
        }
        #[no_mangle]
        pub extern "C" fn tick() {
            unsafe { $crate::cistern_hal::Controller::tick(&mut *core::ptr::addr_of_mut!($name)) }
        }
        #[no_mangle]
        pub extern "C" fn idle() -> i32 {
            unsafe { $crate::cistern_hal::Controller::idle(&*core::ptr::addr_of!($name)) }
        }
        #[no_mangle]
        pub extern "C" fn skip(ticks: i32) {
            unsafe { $crate::cistern_hal::Controller::skip(&mut *core::ptr::addr_of_mut!($name), ticks) }
        }
    };
}`;

/** The result is an \`i32\` there, because a \`bool\` of Rust may have no other value than 0 and 1. */
function declared({ port, name, parameters, result }: Call): string {
  const inputs = parameters.map((each) => `${snake(each.name)}: i32`).join(", ");
  const link = `#[cfg_attr(target_arch = "wasm32", link_name = "${name}")]`;
  return `        ${link}\n        fn ${port}_${snake(name)}(${inputs})${result === null ? "" : " -> i32"};`;
}

function wrapper(call: Call): string {
  const inputs = call.parameters.map(({ name, type }) => `${snake(name)}: ${type}`).join(", ");
  const given = call.parameters.map(({ name, type }) => snake(name) + (type === "bool" ? " as i32" : "")).join(", ");
  const made = `${call.port}_${snake(call.name)}(${given})`;
  const body = `unsafe { ${made}${call.result?.type === "bool" ? " != 0" : ""} }`;
  const result = call.result === null ? "" : ` -> ${call.result.type}`;
  const doc = wrapped(wordsOf(call), "    /// ");
  return `${doc}\n    pub fn ${snake(call.name)}(${inputs})${result} {\n        ${body}\n    }`;
}

function portModule(port: PortName, constants: readonly string[]): string {
  const calls = CALLS.filter((call) => call.port === port);
  const imports = [
    `    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "${port}"))]`,
    '    extern "C" {',
    ...calls.map(declared),
    "    }",
  ].join("\n");
  const values = constants.length === 0 ? [] : [constants.map((line) => `    ${line}`).join("\n")];
  return `pub mod ${port} {\n${[...values, imports, ...calls.map(wrapper)].join("\n\n")}\n}`;
}

/** targets/rust/cistern_hal.rs. */
export async function rustModule(): Promise<string> {
  const { shared, ports } = await declarations();
  return `${[
    wrapped(HEAD, "//! "),
    // A controller uses some of the calls.
    "#![allow(dead_code)]",
    CONTROLLER,
    ...shared.map(([file, lines]) => `pub mod ${file} {\n    ${lines.join("\n    ")}\n}`),
    ...PORTS.map((port) => portModule(port, ports.get(port) ?? [])),
  ].join("\n\n")}\n`;
}
