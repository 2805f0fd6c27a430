//! A controller for cistern's board in Rust, as a module of WebAssembly. It does what the example in C does, and leaves out what that one
//! leaves out (examples/controller-c/controller.c).

#![no_std]

#[path = "../../targets/rust/cistern_hal.rs"]
mod cistern_hal;

mod bytes;
mod commands;
mod program;
mod pump;
mod telemetry;
mod windows;

use cistern_hal::{watchdog, Controller};
use commands::Commands;
use pump::Pump;
use telemetry::Telemetry;

struct Device {
    telemetry: Telemetry,
    commands: Commands,
    pump: Pump,
}

impl Device {
    const NEW: Device = Device { telemetry: Telemetry::NEW, commands: Commands::NEW, pump: Pump::NEW };
}

impl Controller for Device {
    fn boot(&mut self) {
        self.telemetry = Telemetry::NEW;
        self.commands = Commands::NEW;
        self.pump.boot();
    }

    fn tick(&mut self) {
        self.pump.begin_tick();
        self.telemetry.tick(&mut self.commands, &mut self.pump);
        self.pump.tick();
        watchdog::kick();
    }

    fn idle(&self) -> i32 {
        self.pump.idle()
    }

    fn skip(&mut self, ticks: i32) {
        self.pump.skip(ticks);
    }
}

controller!(static DEVICE: Device = Device::NEW);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
