/*
 * The host's log: logfmt lines on stderr.
 *
 *   log_info("version active", LOG_S("plugin", name), LOG_U("cells", n));
 *   time=2026-10-01T12:00:00.123Z level=info msg="version active" plugin=wordcount cells=4
 *
 * Values are quoted where they need it, so that a hostile name cannot forge a line.  A tap gets each finished line too
 * (the API streams them).  [any thread]; the tap is called on the thread that logs.
 */

#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_field {
	const char *key;
	enum { LOG_FIELD_END, LOG_FIELD_TEXT, LOG_FIELD_INT, LOG_FIELD_UINT } type;
	union {
		const char *text;
		int64_t i;
		uint64_t u;
	};
};

#define LOG_S(k, v) {.key = (k), .type = LOG_FIELD_TEXT, .text = (v)}
#define LOG_I(k, v) {.key = (k), .type = LOG_FIELD_INT, .i = (int64_t)(v)}
#define LOG_U(k, v) {.key = (k), .type = LOG_FIELD_UINT, .u = (uint64_t)(v)}

/* Fields end with a zeroed one; use the macros. */
void log_write(enum log_level level, const char *msg, const struct log_field *fields);

/* The zeroed one in front is for a line without fields, and stepped over. */
#define LOG_FIELDS(...)     ((const struct log_field[]){{0}, ##__VA_ARGS__, {0}} + 1)
#define log_debug(msg, ...) log_write(LOG_LEVEL_DEBUG, msg, LOG_FIELDS(__VA_ARGS__))
#define log_info(msg, ...)  log_write(LOG_LEVEL_INFO, msg, LOG_FIELDS(__VA_ARGS__))
#define log_warn(msg, ...)  log_write(LOG_LEVEL_WARN, msg, LOG_FIELDS(__VA_ARGS__))
#define log_error(msg, ...) log_write(LOG_LEVEL_ERROR, msg, LOG_FIELDS(__VA_ARGS__))

void log_set_level(enum log_level level);

typedef void log_tap(enum log_level level, const char *line, void *arg);
void log_set_tap(log_tap *tap, void *arg);

#endif
