/* A configuration file of a test's own, in a folder of its own. */

#ifndef TESTS_CONF_SCRATCH_H
#define TESTS_CONF_SCRATCH_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/fd.h"
#include "cmocka_all.h"
#include "policy/policy.h"
#include "scratch.h"

static char *dir, *path;
static struct fault fault;

static int
set_up(void **state)
{
	(void)state;
	dir = scratch_new();
	path = xasprintf("%s/hospes.conf", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scratch_free(&dir);
	free(path);
	return 0;
}

/* What a file of this text says; NULL: `fault` has what is wrong with it. */
static inline struct policy *
load(const char *text)
{
	struct policy *p = NULL;

	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
	return policy_load(path, false, &p, &fault) == 0 ? p : NULL;
}

static inline struct policy *
good(const char *text)
{
	struct policy *p = load(text);

	if (p == NULL)
		fail_msg("%s: %s", text, fault.text);
	return p;
}

/* Refused as bad_config; `fault` says why. */
static inline void
refused(const char *text)
{
	_cleanup_(policy_unref) struct policy *p = load(text);

	if (p != NULL)
		fail_msg("accepted: %s", text);
	assert_int_equal(fault.status, HOSPES_ECONFIG);
}

/* Has the sentence these words? */
static inline void
fault_says(const char *words)
{
	if (strstr(fault.text, words) == NULL)
		fail_msg("says nothing of \"%s\": %s", words, fault.text);
}

/* Refused, with these words in the sentence. */
static inline void
bad(const char *text, const char *says)
{
	refused(text);
	fault_says(says);
}

#endif
