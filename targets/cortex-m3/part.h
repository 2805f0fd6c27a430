/* The part under the controller: what main.c needs of it beside the line. */

#ifndef PART_H
#define PART_H

#include <stdint.h>

/* Counts of a timer that counts up, one every 40 ns, and those of them in which the part waited for the line. */
uint32_t part_time(void);
uint32_t part_waited(void);
/* The most bytes of stack that were in use since the start. */
uint32_t part_stack(void);
/* Prints a line at the debugger. */
void part_say(const char *text);
/* Ends the program; the debugger's exit code is `code`. Never returns. */
__attribute__((noreturn)) void part_end(int code);

#endif
