/* The host of tests of sources: takes batches, knows digests, answers in place of a client's connection. */

#ifndef SOURCES_HOST_H
#define SOURCES_HOST_H

#include <pthread.h>

#include <jansson.h>

struct sources_host {
	pthread_mutex_t lock;
	json_t *known; /* digest: name */
	unsigned batches, asked, fails_at;
	size_t largest, document_max; /* 0: any */
	void (*on_batch)(void);
};

extern struct sources_host host;

/* For cmocka: a folder for each test, which is where it works and where its cache is, and a host that knows nothing. */
extern char *folder;
int set_up(void **state);
int tear_down(void **state);

void file(const char *path, const char *text);

#endif
