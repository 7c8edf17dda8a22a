/* Texts that settings name: from the folder beside the configuration, and from nowhere else. */

#include <string.h>
#include <sys/stat.h>

#include "cmocka_all.h"

#include "base/fd.h"
#include "policy/policy.h"
#include "scratch.h"

struct folder {
	char *dir, *conf;
	struct policy *policy;
};

static struct fault fault;

static int
set_up(void **state)
{
	struct folder *f = xcalloc(1, sizeof *f);
	_cleanup_(free_p) char *files = NULL;

	f->dir = scratch_new();
	f->conf = xasprintf("%s/hospes.conf", f->dir);
	files = xasprintf("%s/files", f->dir);
	*state = f;
	return mkdir(files, 0755) != 0 || fd_write_file(f->conf, "", 0, 0600, &fault) != 0 ||
	       policy_load(f->conf, false, &f->policy, &fault) != 0;
}

static int
tear_down(void **state)
{
	struct folder *f = *state;

	policy_unref(&f->policy);
	scratch_free(&f->dir);
	free(f->conf);
	free(f);
	return 0;
}

static void
put(const struct folder *f, const char *name, const void *data, size_t len)
{
	_cleanup_(free_p) char *path = xasprintf("%s/files/%s", f->dir, name);

	assert_int_equal(fd_write_file(path, data, len, 0644, &fault), 0);
}

static void
assert_text(struct policy *p, const char *name, const char *expected)
{
	json_t *text = NULL;

	assert_int_equal(policy_text(p, name, &text, &fault), 0);
	assert_string_equal(json_string_value(text), expected);
	json_decref(text);
}

static void
assert_refused(struct policy *p, const char *name, const char *words)
{
	json_t *text = NULL;

	assert_int_equal(policy_text(p, name, &text, &fault), HOSPES_ECONFIG);
	assert_null(text);
	assert_non_null(strstr(fault.text, words));
}

static void
a_text_stays_until_the_reload(void **state)
{
	struct folder *f = *state;
	_cleanup_(policy_unref) struct policy *next = NULL;

	put(f, "words", "one\n", 4);
	assert_text(f->policy, "words", "one\n");
	put(f, "words", "two", 3);
	assert_text(f->policy, "words", "one\n");
	assert_int_equal(policy_reload(f->policy, &next, &fault), 0);
	assert_text(next, "words", "two");
}

static void
what_is_not_there_is_empty(void **state)
{
	struct folder *f = *state;

	assert_text(f->policy, "later", "");
	assert_text(f->policy, "", "");
	put(f, "later", "now", 3);
	assert_text(f->policy, "later", "now");
}

static void
names_lead_nowhere_else(void **state)
{
	struct folder *f = *state;
	_cleanup_(free_p) char *link = xasprintf("%s/files/link", f->dir),
			       *inside = xasprintf("%s/files/inside", f->dir);
	_cleanup_(free_p) char *fifo = xasprintf("%s/files/fifo", f->dir);

	assert_refused(f->policy, "../hospes.conf", "letters, digits");
	assert_refused(f->policy, "/etc/passwd", "letters, digits");
	assert_refused(f->policy, ".hidden", "letters, digits");
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_refused(f->policy, "link", "symbolic link");
	assert_int_equal(symlink("words", inside), 0);
	assert_refused(f->policy, "inside", "symbolic link");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_refused(f->policy, "fifo", "plain file"); /* and nobody waits for it */
}

static void
only_texts_of_some_size(void **state)
{
	struct folder *f = *state;
	_cleanup_(free_p) char *big = xcalloc(1, 256 * KIB + 1);

	memset(big, 'x', 256 * KIB + 1);
	put(f, "big", big, 256 * KIB + 1);
	assert_refused(f->policy, "big", "262144 bytes");
	put(f, "full", big, 256 * KIB);
	big[256 * KIB] = '\0';
	assert_text(f->policy, "full", big);
	put(f, "latin", "\xe4", 1);
	assert_refused(f->policy, "latin", "UTF-8");
	put(f, "zero", "a\0b", 3);
	assert_refused(f->policy, "zero", "UTF-8");
	put(f, "utf", "\xc3\xa4", 2);
	assert_text(f->policy, "utf", "\xc3\xa4");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_text_stays_until_the_reload),
	    cmocka_unit_test(what_is_not_there_is_empty), cmocka_unit_test(names_lead_nowhere_else),
	    cmocka_unit_test(only_texts_of_some_size)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
