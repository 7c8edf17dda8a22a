/*
 * A client of the host's API: requests and streams over the unix socket.
 */

#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <jansson.h>

#include "base/fault.h"
#include "cli/command.h"
#include "cli/sse.h"

struct client;

/* Finds the socket; the host is asked only with the first request. */
int client_open(struct client **ret, const char *socket, struct fault *fault);
void client_close(struct client **c); /* also for _cleanup_ */

const char *client_socket(const struct client *c); /* the path of the socket that was found */

/* One request and its JSON answer (a new reference).  A refusal by the host is its status and sentence. */
int client_get(struct client *c, const char *path, json_t **ret, struct fault *fault);
int client_post(struct client *c, const char *path, const json_t *body, json_t **ret, struct fault *fault);
int client_post_bytes(
    struct client *c, const char *path, const void *body, size_t len, json_t **ret, struct fault *fault);

/* A POST that may be done again: the host knows it by its key (Idempotency-Key). */
int client_post_key(
    struct client *c, const char *path, const json_t *body, const char *key, json_t **ret, struct fault *fault);

/* Whether any request got through to a host: one that fails then has lost it. */
bool client_reached(const struct client *c);

/* Follows a stream until it ends (0), `event` returns nonzero (that), or it fails.  SIGINT and SIGTERM are given to
 * `interrupted` meanwhile: nonzero ends the stream with that.  They have to be blocked (client_block_signals).  `last_id`, of
 * SSE_ID_MAX bytes or NULL, is the id of the last event that had one, "" in the beginning: the stream goes on after it. */
typedef int client_interrupted(int signo, void *arg);
int client_stream(struct client *c, const char *path, char *last_id, sse_event *event, client_interrupted *interrupted,
    void *arg, struct fault *fault);

/* SIGINT and SIGTERM are kept for client_stream, and for clients that are interruptible, from now on. */
void client_block_signals(void);

/* A pause; true when SIGINT or SIGTERM, where they are blocked, ended it. */
bool client_pause(unsigned ms);

/* Its requests end as `cancelled` when SIGINT or SIGTERM, which have to be blocked, comes. */
void client_interruptible(struct client *c);

/* Calls `tick` about every `ms` milliseconds, and when something comes, while a request or a stream is under way; NULL ends
 * that. */
typedef void client_tick(void *arg);
void client_on_tick(struct client *c, int ms, client_tick *tick, void *arg);

/* "/v1/agents/" + name, escaped + suffix; allocated. */
char *client_path(const char *prefix, const char *name, const char *suffix);

/* Opens, asks, tells what went wrong: what most commands do.  Returns 0 or the exit code. */
int client_fetch(const struct cli *cli, const char *path, json_t **ret);

/* The same of a list, as --all and --limit (100) say. */
int client_list(struct cli *cli, const char *path, json_t **ret);

#endif
