/* The controller at the other end of a serial line or a pseudo-terminal:
 *
 *     npx cistern board scenarios/breakthrough-pain.yaml --pty /tmp/board --lockstep
 *     ./controller /tmp/board
 */

#include <stdio.h>

#include "hal_wire.h"
#include "line_posix.h"

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
