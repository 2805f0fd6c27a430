//! 100 uL a day in pulses of 250 nL: 400 pulses, one every 21,600 ticks of 10 ms.

const hal = @import("cistern_hal");

const pulse_ticks: i32 = 21_600;

/// Exported, so that the stepper knows it by name.
export var waited: i32 = 0;

export fn boot() void {
    hal.motor.setPower(true);
}

export fn tick() void {
    hal.watchdog.kick();
    waited += 1;
    if (waited < pulse_ticks) return;
    waited = 0;
    hal.motor.pulse();
}

export fn idle() i32 {
    return pulse_ticks - 1 - waited;
}

export fn skip(ticks: i32) void {
    waited += ticks;
}
