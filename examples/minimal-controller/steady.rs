// 100 uL a day in pulses of 250 nL: 400 pulses, one every 21,600 ticks of 10 ms.

#![no_std]

#[path = "../../targets/rust/cistern_hal.rs"]
mod cistern_hal;

use cistern_hal::{motor, watchdog, Controller};

const PULSE_TICKS: i32 = 21_600;

struct Steady {
    waited: i32,
}

impl Controller for Steady {
    fn boot(&mut self) {
        motor::set_power(true);
    }

    fn tick(&mut self) {
        watchdog::kick();
        self.waited += 1;
        if self.waited < PULSE_TICKS {
            return;
        }
        self.waited = 0;
        motor::pulse();
    }

    fn idle(&self) -> i32 {
        PULSE_TICKS - 1 - self.waited
    }

    fn skip(&mut self, ticks: i32) {
        self.waited += ticks;
    }
}

controller!(static PUMP: Steady = Steady { waited: 0 });

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
