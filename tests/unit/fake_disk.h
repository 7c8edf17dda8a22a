/*
 * A disk that can be told to hold syncs back or to fail, and that counts what it is asked for.  It never really syncs.
 *
 * For crashes: in a child process, the disk ends it at its nth step, a write in its middle.
 */

#ifndef TESTS_FAKE_DISK_H
#define TESTS_FAKE_DISK_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/disk.h"

struct fake_disk {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool hold;     /* a sync waits until this is cleared */
	unsigned held; /* syncs that wait */
	unsigned writes, syncs;
	int fail_sync, fail_zeros, fail_write; /* errno to fail with */
	unsigned steps, crash_at;              /* 0: never */
};

#define FAKE_CRASHED SIGKILL /* that ends it, as little as it may do then */

/* Whether this step is the last; the caller does half of it, if it can, and calls fake_crash. */
static inline bool
fake_step(struct fake_disk *f)
{
	bool crash;

	pthread_mutex_lock(&f->lock);
	crash = f->crash_at != 0 && ++f->steps >= f->crash_at;
	pthread_mutex_unlock(&f->lock);
	return crash;
}

static inline void
fake_crash(void)
{
	(void)raise(FAKE_CRASHED);
}

#define FAKE_DISK                                                                                                      \
	{                                                                                                              \
		.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER                                 \
	}

static inline int
fake_write(void *arg, int fd, const void *data, size_t len, off_t at)
{
	struct fake_disk *f = arg;
	const unsigned char *bytes = data;
	bool zeros = bytes[0] == 0;
	int rc = 0;

	pthread_mutex_lock(&f->lock);
	f->writes += !zeros;
	if (zeros && f->fail_zeros != 0)
		rc = -f->fail_zeros;
	if (!zeros && f->fail_write != 0)
		rc = -f->fail_write;
	pthread_mutex_unlock(&f->lock);
	if (rc != 0)
		return rc;
	if (fake_step(f)) {
		if (pwrite(fd, data, len / 2, at) >= 0)
			fake_crash();
		abort();
	}
	return pwrite(fd, data, len, at) == (ssize_t)len ? 0 : -errno;
}

/* Sets one of the members fail_*. */
static inline void
fake_fail(struct fake_disk *f, int *which, int error)
{
	pthread_mutex_lock(&f->lock);
	*which = error;
	pthread_mutex_unlock(&f->lock);
}

static inline int
fake_sync(void *arg, int fd)
{
	struct fake_disk *f = arg;
	int rc;

	(void)fd;
	if (fake_step(f))
		fake_crash();
	pthread_mutex_lock(&f->lock);
	f->syncs++;
	f->held++;
	pthread_cond_broadcast(&f->changed);
	while (f->hold)
		pthread_cond_wait(&f->changed, &f->lock);
	f->held--;
	rc = -f->fail_sync;
	pthread_mutex_unlock(&f->lock);
	return rc;
}

static inline int
fake_rename(void *arg, int dir_fd, const char *from, const char *to)
{
	if (fake_step(arg))
		fake_crash();
	return renameat(dir_fd, from, dir_fd, to) == 0 ? 0 : -errno;
}

static inline int
fake_remove(void *arg, int dir_fd, const char *name)
{
	if (fake_step(arg))
		fake_crash();
	return unlinkat(dir_fd, name, 0) == 0 ? 0 : -errno;
}

static inline struct disk
fake_disk_of(struct fake_disk *f)
{
	return (struct disk){
	    .write = fake_write, .sync = fake_sync, .rename = fake_rename, .remove = fake_remove, .arg = f};
}

static inline void
fake_hold(struct fake_disk *f, bool hold)
{
	pthread_mutex_lock(&f->lock);
	f->hold = hold;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

/* Returns when a sync is being held. */
static inline void
fake_wait_held(struct fake_disk *f)
{
	pthread_mutex_lock(&f->lock);
	while (f->held == 0)
		pthread_cond_wait(&f->changed, &f->lock);
	pthread_mutex_unlock(&f->lock);
}

/* Returns when there were more than `n` syncs. */
static inline void
fake_wait_syncs(struct fake_disk *f, unsigned n)
{
	pthread_mutex_lock(&f->lock);
	while (f->syncs <= n)
		pthread_cond_wait(&f->changed, &f->lock);
	pthread_mutex_unlock(&f->lock);
}

static inline unsigned
fake_count(struct fake_disk *f, const unsigned *what)
{
	unsigned n;

	pthread_mutex_lock(&f->lock);
	n = *what;
	pthread_mutex_unlock(&f->lock);
	return n;
}

#endif
