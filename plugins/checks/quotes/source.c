/*
 * One source: the bytes that its document has there are read from the run's sources and compared, all of them.
 *
 * What is read is never more than was quoted, so a hostile output cannot make the check read more than it is long itself.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/brief.h"
#include "common/need.h"
#include "quotes.h"

#define MOST   (1024u * 1024) /* bytes that one read gives */
#define BEFORE (256u * 1024)  /* bytes before a quote in which its heading stands */

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* What the host says of a place: its answer, or {} where the sources have no such document or place.  NULL when it could
 * not be asked: that is told, or is q->status.  Lives until the handler returns. */
static const json_t *
read_place(struct quotes *q, const struct quotes_claim *claim, const hospes_source *source, size_t from, size_t to)
{
	char key[128];
	hospes_value *value;
	json_t *place;
	int rc;

	(void)snprintf(key, sizeof(key), "%.64s %zu %zu", source->digest, from, to);
	place = json_object_get(q->read, key);
	if (place != NULL)
		return place;
	if (q->status != 0)
		return NULL;
	if (q->looks >= QUOTES_LOOKS) {
		quotes_tell(q, claim, &(struct quotes_failure){.document = source->document},
		    "it was not looked at: expected %u different sources at most, found more", QUOTES_LOOKS);
		return NULL;
	}
	q->looks++;
	rc = hospes_document(q->ctx, "sources", source->digest, from, to, &value);
	if (rc == 0) {
		place = json_incref(hospes_json(value));
	} else if (rc == HOSPES_ENOENT || rc == HOSPES_EINPUT) {
		place = json_object();
	} else {
		q->status = rc;
		return NULL;
	}
	json_object_set_new(q->read, key, place);
	return place;
}

static const char *
text_of(const json_t *place, const char *key)
{
	const char *text = json_string_value(json_object_get(place, key));

	return text == NULL ? "" : text;
}

/* ---- Comparing --------------------------------------------------------------------------------------------------- */

static bool
is_at(const json_t *place, size_t from, size_t to)
{
	return json_integer_value(json_object_get(place, "from")) == (json_int_t)from &&
	       json_integer_value(json_object_get(place, "to")) == (json_int_t)to;
}

/* A text that several of the run's spaces have may have a name in each.  hospes_document tells that of the first space, a
 * search may have told the agent another one. */
static bool
has_name(struct quotes *q, const hospes_source *source)
{
	const char *within[] = {source->digest, NULL};
	const json_t *found, *passage;
	hospes_value *value;
	char *key;
	bool has = false;
	size_t i;
	int rc;

	key = need(malloc(strlen(source->document) + sizeof("name ") + 65));
	(void)stpcpy(stpcpy(stpcpy(stpcpy(key, "name "), source->digest), " "), source->document);
	if (json_object_get(q->read, key) != NULL || q->status != 0 || q->looks >= QUOTES_LOOKS) {
		has = json_is_true(json_object_get(q->read, key));
		free(key);
		return has;
	}
	q->looks++;
	rc = hospes_search(q->ctx, "sources", source->quote, HOSPES_SEARCH(.most = 1000, .within = within), &value);
	if (rc != 0 && rc != HOSPES_EINPUT)
		q->status = rc;
	found = rc == 0 ? json_object_get(hospes_json(value), "found") : NULL;
	json_array_foreach(found, i, passage)
	{
		has = has || (strcmp(text_of(passage, "digest"), source->digest) == 0 &&
				 strcmp(text_of(passage, "document"), source->document) == 0);
	}
	json_object_set_new(q->read, key, json_boolean(has));
	free(key);
	return has;
}

/* The quote has another length than its range: what begins there is shown. */
static bool
wrong_length(struct quotes *q, const struct quotes_claim *claim, const hospes_source *source)
{
	struct quotes_failure failure = {source->document, source->quote, NULL};
	size_t to = source->to - source->from > QUOTES_SHOWN ? source->from + QUOTES_SHOWN : source->to;
	const json_t *place = to > source->from ? read_place(q, claim, source, source->from, to) : NULL;

	if (json_object_size(place) > 0)
		failure.found = text_of(place, "text");
	return quotes_tell(q, claim, &failure,
	    "bytes %zu to %zu of %.200s are said to be quoted, which are %zu, and the quote has %zu", source->from,
	    source->to, source->document, source->to - source->from, strlen(source->quote));
}

bool
quotes_source(struct quotes *q, const struct quotes_claim *claim, const hospes_source *source)
{
	struct quotes_failure failure = {source->document, source->quote, NULL};
	size_t len = strlen(source->quote);
	const json_t *place;
	const char *found;

	if (len == 0 || len > MOST)
		return quotes_tell(q, claim, &failure, "expected a quote of 1 to %u bytes from %.200s, found %zu", MOST,
		    source->document, len);
	if (source->to < source->from || source->to - source->from != len)
		return wrong_length(q, claim, source);
	place = read_place(q, claim, source, source->from, source->to);
	if (place == NULL)
		return false;
	if (json_object_size(place) == 0)
		return quotes_tell(q, claim, &failure,
		    "the run's sources have no document with the digest %.16s... and bytes %zu to %zu; it was called "
		    "%.200s",
		    source->digest, source->from, source->to, source->document);
	if (strcmp(text_of(place, "document"), source->document) != 0 && !has_name(q, source))
		return quotes_tell(q, claim, &failure,
		    "the document that is quoted is %.200s, and it was called %.200s", text_of(place, "document"),
		    source->document);
	found = text_of(place, "text");
	if (!is_at(place, source->from, source->to) || strcmp(found, source->quote) != 0) {
		failure.found = found;
		return quotes_tell(q, claim, &failure, "bytes %zu to %zu of %.200s are not what was quoted",
		    source->from, source->to, source->document);
	}
	return true;
}

bool
quotes_heading(struct quotes *q, const hospes_source *source, const char *heading)
{
	size_t from = source->from > BEFORE ? source->from - BEFORE : 0;
	hospes_value *value;
	char *before, *plain;
	bool has;
	int rc;

	if (source->from == 0 || q->status != 0 || q->looks++ >= QUOTES_LOOKS)
		return false;
	rc = hospes_document(q->ctx, "sources", source->digest, from, source->from, &value);
	if (rc != 0) {
		q->status = rc == HOSPES_ENOENT || rc == HOSPES_EINPUT ? 0 : rc;
		return false;
	}
	before = brief_plain(text_of(hospes_json(value), "text"));
	plain = brief_plain(heading);
	has = *plain != '\0' && strstr(before, plain) != NULL;
	hospes_release(value);
	free(before);
	free(plain);
	return has;
}
