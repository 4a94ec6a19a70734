// A disk and a clock that do what a test tells them. Loaded before the C library; the file that
// TEST_MACHINE names holds one order: `full`, `eio`, `hold N` (flushes from the Nth on wait until
// the order is another one; `FILE.held` then exists), `slow MILLISECONDS` (each flush),
// `clock SECONDS` (the wall's, so far off).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct order {
    char what[16];
    long number;
};

static struct order order(void) {
    struct order order = {"", 0};
    const char *path = getenv("TEST_MACHINE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        char text[64];
        ssize_t length = read(file, text, sizeof text - 1);
        close(file);
        text[length > 0 ? length : 0] = 0;
        sscanf(text, "%15s %ld", order.what, &order.number);
    }
    return order;
}

static int is(struct order order, const char *what) { return strcmp(order.what, what) == 0; }

// Or the folder that the database is in, whose names a flush makes durable.
static int is_database(int file) {
    char link[32], target[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, target, sizeof target - 1);
    target[length > 0 ? length : 0] = 0;
    const char *name = strrchr(target, '/');
    return strstr(target, "hubbub.db") != NULL || (name && strcmp(name, "/data") == 0);
}

static int flush(int file, const char *how) {
    static atomic_long flushes;
    if (is_database(file)) {
        long number = ++flushes;
        struct order now = order();
        if (is(now, "eio")) {
            errno = EIO;
            return -1;
        }
        if (is(now, "hold") && number >= now.number) {
            char held[4096];
            snprintf(held, sizeof held, "%s.held", getenv("TEST_MACHINE"));
            close(open(held, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
            while (is(order(), "hold")) usleep(1000);
        }
        if (is(now, "slow")) usleep(now.number * 1000);
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, how);
    return real(file);
}

int fsync(int file) { return flush(file, "fsync"); }
int fdatasync(int file) { return flush(file, "fdatasync"); }

ssize_t write(int file, const void *bytes, size_t length) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (is_database(file) && is(order(), "full")) {
        errno = ENOSPC;
        return -1;
    }
    return real(file, bytes, length);
}

static ssize_t write_at(int file, const void *bytes, size_t length, off_t at, const char *how) {
    if (is_database(file) && is(order(), "full")) {
        errno = ENOSPC;
        return -1;
    }
    ssize_t (*real)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, how);
    return real(file, bytes, length, at);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    return write_at(file, bytes, length, at, "pwrite");
}
ssize_t pwrite64(int file, const void *bytes, size_t length, off_t at) {
    return write_at(file, bytes, length, at, "pwrite64");
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(clock, time);
    if (done == 0 && clock == CLOCK_REALTIME) {
        struct order now = order();
        if (is(now, "clock")) time->tv_sec += now.number;
    }
    return done;
}
