/* See journal_batches.h. */

#include "journal_batches.h"

#include <dirent.h>
#include <sys/wait.h>

int
setup(void **state)
{
	return place_setup(state, sizeof(struct fixture));
}

static void
on_failed(const struct fault *fault, void *arg)
{
	(void)arg;
	fail_msg("%s", fault->text);
}

struct journal *
open_here(struct fixture *x)
{
	return place_journal(&x->at, SEGMENT, on_failed);
}

void
batch_text(size_t nth, char out[TEXT])
{
	char word[32];
	int len = snprintf(word, sizeof word, "secret-%zu;", nth);

	for (size_t at = 0; at < TEXT; at++)
		out[at] = word[at % (size_t)len];
}

uint64_t
append_one(struct fixture *x, struct journal *j)
{
	char text[TEXT];
	struct record r;
	uint64_t lsn;

	batch_text(x->n, text);
	record_init(&r, RECORD_OP_OUTCOME);
	record_add_text(&r, TAG_PATH, "/0");
	record_add(&r, TAG_OUTPUT, text, sizeof text);
	record_add_text(&r, TAG_MESSAGE, "a sentence");
	lsn = journal_append(j, &r);
	journal_sync(j, lsn + 1);
	x->lsn[x->n++] = lsn;
	return lsn;
}

void
append_all(struct fixture *x, struct journal *j)
{
	for (int i = 0; i < BATCHES; i++)
		append_one(x, j);
}

unsigned
files(const struct fixture *x, const char *end)
{
	DIR *dir = opendir(x->at.dir);
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		n += strlen(e->d_name) > strlen(end) && strcmp(e->d_name + strlen(e->d_name) - strlen(end), end) == 0;
	closedir(dir);
	return n;
}

void
wait_gone(const struct fixture *x, struct journal *j)
{
	uint64_t bytes;
	unsigned held;

	journal_usage(j, &bytes, &held);
	while (files(x, ".seg") != held)
		sched_yield();
}

int
read_one(struct journal *j, uint64_t lsn, size_t nth, struct fault *fault)
{
	_cleanup_(buf_free) struct buf storage = {0};
	char text[TEXT];
	struct record r;
	int rc = journal_read(j, lsn, &storage, &r, fault);

	if (rc != 0)
		return rc;
	batch_text(nth, text);
	assert_int_equal(record_find(&r, TAG_OUTPUT)->len, TEXT);
	assert_memory_equal(record_find(&r, TAG_OUTPUT)->data, text, TEXT);
	return 0;
}

static void
on_damage(const char *file, uint64_t offset, const char *what, void *arg)
{
	(void)arg;
	fail_msg("%s at offset %lu: %s", file, (unsigned long)offset, what);
}

struct journal_check
check_clean(const struct fixture *x)
{
	struct journal_check check = {.damaged = on_damage};
	struct fault fault;

	if (journal_check(x->at.dir, &check, &fault) != 0)
		fail_msg("%s", fault.text);
	return check;
}

bool
crashes_at(struct fixture *x, unsigned nth, void (*work)(struct fixture *x, int fd), struct buf *ret)
{
	int fds[2], status;
	pid_t pid;
	char got[4096];
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		static struct event_base *of_parent; /* not ours to free */

		of_parent = x->at.loop;
		x->at.loop = event_base_new();
		assert_ptr_not_equal(x->at.loop, of_parent);
		x->at.fake.steps = 0;
		x->at.fake.crash_at = nth;
		work(x, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], got, sizeof got)) > 0)
		buf_append(ret, got, (size_t)n);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == FAKE_CRASHED : WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

void
acknowledge(int fd, uint64_t number)
{
	assert_int_equal(write(fd, &number, sizeof number), sizeof number);
}
