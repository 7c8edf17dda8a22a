/* The host of test_sources: takes batches, knows digests, answers in place of a client's connection. */

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

#endif
