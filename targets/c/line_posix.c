/* See line_posix.h. Raw mode is set flag by flag, because cfmakeraw is not POSIX. */

#define _XOPEN_SOURCE 700

#include "line_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* When the line takes no byte for this time, nobody reads at the other end. */
#define WRITE_MS 5000

static int line = -1;
static const char *line_path = "";

void line_fail(const char *why)
{
    fprintf(stderr, "controller: %s: %s\n", line_path, why);
    exit(3);
}

void line_open(const char *path)
{
    struct termios mode;
    line_path = path;
    line = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (line < 0)
        line_fail(strerror(errno));
    if (tcgetattr(line, &mode) != 0)
        line_fail("it is no serial port");
    mode.c_iflag &= (tcflag_t) ~(IGNBRK | BRKINT | PARMRK | INPCK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF);
    mode.c_oflag &= (tcflag_t)~OPOST;
    mode.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    mode.c_cflag &= (tcflag_t) ~(CSIZE | PARENB | CSTOPB);
    mode.c_cflag |= CS8 | CREAD | CLOCAL;
    mode.c_cc[VMIN] = 0;
    mode.c_cc[VTIME] = 0;
#ifdef B115200
    cfsetispeed(&mode, B115200);
    cfsetospeed(&mode, B115200);
#endif
    if (tcsetattr(line, TCSANOW, &mode) != 0)
        line_fail(strerror(errno));
}

static int wait_for(short what, int ms)
{
    struct pollfd waiting = {line, what, 0};
    int ready = poll(&waiting, 1, ms);
    if (ready < 0 && errno != EINTR)
        line_fail(strerror(errno));
    if (ready > 0 && (waiting.revents & what) == 0)
        line_fail("the line is gone");
    return ready > 0;
}

void line_write(const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t taken = write(line, bytes, count);
        if (taken > 0) {
            bytes += taken;
            count -= (size_t)taken;
        } else if (taken < 0 && errno != EAGAIN && errno != EINTR) {
            line_fail(strerror(errno));
        } else if (!wait_for(POLLOUT, WRITE_MS)) {
            line_fail("nobody reads at the other end");
        }
    }
}

size_t line_read(uint8_t *bytes, size_t room, int ms)
{
    if (!wait_for(POLLIN, ms))
        return 0;
    ssize_t count = read(line, bytes, room);
    if (count < 0 && errno != EAGAIN && errno != EINTR)
        line_fail(strerror(errno));
    return count > 0 ? (size_t)count : 0;
}

int64_t line_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint32_t line_session(void)
{
    return (uint32_t)time(NULL) * 2654435761u + (uint32_t)line_now();
}
