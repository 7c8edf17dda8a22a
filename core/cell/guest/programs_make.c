/* The spawner's side of programs.h: compiles the filters, once. */

#include "cell/guest/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "cell/guest/sandbox.h"

static int export(enum program which, const struct sandbox_profile *profile, int fd)
{
	switch (which) {
	case PROGRAM_LOADING:
		return filter_export(FILTER_LOADING, profile, PROGRAMS_SELF, fd);
	case PROGRAM_SERVING:
		return filter_export(FILTER_SERVING, profile, PROGRAMS_SELF, fd);
	case PROGRAM_PIN:
	case PROGRAMS:
		break;
	}
	return filter_export_pin(fd);
}

static int
write_programs(int fd)
{
	struct programs_head head;
	off_t at = sizeof(head), end;

	if (lseek(fd, at, SEEK_SET) != at)
		return -errno;
	for (unsigned relaxed = 0; relaxed < 2; relaxed++) {
		for (unsigned i = 0; i < PROGRAMS; i++) {
			int rc = export((enum program)i, sandbox_profile(relaxed != 0), fd);

			if (rc != 0)
				return rc;
			end = lseek(fd, 0, SEEK_CUR);
			if (end < 0)
				return -errno;
			head.n[relaxed][i] = (uint32_t)((size_t)(end - at) / sizeof(struct sock_filter));
			at = end;
		}
	}
	return pwrite(fd, &head, sizeof(head), 0) == sizeof(head) ? 0 : -EIO;
}

int
programs_make(void)
{
	int fd = memfd_create("hospes-filters", MFD_CLOEXEC | MFD_ALLOW_SEALING), rc;

	if (fd < 0)
		return -errno;
	rc = write_programs(fd);
	if (rc == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}
