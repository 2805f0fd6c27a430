/* The line of line.h at a serial port or a pseudo-terminal, through POSIX termios. A failure ends the program with one sentence on
 * stderr and exit code 3. */

#ifndef LINE_POSIX_H
#define LINE_POSIX_H

#include "line.h"

void line_open(const char *path);

#endif
