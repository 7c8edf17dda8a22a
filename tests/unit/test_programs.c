/*
 * Filters as programs in a file: what a cell finds there is what libseccomp would have made for it, nobody can change the
 * file, and a file that is something else is refused.
 */

#include "cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cell/guest/programs.h"
#include "cell/guest/sandbox.h"

static unsigned
compiled(enum filter_stage stage, bool relaxed, pid_t self, struct sock_filter to[BPF_MAXINSNS])
{
	int fd = memfd_create("one", MFD_CLOEXEC);
	ssize_t n;

	assert_int_equal(filter_export(stage, sandbox_profile(relaxed), self, fd), 0);
	n = pread(fd, to, BPF_MAXINSNS * sizeof(*to), 0);
	assert_true(n > 0);
	close(fd);
	return (unsigned)((size_t)n / sizeof(*to));
}

/* The pid is in it in a few places, and they are the only difference. */
static void
test_same(void **state)
{
	static struct sock_filter mine[BPF_MAXINSNS], theirs[BPF_MAXINSNS];
	static const struct {
		enum program program;
		enum filter_stage stage;
	} both[] = {{PROGRAM_LOADING, FILTER_LOADING}, {PROGRAM_SERVING, FILTER_SERVING}};
	struct programs programs;
	int fd = programs_make();

	(void)state;
	assert_true(fd >= 0);
	for (unsigned i = 0; i < 4; i++) {
		bool relaxed = i / 2 != 0;
		unsigned n, selves = 0;

		assert_int_equal(programs_open(&programs, fd, relaxed), 0);
		n = program_copy(&programs, both[i % 2].program, mine);
		assert_int_equal(n, compiled(both[i % 2].stage, relaxed, PROGRAMS_SELF, theirs));
		for (unsigned k = 0; k < n; k++) {
			bool self = theirs[k].k == PROGRAMS_SELF;

			selves += self;
			assert_int_equal(mine[k].k, self ? (uint32_t)getpid() : theirs[k].k);
			theirs[k].k = mine[k].k;
		}
		assert_memory_equal(mine, theirs, n * sizeof(*mine));
		assert_true(selves > 0 && selves < 8);
		assert_true(program_copy(&programs, PROGRAM_PIN, mine) > 10);
		programs_close(&programs);
	}
	close(fd);
}

static void
test_sealed(void **state)
{
	int fd = programs_make();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	close(fd);
}

/* Opens what lies in `bytes`. */
static int
opened(const void *bytes, size_t len)
{
	struct programs programs;
	int fd = memfd_create("bad", MFD_CLOEXEC), rc;

	assert_int_equal(write(fd, bytes, len), len);
	rc = programs_open(&programs, fd, true);
	assert_true((rc == 0) == (programs.map != NULL));
	/* One that is not there loads nothing. */
	if (rc != 0)
		assert_int_equal(program_load(&programs, PROGRAM_SERVING), -EBADMSG);
	programs_close(&programs);
	close(fd);
	return rc;
}

static void
test_other_files(void **state)
{
	struct programs_head *head;
	struct programs programs;
	int fd = programs_make();
	off_t size = lseek(fd, 0, SEEK_END);
	uint8_t *bytes = malloc((size_t)size + 1);

	(void)state;
	assert_non_null(bytes);
	assert_int_equal(pread(fd, bytes, (size_t)size, 0), size);
	bytes[size] = 0;
	head = (struct programs_head *)(void *)bytes;
	assert_int_equal(opened(bytes, (size_t)size), 0);
	assert_int_equal(opened(bytes, (size_t)size - 1), -EBADMSG);
	assert_int_equal(opened(bytes, (size_t)size + 1), -EBADMSG);
	assert_int_equal(opened(bytes, 0), -EBADMSG);
	assert_int_equal(opened(bytes, sizeof(*head)), -EBADMSG);
	head->n[1][2]++;
	assert_int_equal(opened(bytes, (size_t)size), -EBADMSG);
	head->n[1][2] = 0;
	assert_int_equal(opened(bytes, (size_t)size), -EBADMSG);
	head->n[0][0] = UINT32_MAX;
	assert_int_equal(opened(bytes, (size_t)size), -EBADMSG);
	assert_int_equal(programs_open(&programs, -1, false), -EBADF);
	free(bytes);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_sealed),
	    cmocka_unit_test(test_other_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
