/* The controller's end of the hal wire (docs/hal-wire.md), in lockstep and in real time, as the board asks: every call of cistern_hal.h,
 * carried out by a board at the other end of a line. A call that reads answers from the registers of the last SENSE; one that acts is sent at the end of the
 * tick, bytes in a row as one call; one that has a result waits for it. It calls boot(), tick(), idle() and skip() of the controller. A tick that waits for a result while the board resets is left in the
 * middle, and boot() comes next. It needs the five functions of line.h and about 20 kB beside the copy of the memory, if it keeps one. */

#ifndef HAL_WIRE_H
#define HAL_WIRE_H

#include <stdint.h>

/* The bytes of the board's memory of which a copy is kept here. A controller that uses only the first ones says so to the
 * compiler; of the others nvm_read is 0, and nvm_write does nothing. With 0 there is no copy: the board sends none of its memory,
 * and each nvm_read and nvm_read_word is a call whose result is waited for. */
#ifndef HAL_WIRE_NVM_BYTES
#define HAL_WIRE_NVM_BYTES 131072
#endif

/* Bit n is the nth port of docs/hal.md. */
enum { HAL_WIRE_ALL_PORTS = 0x3fff, HAL_WIRE_RESERVOIR = 1 << 1 };

/* Greets and serves the board at the line until it says END. Returns its verdict: 0 pass, 1 fail, 2 invalid, 3 interrupted.
 * `name` is the controller's for people, at most 32 characters; `ports` are those that it needs. */
int hal_wire_serve(const char *name, uint16_t ports);

struct hal_wire_counts {
    /* Ticks that were carried out, and those of which only the inputs were taken over because a later SENSE had come. */
    uint32_t ticks, skipped;
    /* Frames that were sent again. */
    uint32_t resent;
};

/* What was counted since the start. */
const struct hal_wire_counts *hal_wire_counts(void);

#endif
