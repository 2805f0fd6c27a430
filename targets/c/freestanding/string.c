/* The functions on memory that a C compiler may call, for a module of WebAssembly, where there is no C library. */

#include <string.h>

void *memcpy(void *to, const void *from, size_t count)
{
    return memmove(to, from, count);
}

void *memmove(void *to, const void *from, size_t count)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    if (t <= f)
        for (size_t i = 0; i < count; i++)
            t[i] = f[i];
    else
        for (size_t i = count; i > 0; i--)
            t[i - 1] = f[i - 1];
    return to;
}

void *memset(void *to, int value, size_t count)
{
    unsigned char *t = to;
    for (size_t i = 0; i < count; i++)
        t[i] = (unsigned char)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
    const unsigned char *p = a;
    const unsigned char *q = b;
    for (size_t i = 0; i < count; i++)
        if (p[i] != q[i])
            return p[i] - q[i];
    return 0;
}
