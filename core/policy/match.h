/* URL patterns taken apart.  Private to the room; policy.h says what they mean. */

#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Pieces point into the pattern. */
struct url_pattern {
	bool any; /* "*" alone */
	const char *scheme;
	size_t scheme_len;
	bool host_any;   /* "*" */
	bool host_below; /* "*." came before it */
	const char *host;
	size_t host_len;
	bool port_any;
	unsigned port;
	const char *path; /* "" or begins with "/" */
};

bool url_pattern_read(const char *pattern, struct url_pattern *ret);

#endif
