/* The line under the hal wire: raw bytes, 8N1, 115,200 baud, no flow control. Every wait is bounded. A platform defines these
 * functions: line_posix.c for a serial port or a pseudo-terminal, targets/cortex-m3/ for a UART. */

#ifndef LINE_H
#define LINE_H

#include <stddef.h>
#include <stdint.h>

void line_write(const uint8_t *bytes, size_t count);
/* Reads up to `room` bytes and returns their number; 0 when none came within `ms`. */
size_t line_read(uint8_t *bytes, size_t room, int ms);
/* Milliseconds of a clock that never goes back. */
int64_t line_now(void);
/* A number that differs from start to start, by which the board knows a controller that starts anew. */
uint32_t line_session(void);
/* Tells why the controller cannot go on and ends the program. Never returns. */
void line_fail(const char *why);

#endif
