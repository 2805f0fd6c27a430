/* A serial line or a pseudo-terminal: raw bytes through POSIX termios, 8N1, 115,200 baud, no flow control. All waits are bounded.
 * A failure of the line ends the program with one clear sentence and exit code 3. */

#ifndef LINE_H
#define LINE_H

#include <stddef.h>
#include <stdint.h>

void line_open(const char *path);
void line_write(const uint8_t *bytes, size_t count);
/* Reads up to `room` bytes and returns their number; 0 when none came within `ms`. */
size_t line_read(uint8_t *bytes, size_t room, int ms);
/* Milliseconds of a clock that never goes back. */
int64_t line_now(void);

#endif
