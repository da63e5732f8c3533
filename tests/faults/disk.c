/* A disk that fails on purpose. Loaded into the program (LD_PRELOAD) it stands before the system's calls on files; those on
 * files whose path starts with FAULT_UNDER are counted, and the FAULT_NTH of the kind FAULT_CALL fails with FAULT_ERROR:
 * once, or with FAULT_ON set from then on. With FAULT_TORN set a failing write writes half of its bytes first. Each failure
 * is one line in FAULT_LOG: the call's number, its kind and the path; what is written or synced after the first one is
 * logged as well, as `after`. Without FAULT_ERROR the process dies there, by SIGKILL, and a little late: whatever does not
 * wait for this call has time to go on without it. With FAULT_SYNCS each sync that came to its end is logged there, with the
 * size that the file had before it; with FAULT_SLOW each takes so many microseconds more. With FAULT_UNDO, the name of a
 * folder, what each write finds in its place is kept there, in a list for each file: three numbers (where, how many bytes,
 * the size of the file before) and those bytes; a sync is then logged with the length of its file's list. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* Microseconds. */
#define LATE 50000

static atomic_long calls, failures;

static int ours(const char *path) {
    const char *under = getenv("FAULT_UNDER");
    return under && path && strncmp(path, under, strlen(under)) == 0;
}

static const char *path_of(int fd, char *path) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return path;
}

static void tell(const char *variable, long number, const char *kind, const char *path) {
    const char *name = getenv(variable);
    if (!name) return;
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", number, kind, path);
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    int log = real(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0 || write(log, line, length) < 0) abort();
    close(log);
}

/* Whether this call is to fail. */
static int fails(const char *kind, const char *path) {
    const char *wanted = getenv("FAULT_CALL"), *error = getenv("FAULT_ERROR");
    if (!wanted || !ours(path)) return 0;
    if (!strcmp(wanted, kind)) {
        long nth = atol(getenv("FAULT_NTH")), now = atomic_fetch_add(&calls, 1) + 1;
        if (now == nth || (now > nth && getenv("FAULT_ON"))) {
            tell("FAULT_LOG", now, kind, path);
            atomic_fetch_add(&failures, 1);
            if (!error) {
                usleep(LATE);
                raise(SIGKILL);
            }
            errno = atoi(error);
            return 1;
        }
    }
    if (atomic_load(&failures) && (!strcmp(kind, "write") || !strcmp(kind, "sync"))) tell("FAULT_LOG", 0, "after", path);
    return 0;
}

static int fails_at(const char *kind, int fd) {
    char path[PATH_MAX];
    return fails(kind, path_of(fd, path));
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, #name))

static pthread_mutex_t undoing = PTHREAD_MUTEX_INITIALIZER;

/* The list of what was in the places that are written, to be closed; -1 where none is kept. */
static int undo_of(const char *path) {
    const char *folder = getenv("FAULT_UNDO");
    if (!folder || !ours(path)) return -1;
    char list[2 * PATH_MAX];
    snprintf(list, sizeof list, "%s/%s", folder, strrchr(path, '/') + 1);
    return REAL(open64, int (*)(const char *, int, ...))(list, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* Keeps what is in the place of a write, then writes. One at a time, so that a sync knows which were before it. */
static ssize_t undoable(ssize_t (*real)(int, const void *, size_t, off_t), int fd, const void *from, size_t size, off_t at) {
    char path[PATH_MAX];
    int list = undo_of(path_of(fd, path));
    if (list < 0) return real(fd, from, size, at);
    pthread_mutex_lock(&undoing);
    struct stat state;
    char *old = malloc(size);
    ssize_t length = old ? REAL(pread64, ssize_t (*)(int, void *, size_t, off_t))(fd, old, size, at) : -1;
    if (length < 0 || fstat(fd, &state) != 0) abort();
    int64_t head[3] = {at, length, state.st_size};
    if (write(list, head, sizeof head) < 0 || write(list, old, length) < 0) abort();
    free(old);
    close(list);
    ssize_t result = real(fd, from, size, at);
    pthread_mutex_unlock(&undoing);
    return result;
}

/* What was written before the sync began: what another thread writes meanwhile is not promised. */
static int synced(int (*real)(int), int fd) {
    char path[PATH_MAX];
    struct stat state = {0};
    int known = getenv("FAULT_SYNCS") && ours(path_of(fd, path));
    if (known) {
        pthread_mutex_lock(&undoing);
        int list = undo_of(path);
        if (fstat(list >= 0 ? list : fd, &state) != 0) abort();
        if (list >= 0) close(list);
        pthread_mutex_unlock(&undoing);
        if (getenv("FAULT_SLOW")) usleep(atoi(getenv("FAULT_SLOW")));
    }
    int result = real(fd);
    if (result == 0 && known) tell("FAULT_SYNCS", (long)state.st_size, "synced", path);
    return result;
}

#define OPEN(name)                                                                                     \
    int name(const char *path, int flags, ...) {                                                       \
        va_list rest;                                                                                  \
        va_start(rest, flags);                                                                         \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;                      \
        va_end(rest);                                                                                  \
        return fails("open", path) ? -1 : REAL(name, int (*)(const char *, int, ...))(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define READ(name)                                                                                     \
    ssize_t name(int fd, void *to, size_t size, off_t at) {                                            \
        return fails_at("read", fd) ? -1 : REAL(name, ssize_t (*)(int, void *, size_t, off_t))(fd, to, size, at); \
    }
READ(pread)
READ(pread64)

#define WRITE(name)                                                                                    \
    ssize_t name(int fd, const void *from, size_t size, off_t at) {                                    \
        if (fails_at("write", fd)) {                                                                   \
            int why = errno;                                                                           \
            if (getenv("FAULT_TORN"))                                                                  \
                (void)!REAL(name, ssize_t (*)(int, const void *, size_t, off_t))(fd, from, size / 2, at); \
            errno = why;                                                                               \
            return -1;                                                                                 \
        }                                                                                              \
        return undoable(REAL(name, ssize_t (*)(int, const void *, size_t, off_t)), fd, from, size, at); \
    }
WRITE(pwrite)
WRITE(pwrite64)

#define SYNC(name) \
    int name(int fd) { return fails_at("sync", fd) ? -1 : synced(REAL(name, int (*)(int)), fd); }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name) \
    int name(int fd, off_t size) { return fails_at("truncate", fd) ? -1 : REAL(name, int (*)(int, off_t))(fd, size); }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

int unlink(const char *path) { return fails("unlink", path) ? -1 : REAL(unlink, int (*)(const char *))(path); }
