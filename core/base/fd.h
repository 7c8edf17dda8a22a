/* Descriptors: whole reads and writes, passing them on, files read with a bound.  [any thread] */

#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"

int fd_write_all(int fd, const void *data, size_t len);                /* 0 or -errno */
int fd_read_all(int fd, struct buf *ret, size_t max, struct fault *fault); /* to the end; too_large past max */
int fd_read_file(const char *path, struct buf *ret, size_t max, struct fault *fault);
int fd_set_nonblock(int fd);

/* A file's name that leads nowhere else: 1 to 255 letters, digits, ".", "_" and "-", and no "." first. */
bool fd_name_valid(const char *name);

/* One message with descriptors over a unix socket; `n` at most FD_PASS_MAX.  Return the bytes moved or -errno. */
#define FD_PASS_MAX 8
ssize_t fd_send(int sock, const void *data, size_t len, const int *fds, size_t n);
ssize_t fd_receive(int sock, void *data, size_t len, int fds[FD_PASS_MAX], size_t *n);

/* mkdir -p; each folder made gets `mode`. */
int fd_make_dirs(const char *path, mode_t mode, struct fault *fault);

/* A name that was made, changed or removed is on the disk when the folder that it stands in is synced: that of `path`. */
int fd_sync_above(const char *path, struct fault *fault);

/* Writes `path` whole or not at all: a temporary beside it, fsync, rename, fsync of the folder. */
int fd_write_file(const char *path, const void *data, size_t len, mode_t mode, struct fault *fault);

#endif
