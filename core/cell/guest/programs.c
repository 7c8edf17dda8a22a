/* See programs.h. */

#include "cell/guest/programs.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
find(struct programs *programs, bool relaxed)
{
	const struct programs_head *head = programs->map;
	size_t at = sizeof(*head);

	for (unsigned profile = 0; profile < 2; profile++) {
		for (unsigned i = 0; i < PROGRAMS; i++) {
			size_t n = head->n[profile][i];

			if (n == 0 || n > BPF_MAXINSNS || n * sizeof(struct sock_filter) > programs->size - at)
				return -EBADMSG;
			if (profile == (relaxed ? 1 : 0)) {
				programs->at[i] = (const void *)((const char *)programs->map + at);
				programs->n[i] = (unsigned)n;
			}
			at += n * sizeof(struct sock_filter);
		}
	}
	return at == programs->size ? 0 : -EBADMSG;
}

int
programs_open(struct programs *ret, int fd, bool relaxed)
{
	struct stat st;
	int rc;

	*ret = (struct programs){.map = NULL};
	if (fstat(fd, &st) != 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(struct programs_head))
		return -EBADMSG;
	ret->size = (size_t)st.st_size;
	ret->map = mmap(NULL, ret->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (ret->map == MAP_FAILED) {
		ret->map = NULL;
		return -errno;
	}
	rc = find(ret, relaxed);
	if (rc != 0)
		programs_close(ret);
	return rc;
}

void
programs_close(struct programs *programs)
{
	if (programs->map != NULL)
		munmap(programs->map, programs->size);
	*programs = (struct programs){.map = NULL};
}

unsigned
program_copy(const struct programs *programs, enum program which, struct sock_filter to[BPF_MAXINSNS])
{
	pid_t self = getpid();

	memcpy(to, programs->at[which], programs->n[which] * sizeof(*to));
	for (unsigned i = 0; i < programs->n[which]; i++)
		if (to[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && to[i].k == PROGRAMS_SELF)
			to[i].k = (uint32_t)self;
	return programs->n[which];
}

int
program_load(const struct programs *programs, enum program which)
{
	struct sock_filter program[BPF_MAXINSNS];
	struct sock_fprog whole = {.filter = program};

	if (programs->map == NULL)
		return -EBADMSG;
	whole.len = (unsigned short)program_copy(programs, which, program);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) == 0 ? 0 : -errno;
}
