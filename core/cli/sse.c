/* See sse.h. */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/sse.h"

static int
dispatch(struct sse *s)
{
	int rc = 0;

	if (s->last_id != NULL && s->any_data && s->id[0] != '\0')
		strcpy(s->last_id, s->id);
	if (s->any_data) {
		if (s->data.len > 0)
			s->data.len--; /* the line feed after the last data line */
		rc = s->event(s->name[0] != '\0' ? s->name : "message", buf_text(&s->data), s->data.len, s->arg);
	}
	s->any_data = false;
	s->name[0] = s->id[0] = '\0';
	buf_clear(&s->data);
	return rc;
}

static int
whole_line(struct sse *s)
{
	const char *line = buf_text(&s->line), *colon = strchr(line, ':'), *value;
	size_t field = colon != NULL ? (size_t)(colon - line) : s->line.len;

	if (s->line.len == 0)
		return dispatch(s);
	value = colon != NULL ? colon + 1 : line + s->line.len;
	if (*value == ' ')
		value++;
	if (field == 4 && memcmp(line, "data", 4) == 0) {
		buf_append(&s->data, value, s->line.len - (size_t)(value - line));
		buf_append(&s->data, "\n", 1);
		s->any_data = true;
	} else if (field == 5 && memcmp(line, "event", 5) == 0) {
		snprintf(s->name, sizeof(s->name), "%s", value);
	} else if (field == 2 && memcmp(line, "id", 2) == 0 && strlen(value) < sizeof(s->id)) {
		strcpy(s->id, value);
	}
	return 0;
}

int
sse_feed(struct sse *s, const char *bytes, size_t len)
{
	while (len > 0) {
		size_t plain = 0;
		int rc;

		if (s->cr && *bytes == '\n') {
			s->cr = false;
			bytes++;
			len--;
			continue;
		}
		s->cr = false;
		while (plain < len && bytes[plain] != '\n' && bytes[plain] != '\r')
			plain++;
		if (s->line.len + s->data.len + plain > SSE_EVENT_MAX)
			return HOSPES_ETOOLARGE;
		buf_append(&s->line, bytes, plain);
		if (plain == len)
			return 0;
		s->cr = bytes[plain] == '\r';
		bytes += plain + 1;
		len -= plain + 1;
		rc = whole_line(s);
		buf_clear(&s->line);
		if (rc != 0)
			return rc;
	}
	return 0;
}

void
sse_free(struct sse *s)
{
	buf_free(&s->line);
	buf_free(&s->data);
}
