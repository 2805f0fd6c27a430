/* What a controller offers to a board: over the hal wire (main.c), or as a module of WebAssembly.
 *
 * It is an example and not a pump. It delivers in continuous mode with a patient's bolus, dose windows and proof of
 * motion, and has telemetry for the clinician and the patient. It leaves out a store (a reset forgets program, windows and
 * lockout), checks of its own memory, self-tests, the sensors of the reservoir, battery and clock supervision, flex and
 * periodic mode, clinician boluses, primes and bridges, the drug library and its confirmations, the log, acknowledging
 * and back-off. */

#include "cistern_hal.h"
#include "commands.h"
#include "pump.h"
#include "telemetry.h"

void boot(void)
{
    telemetry_boot();
    commands_boot();
    pump_boot();
}

void tick(void)
{
    pump_begin_tick();
    telemetry_tick(commands_execute);
    pump_tick();
    watchdog_kick();
}

int32_t idle(void)
{
    return pump_idle();
}

void skip(int32_t ticks)
{
    pump_skip(ticks);
}
