/* A server over fakes on a real unix socket, and a client of it that turns its loop. */

#ifndef TESTS_API_WORLD_H
#define TESTS_API_WORLD_H

#include "api/serve.h"
#include "base/buf.h"

struct world {
	char dir[64], path[96];
	struct event_base *loop;
	struct api *api;
};

/* For cmocka's *state. */
int world_set_up(void **state);
int world_tear_down(void **state);
struct api_options options_of(struct world *w);

int dial(const struct world *w);
void turn(struct world *w);
void send_all(struct world *w, int fd, const void *data, size_t len);

/* Reads until `until` is in what came, or the connection ends; fails when neither happens. */
void receive(struct world *w, int fd, struct buf *in, const char *until);

/* A GET that is left open. */
int request_open(struct world *w, const char *path);

/* One request with Connection: close; the whole answer, allocated. */
char *ask(struct world *w, const char *method, const char *path, const void *body, size_t len);

/* The same, whose answer has to have this status and this in it. */
void expect(struct world *w, const char *method, const char *path, const char *body, int code, const char *part);

/* A whole request, and nothing of its answer before the journal is durable; then one with this in it. */
void expect_once_durable(struct world *w, const char *request, const char *part);

/* Starts the one run. */
void start_run(struct world *w);

#endif
