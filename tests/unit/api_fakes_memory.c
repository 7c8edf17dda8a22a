/* Memory as the API asks it: it says what it was asked for. */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api_fakes.h"
#include "base/json.h"

bool
memory_name_valid(const char *name)
{
	return plugin_name_valid(name) && strcmp(name, MEMORY_SOURCES) != 0;
}

bool
memory_key_valid(const char *key)
{
	return key[0] != '\0' && strlen(key) <= MEMORY_KEY_MAX && strchr(key, '\n') == NULL;
}

void
fake_memory(json_t *answer, const struct fault *fault)
{
	memory_done *done = fakes.memory_done;

	fakes.memory_done = NULL;
	if (done != NULL)
		done(answer, fault, fakes.memory_arg);
}

static void
asked(memory_done *done, void *arg, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fakes.asked, sizeof(fakes.asked), format, args);
	va_end(args);
	fakes.memory_done = done;
	fakes.memory_arg = arg;
	if (!fakes.memory_waits)
		fake_memory(json_pack("{s:s}", "asked", fakes.asked), NULL);
}

static char composed[512];

static int
compose(struct memory_command **ret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(composed, sizeof(composed), format, args);
	va_end(args);
	*ret = (struct memory_command *)(uintptr_t)composed;
	return 0;
}

int
memory_put(struct memory *m, const struct memory_space *space, const char *key, const void *json, size_t len,
    uint64_t at_version, struct memory_command **ret, struct fault *fault)
{
	(void)m;
	if (len > 100)
		return fault_set(fault, HOSPES_ETOOLARGE, "the value is too large");
	return compose(ret, "put %s %s %s %.*s %lld", space->client, space->name, key, (int)len, (const char *)json,
	    (long long)at_version);
}

int
memory_forget(struct memory *m, const struct memory_space *space, const char *key, struct memory_command **ret,
    struct fault *fault)
{
	(void)m, (void)fault;
	return compose(ret, "forget %s %s", space->name, key);
}

int
memory_forget_document(struct memory *m, const struct memory_space *space, const char *digest,
    struct memory_command **ret, struct fault *fault)
{
	(void)m, (void)fault;
	return compose(ret, "forget %s document %s", space->name, digest);
}

int
memory_drop(struct memory *m, const struct memory_space *space, struct memory_command **ret, struct fault *fault)
{
	(void)m, (void)fault;
	return compose(ret, "drop %s", space->name);
}

void
memory_append(struct memory *m, struct memory_command *c, const char *actor, memory_done *done, void *arg)
{
	(void)m, (void)c;
	asked(done, arg, "%s by %s", composed, actor);
}

void
memory_load(struct memory *m, const struct memory_space *space, struct evbuffer *body, const char *actor,
    memory_done *done, void *arg)
{
	(void)m, (void)actor;
	fakes.loaded = evbuffer_get_length(body);
	evbuffer_drain(body, fakes.loaded);
	asked(done, arg, "load %s", space->name);
}

void
memory_missing(struct memory *m, const struct memory_space *space, const json_t *digests, memory_done *done, void *arg)
{
	(void)m;
	asked(done, arg, "missing %s %zu", space->name, json_array_size(digests));
}

void
memory_documents(struct memory *m, size_t n, const struct memory_space *spaces, const char *after, size_t most,
    memory_done *done, void *arg)
{
	(void)m;
	asked(done, arg, "documents %zu %s %s %zu", n, spaces->name, after != NULL ? after : "-", most);
}

void
memory_document(struct memory *m, size_t n, const struct memory_space *spaces, const char *digest, uint64_t from,
    uint64_t to, memory_done *done, void *arg)
{
	(void)m;
	asked(done, arg, "document %zu %s %s %llu %llu", n, spaces->name, digest, (unsigned long long)from,
	    (unsigned long long)to);
}

void
memory_get(struct memory *m, const struct memory_space *space, const char *key, memory_done *done, void *arg)
{
	(void)m;
	asked(done, arg, "get %s %s", space->name, key);
}

void
memory_list(struct memory *m, const struct memory_space *space, const char *prefix, const char *after, size_t most,
    memory_done *done, void *arg)
{
	(void)m;
	asked(done, arg, "list %s '%s' '%s' %zu", space->name, prefix, after, most);
}

void
memory_spaces(struct memory *m, const char *client, memory_done *done, void *arg)
{
	(void)m;
	asked(done, arg, "spaces %s", client);
}

void
memory_search(struct memory *m, size_t n, const struct memory_space *spaces, const struct memory_query *query,
    memory_done *done, void *arg)
{
	(void)m;
	asked(done, arg, "search %zu %s '%s' %zu %zu %zu", n, spaces->name, query->text, query->most, query->most_each,
	    json_array_size(query->within));
}

void
memory_reindex(struct memory *m, memory_done *done, void *arg)
{
	(void)m;
	asked(done, arg, "reindex");
}

void
memory_unwait(struct memory *m, void *arg)
{
	(void)m;
	fakes.unwaited++;
	if (fakes.memory_arg == arg)
		fakes.memory_done = NULL;
}

void
memory_erase(struct memory *m, const char *client, const char *digest, const char *actor, memory_done *done, void *arg)
{
	(void)m, (void)client, (void)actor;
	done(json_pack("{s:s, s:i}", "document", digest, "spaces", 1), NULL, arg);
}
