/*
 * A disk that fails when it is told to: preloaded into a process, between it and the system, for the files of an
 * SQLite database alone. Linux only; never part of Florin.
 *
 * The lab and this library share a small file of words (see `words.rs`). Calls that write, sync or cut off such a
 * file are counted while an action is set, and the one whose turn it is meets the action. Whatever is decided or done
 * here is done under one lock, so that "the N-th call" means something.
 *
 * With `keeps_disk` it also keeps what a disk would still have after a power cut, beside each file:
 *
 *   FILE.disk    the file as of its last sync that succeeded
 *   FILE.dirty   the file's inode in 8 bytes, and then a byte for each page of 4 KiB: 1 where it was written since
 *
 * As in Linux, a sync that fails leaves the pages that were not written as clean: the next sync that succeeds does
 * not write them. Only what is written again is.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum action { OFF, COUNT, EIO_, ENOSPC_, HALF_EIO, KILL_BEFORE, KILL_AFTER, KILL_HALF, DELAY, CUT_BEFORE, CUT_AFTER };

enum which { WRITE = 1, SYNC = 2, CUT_OFF = 4, DATABASE = 16, LOG = 32 };

struct words {
    uint64_t action, from, times, argument, which, calls, hits, keeps_disk;
};

#define PAGE 4096
#define SECTOR 512
#define PAGES_MAX (1 << 20)

/* What the disk has of a file. */
struct disk {
    ino_t inode;
    int file;             /* FILE.disk */
    unsigned char *dirty; /* of FILE.dirty, after the inode */
    char path[PATH_MAX];
};

static struct words *words;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct disk disks[2];

/* Past the wrappers below. */
static ssize_t write_at(int fd, const void *bytes, size_t length, off_t at) {
    return syscall(SYS_pwrite64, fd, bytes, length, at);
}

static int cut_off(int fd, off_t length) {
    return syscall(SYS_ftruncate, fd, length);
}

/* What cannot be kept must not look like a fault of the one who is tested. */
static void give_up(const char *why) {
    fprintf(stderr, "the lab's disk gives up: %s: %s\n", why, strerror(errno));
    abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("LAB_DISK_FAULTS");
    if (!path) return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) give_up(path);
    words = mmap(NULL, sizeof *words, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (words == MAP_FAILED) give_up(path);
    close(fd);
}

static int ends_with(const char *path, const char *end) {
    size_t length = strlen(path), end_length = strlen(end);
    return length >= end_length && !strcmp(path + length - end_length, end);
}

/* Which of the two files it is; 0 for everything else, which a removed file belongs to. */
static unsigned which_file(int fd, char *path, size_t size) {
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return ends_with(path, ".db") ? DATABASE : ends_with(path, ".db-wal") ? LOG : 0;
}

static void copy(int from, int to, off_t at, size_t length) {
    static char bytes[PAGE]; /* under the lock */
    ssize_t got = pread(from, bytes, length, at);
    if (got > 0 && write_at(to, bytes, got, at) != got) give_up("copying");
}

static off_t size_of(int fd) {
    struct stat status;
    if (fstat(fd, &status)) give_up("fstat");
    return status.st_size;
}

