/* The rooms below the API, as far as its tests need them: one plugin, one run, a journal that is told when it is durable. */

#ifndef TESTS_API_FAKES_H
#define TESTS_API_FAKES_H

#include "api/api.h"

#define RUN_ID         "01ARZ3NDEKTSV4RRFFQ69G5FAV" /* of the one run */
#define REVIEW_ID_TEXT RUN_ID "-1"                  /* of its one review */

struct fakes {
	struct policy policy;
	struct run run;
	bool has_run, store_has_run;
	json_t *request;         /* the last that run_start saw */
	unsigned started;
	struct run_keys *keys; /* a lookup that waits, when keys_wait */
	unsigned lookups;
	bool keys_wait;
	struct run_watch *watch; /* open watches, the newest first */
	unsigned watches, cancels, installs;
	char resolved[128]; /* who said what of an effect */
	char reviewed[32];  /* what was said of the one review */
	size_t installed_bytes;
	uint32_t parts, parts_taken; /* of the run's reply: "xx..." of part_bytes */
	size_t part_bytes;

	/* journal */
	bool holds; /* not durable until fake_durable */
	journal_done *done;
	void *done_arg;

	/* memory: what it was asked for last, and who waits for the answer */
	char asked[512];
	size_t loaded; /* bytes of the body that came */
	bool memory_waits;
	memory_done *memory_done;
	void *memory_arg;
	unsigned unwaited;

	run_viewed *view_done; /* a view asked for and not yet given, when views_wait */
	void *view_arg;
	bool views_wait;
};

extern struct fakes fakes;

void fakes_reset(const char *socket_path);
void fake_event(const json_t *event); /* to the watcher; NULL is the end */
void fake_keys(void);                 /* ends the lookup that waits */
void fake_durable(void);
void fake_view(void);                                        /* gives the view that waits */
void fake_memory(json_t *answer, const struct fault *fault); /* gives the answer that waits */

#endif
