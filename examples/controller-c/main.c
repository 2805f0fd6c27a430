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

#include "commands.h"
#include "line.h"
#include "pump.h"
#include "telemetry.h"
#include "wire.h"

static void boot(void)
{
    telemetry_boot();
    commands_boot();
    pump_boot();
}

static void tick(void)
{
    telemetry_tick(commands_execute);
    pump_tick();
    watchdog_kick();
}

int main(int count, char **arguments)
{
    static const char *const verdicts[] = {"pass", "fail", "invalid", "interrupted"};
    static const struct controller controller = {"controller-c 1.0", boot, tick, pump_idle, pump_skip};
    if (count != 2) {
        fprintf(stderr, "usage: %s LINE\n", arguments[0]);
        return 2;
    }
    line_open(arguments[1]);
    int verdict = wire_serve(&controller);
    printf("the board says: %s\n", verdict >= 0 && verdict < 4 ? verdicts[verdict] : "something else");
    return 0;
}
