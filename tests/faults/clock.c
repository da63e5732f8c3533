/* A clock that jumps. Loaded into the program (LD_PRELOAD) it moves the time of day by up to twenty years, forth and back,
 * at each asking; the clock that only counts on is left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

static atomic_ulong asked;

static time_t jump(void) {
    unsigned long n = atomic_fetch_add(&asked, 1) + 1;
    return (time_t)((n * 2654435761UL) % 14600) * 86400 - 7300L * 86400;
}

int clock_gettime(clockid_t clock, struct timespec *to) {
    int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, to);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) to->tv_sec += jump();
    return result;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone) {
    int (*real)(struct timeval *, void *) = (int (*)(struct timeval *, void *))dlsym(RTLD_NEXT, "gettimeofday");
    int result = real(to, zone);
    if (result == 0) to->tv_sec += jump();
    return result;
}
