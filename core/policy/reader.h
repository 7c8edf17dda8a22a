/* Reading a configuration file: what its files have in common.  Private to the room. */

#ifndef POLICY_READER_H
#define POLICY_READER_H

#include <libconfig.h>

#include "policy/keys.h"
#include "policy/policy.h"

#define PATH_TEXT 256 /* of a key, for messages */

struct reader {
	const char *file;
	struct policy *policy;
	policy_found *each; /* NULL: the first mistake ends it, with `fault` */
	void *arg;
	struct fault *fault;
};

/* "FILE:LINE", allocated. */
char *reader_place(const struct reader *r, const config_setting_t *s);

/* Tells of a mistake, or ends with it: 0 or a status. */
int reader_mistake(const struct reader *r, const config_setting_t *s, const struct policy_finding *what);
int reader_bad_value(const struct reader *r, const config_setting_t *s, const char *path, const char *allowed);

/* One setting, to where its key says in `base`.  `path` is how the table knows the key, `shown` how the file has it. */
int reader_key(const struct reader *r, const config_setting_t *s, const struct key *keys, const char *path,
    const char *shown, void *base);

/* ---- read_lists.c ------------------------------------------------------------------------------------------------ */

int read_handoffs(const struct reader *r, const config_setting_t *list);
int read_fallbacks(const struct reader *r, const config_setting_t *list);
int read_clients(const struct reader *r, const config_setting_t *list);
int read_prices(const struct reader *r, const config_setting_t *list);
int read_routes(const struct reader *r, const config_setting_t *list);

#endif