/* What the disk has of this file. One that is seen for the first time is on it, as it is now. */
static struct disk *disk_of(int fd, unsigned file, const char *path) {
    struct disk *disk = &disks[file == LOG];
    struct stat status;
    if (fstat(fd, &status)) give_up("fstat");
    if (disk->inode == status.st_ino) return disk;
    char name[PATH_MAX + 8];
    snprintf(name, sizeof name, "%s.dirty", path);
    int map = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (map < 0 || cut_off(map, sizeof(uint64_t) + PAGES_MAX)) give_up(name);
    unsigned char *mapped = mmap(NULL, sizeof(uint64_t) + PAGES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    if (mapped == MAP_FAILED) give_up(name);
    close(map);
    snprintf(name, sizeof name, "%s.disk", path);
    disk->file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (disk->file < 0) give_up(name);
    disk->dirty = mapped + sizeof(uint64_t);
    disk->inode = status.st_ino;
    strcpy(disk->path, path);
    uint64_t *inode = (uint64_t *)mapped;
    if (*inode != status.st_ino) {
        memset(disk->dirty, 0, PAGES_MAX);
        if (cut_off(disk->file, 0)) give_up(name);
        int whole = open(path, O_RDONLY | O_CLOEXEC);
        if (whole < 0) give_up(path);
        for (off_t at = 0; at < status.st_size; at += PAGE) copy(whole, disk->file, at, PAGE);
        close(whole);
        *inode = status.st_ino;
    }
    return disk;
}

static void wrote(struct disk *disk, off_t at, ssize_t length) {
    if (!disk || length <= 0) return;
    off_t last = (at + length - 1) / PAGE;
    if (last >= PAGES_MAX) give_up("a file that is too large");
    for (off_t page = at / PAGE; page <= last; page++) disk->dirty[page] = 1;
}

/* After a sync: what was written is on the disk, or is not and never comes there by itself. */
static void synced(struct disk *disk, int fd, int succeeded) {
    if (!disk) return;
    off_t size = size_of(fd);
    for (off_t page = 0; page < PAGES_MAX; page++) {
        if (disk->dirty[page] && succeeded) copy(fd, disk->file, page * PAGE, PAGE);
        disk->dirty[page] = 0;
        if (page * PAGE > size) break;
    }
    if (succeeded && cut_off(disk->file, size)) give_up("cutting off");
}

static void end_process(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Some sectors of what was not synced may have come to the disk; which ones, the seed says. None, if it is 0. */
static void cut_power(uint64_t seed) {
    for (int i = 0; seed && i < 2; i++) {
        int whole = disks[i].inode ? open(disks[i].path, O_RDONLY | O_CLOEXEC) : -1;
        if (whole < 0) continue;
        off_t size = size_of(whole);
        for (off_t at = 0; at < size; at += SECTOR) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            if (disks[i].dirty[at / PAGE] && seed >> 63) copy(whole, disks[i].file, at, SECTOR);
        }
    }
    end_process();
}

static void sleep_ms(uint64_t ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* What is asked for now, if it is this call's turn. */
static enum action turn(unsigned what, unsigned file) {
    uint64_t which = words->which;
    if (words->action == OFF || !(which & what) || !(which & file)) return OFF;
    uint64_t call = ++words->calls;
    if (call < words->from || call - words->from >= words->times) return OFF;
    words->hits++;
    return words->action;
}

/* One call. `what` says which of the three it is; `plain` that it was fsync and not fdatasync. */
static ssize_t call(unsigned what, int plain, int fd, const void *bytes, size_t length, off_t at) {
    char path[PATH_MAX];
    unsigned file = words ? which_file(fd, path, sizeof path) : 0;
    struct disk *disk = NULL;
    enum action action = OFF;
    if (file) {
        pthread_mutex_lock(&lock);
        disk = words->keeps_disk ? disk_of(fd, file, path) : NULL;
        action = turn(what, file);
    }
    ssize_t result = -1;
    int error = 0;
    switch (action) {
    case EIO_: case HALF_EIO: error = EIO; break;
    case ENOSPC_: error = ENOSPC; break;
    case KILL_BEFORE: end_process(); break;
    case CUT_BEFORE: cut_power(words->argument); break;
    case DELAY:
        /* Other files' calls and other threads' go on meanwhile. */
        pthread_mutex_unlock(&lock);
        sleep_ms(words->argument);
        pthread_mutex_lock(&lock);
        break;
    default: break;
    }
    if (what == WRITE && (action == HALF_EIO || action == KILL_HALF)) {
        wrote(disk, at, write_at(fd, bytes, length / 2, at));
        if (action == KILL_HALF) end_process();
    }
    if (!error) {
        if (what == WRITE) {
            result = write_at(fd, bytes, length, at);
            wrote(disk, at, result);
        } else if (what == CUT_OFF) {
            result = cut_off(fd, at);
            wrote(disk, at, 1);
        } else {
            /* The disk that is kept is the one that counts. */
            result = disk ? 0 : syscall(plain ? SYS_fsync : SYS_fdatasync, fd);
        }
        error = result < 0 ? errno : 0;
    }
    if (what == SYNC) synced(disk, fd, !error);
    if (action == KILL_AFTER || action == KILL_HALF) end_process();
    if (action == CUT_AFTER) cut_power(words->argument);
    if (file) pthread_mutex_unlock(&lock);
    if (error) errno = error;
    return error ? -1 : result;
}

/* The wrappers. */

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {
    return call(WRITE, 0, fd, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    return pwrite64(fd, bytes, length, at);
}

/* SQLite seeks and writes, on a descriptor that one thread uses. */
ssize_t write(int fd, const void *bytes, size_t length) {
    char path[PATH_MAX];
    off_t at = words && which_file(fd, path, sizeof path) ? lseek(fd, 0, SEEK_CUR) : -1;
    if (at < 0) return syscall(SYS_write, fd, bytes, length);
    ssize_t written = pwrite64(fd, bytes, length, at);
    if (written > 0) lseek(fd, at + written, SEEK_SET);
    return written;
}

int fsync(int fd) {
    return call(SYNC, 1, fd, NULL, 0, 0);
}

int fdatasync(int fd) {
    return call(SYNC, 0, fd, NULL, 0, 0);
}

int ftruncate64(int fd, off_t length) {
    return call(CUT_OFF, 0, fd, NULL, 0, length);
}

int ftruncate(int fd, off_t length) {
    return ftruncate64(fd, length);
}
