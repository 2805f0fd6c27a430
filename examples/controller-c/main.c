/* A controller for cistern's board in plain C99, at the other end of a serial line or a pseudo-terminal:
 *
 *     npx cistern board scenarios/breakthrough-pain.yaml --pty /tmp/board --lockstep
 *     ./controller /tmp/board
 *
 * It is an example of the wire and not a pump. It delivers in continuous mode with a patient's bolus, dose windows and proof of
 * motion, and has telemetry for the clinician and the patient. It leaves out a store (a reset forgets program, windows and
 * lockout), checks of its own memory, self-tests, the sensors of the reservoir, battery and clock supervision, flex and
 * periodic mode, clinician boluses, primes and bridges, the drug library and its confirmations, the log, acknowledging,
 * back-off, and real time. */

#include <stdio.h>

#include "cistern_hal.h"
#include "commands.h"
#include "hal_wire.h"
#include "line_posix.h"
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

int main(int count, char **arguments)
{
    static const char *const verdicts[] = {"pass", "fail", "invalid", "interrupted"};
    if (count != 2) {
        fprintf(stderr, "usage: %s LINE\n", arguments[0]);
        return 2;
    }
    line_open(arguments[1]);
    int verdict = hal_wire_serve("controller-c 1.0", HAL_WIRE_ALL_PORTS & ~HAL_WIRE_RESERVOIR);
    printf("the board says: %s\n", verdict >= 0 && verdict < 4 ? verdicts[verdict] : "something else");
    return 0;
}
