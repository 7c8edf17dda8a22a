/* What is around dispatch, as the world of dispatch_world.h plays it: registry, store and journal, cells, HTTP, memory. */

#include "dispatch_world.h"

/* registry */

struct version *
registry_active(const struct registry *r, const char *name)
{
	struct version *found = NULL;

	(void)r;
	for (unsigned i = 0; i < w.n_versions; i++) {
		if (strcmp(w.versions[i].name, name) == 0 && w.versions[i].state == VERSION_ACTIVE)
			found = &w.versions[i];
	}
	return found;
}

struct version *
registry_version(const struct registry *r, const char *name, const char *semver)
{
	(void)r;
	for (unsigned i = 0; i < w.n_versions; i++) {
		if (strcmp(w.versions[i].name, name) == 0 && strcmp(w.versions[i].semver, semver) == 0)
			return &w.versions[i];
	}
	return NULL;
}

struct version *
registry_object(const struct registry *r, const char *hex)
{
	(void)r;
	for (unsigned i = 0; i < w.n_versions; i++) {
		if (strcmp(w.versions[i].object_hex, hex) == 0)
			return &w.versions[i];
	}
	return NULL;
}

size_t
registry_capables(struct registry *r, const char *capability, struct version *const **ret)
{
	size_t n = 0, at;

	(void)r;
	for (unsigned i = 0; i < w.n_versions; i++) {
		bool offers = false;

		for (char **c = w.versions[i].capabilities; c != NULL && *c != NULL; c++)
			offers |= policy_match(capability, *c);
		if (!offers || w.versions[i].state != VERSION_ACTIVE)
			continue;
		for (at = n++; at > 0 && strcmp(w.capable[at - 1]->name, w.versions[i].name) > 0; at--)
			w.capable[at] = w.capable[at - 1];
		w.capable[at] = &w.versions[i];
	}
	*ret = w.capable;
	return n;
}

json_t *
registry_find(struct registry *r, const char *capability)
{
	(void)r, (void)capability;
	return json_pack("[s]", "b");
}

struct version *
version_ref(struct version *v)
{
	v->refs++;
	return v;
}

void
version_unref(struct version **v)
{
	(*v)->refs--;
	*v = NULL;
}

/* store and journal */

uint64_t
store_append(struct store *s, struct record *r)
{
	(void)s;
	w.with_config[w.n_records] = record_find(r, TAG_CONFIG) != NULL;
	w.number = record_int(r, TAG_NUMBER);
	r->head.lsn = (w.n_records + 1) * 100;
	w.records[w.n_records] = xmalloc(record_size(r));
	record_encode(r, w.records[w.n_records]);
	w.kinds[w.n_records++] = r->head.kind;
	return w.n_records * 100;
}

/* What a test has put there for the host that is opened next. */
void
store_read_now(struct store *s, store_read_fn *read, void *arg)
{
	(void)s;
	read(NULL, NULL, arg);
}

int
store_walk(struct store_txn *txn, enum store_table table, const void *prefix, size_t prefix_len, bool down,
    store_visit *visit, void *arg)
{
	(void)txn, (void)prefix, (void)prefix_len, (void)down;
	return w.kept == NULL || table != STORE_BREAKERS
		   ? 0
		   : visit(w.kept_key, strlen(w.kept_key), w.kept, strlen(w.kept), arg);
}

int
store_put(struct store_txn *txn, enum store_table table, const void *key, size_t key_len, const void *data, size_t len,
    struct fault *fault)
{
	(void)txn, (void)table, (void)fault;
	free(w.kept);
	snprintf(w.kept_key, sizeof(w.kept_key), "%.*s", (int)key_len, (const char *)key);
	w.kept = xstrndup(data, len);
	return 0;
}

int
store_del(struct store_txn *txn, enum store_table table, const void *key, size_t key_len, struct fault *fault)
{
	(void)txn, (void)table, (void)key, (void)key_len, (void)fault;
	free(w.kept);
	w.kept = NULL;
	return 0;
}

void
journal_await(struct journal *j, uint64_t lsn, journal_done *done, void *arg)
{
	(void)j, (void)lsn;
	w.awaited = done;
	w.awaited_arg = arg;
}

void
journal_forget(struct journal *j, void *arg)
{
	(void)j;
	assert_ptr_equal(arg, w.awaited_arg);
	w.awaited = NULL;
}

/* cells */

void
cells_submit(struct cells *cells, const struct cell_spec *spec, struct call *call)
{
	(void)cells, (void)spec;
	w.submitted[w.n_submitted++] = call;
	if (w.no_cells) {
		call->state = CALL_QUEUED;
		return;
	}
	call->cell = (struct cell *)&w;
	call->state = CALL_RUNNING;
	call->executions++;
	w.events.begins(call, NULL, w.events.arg);
}

void
cells_outcome(struct call *call, const struct op *op)
{
	if (call->state == CALL_PARKED && call->waits_for == op->ordinal)
		call->state = CALL_RUNNING;
	w.outcomes[w.n_outcomes].ordinal = op->ordinal;
	w.outcomes[w.n_outcomes].handle = call->handle;
	w.outcomes[w.n_outcomes++].status = op->status;
}

size_t
cells_room_ahead(const struct call *call)
{
	(void)call;
	return w.room_ahead;
}

void
cells_outcome_ahead(struct call *call, const struct op *op)
{
	(void)call;
	w.ahead[w.n_ahead++] = op->ordinal;
}

void
cells_outcome_known(struct call *call, const struct op *op)
{
	(void)call, (void)op;
	w.n_known++;
}

void
cells_cancel(struct call *call, int status)
{
	(void)status;
	w.cancelled[w.n_cancelled++] = call;
}

void
cells_withdraw(struct call *call)
{
	call->state = CALL_EVICTED;
	w.n_withdrawn++;
}

struct call *
cells_kept_by(const struct call *call)
{
	return w.kept_by != NULL ? w.kept_by(call) : NULL;
}

const char *
sandbox_layer_name(enum sandbox_layer layer)
{
	(void)layer;
	return "layer";
}

/* http */

int
http_request_read(const char *url, const struct payload *input, struct http_request *ret, struct fault *fault)
{
	(void)input, (void)fault;
	*ret = (struct http_request){
	    .method = "GET", .url = (char *)url, .scheme = "http", .host = "example.org", .path = "/", .port = 80};
	return 0;
}

void
http_request_clear(struct http_request *request)
{
	(void)request;
}

bool
http_idempotent(const char *method)
{
	return strcmp(method, "GET") == 0;
}

struct http_transfer *
http_start(struct http *h, const struct http_call *call)
{
	(void)h;
	w.http = *call;
	w.n_http++;
	return (struct http_transfer *)&w;
}

bool
http_sent(struct http_transfer *t)
{
	assert_ptr_equal(t, &w);
	return !w.unsent;
}

unsigned
http_code(struct http_transfer *t)
{
	assert_ptr_equal(t, &w);
	return w.http_code;
}

void
http_cancel(struct http_transfer **t)
{
	*t = NULL;
}

/* memory */

struct memory_command {
	struct record record;
	char body[600];
};

static void
memory_asked(
    const char *what, size_t n, const struct memory_space *spaces, const char *key, memory_done *done, void *arg)
{
	size_t at = 0;

	w.memory = (struct world_memory){.asked = w.memory.asked + 1, .what = what, .done = done, .arg = arg};
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(w.memory.spaces + at, sizeof(w.memory.spaces) - at, "%s%s/%s", i > 0 ? " " : "",
		    spaces[i].client, spaces[i].name);
	snprintf(w.memory.key, sizeof(w.memory.key), "%s", key != NULL ? key : "(null)");
}

static struct memory_command *
memory_command_new(const char *name)
{
	struct memory_command *c = xcalloc(1, sizeof(*c));

	snprintf(c->body, sizeof(c->body), "{\"key\":\"%s\"}", w.memory.key);
	record_init(&c->record, RECORD_COMMAND);
	record_add_text(&c->record, TAG_COMMAND, name);
	record_add_text(&c->record, TAG_BODY, c->body);
	return c;
}

bool
memory_name_valid(const char *name)
{
	return strcmp(name, MEMORY_SOURCES) != 0 && name[0] >= 'a' && name[0] <= 'z';
}

bool
memory_key_valid(const char *key)
{
	return key[0] != '\0' && strlen(key) <= MEMORY_KEY_MAX;
}

int
memory_put(struct memory *m, const struct memory_space *space, const char *key, const void *json, size_t len,
    uint64_t version, struct memory_command **ret, struct fault *fault)
{
	(void)m;
	memory_asked("put", 1, space, key, NULL, NULL);
	snprintf(w.memory.text, sizeof(w.memory.text), "%.*s", (int)len, (const char *)json);
	w.memory.version = version;
	if (strcmp(w.memory.text, "\"too large\"") == 0)
		return fault_set(fault, HOSPES_ETOOLARGE, "the value is too large");
	*ret = memory_command_new("memory_put");
	return 0;
}

int
memory_forget(struct memory *m, const struct memory_space *space, const char *key, struct memory_command **ret,
    struct fault *fault)
{
	(void)m, (void)fault;
	memory_asked("forget", 1, space, key, NULL, NULL);
	*ret = memory_command_new("memory_forget");
	return 0;
}

struct record *
memory_record(struct memory_command *c)
{
	return &c->record;
}

void
memory_appended(struct memory *m, struct memory_command *c, uint64_t lsn, memory_done *done, void *arg)
{
	(void)m;
	free(c);
	w.memory.lsn = lsn;
	w.memory.done = done;
	w.memory.arg = arg;
}

void
memory_outcome(
    struct memory *m, const struct ulid *run, uint32_t seq, const char *key, bool forget, memory_done *done, void *arg)
{
	struct memory_space space = {.client = "", .name = ""};

	(void)m, (void)run;
	memory_asked(forget ? "forgot" : "was put", 1, &space, key, done, arg);
	w.memory.lsn = seq;
}

void
memory_get(struct memory *m, const struct memory_space *space, const char *key, memory_done *done, void *arg)
{
	(void)m;
	memory_asked("get", 1, space, key, done, arg);
}

void
memory_list(struct memory *m, const struct memory_space *space, const char *prefix, const char *after, size_t most,
    memory_done *done, void *arg)
{
	(void)m;
	memory_asked("list", 1, space, prefix, done, arg);
	snprintf(w.memory.text, sizeof(w.memory.text), "%s", after);
	w.memory.most = most;
}

bool
memory_settled(const struct memory *m, uint64_t *ret)
{
	(void)m;
	*ret = w.changed;
	return !w.unsettled;
}

void
memory_documents(struct memory *m, size_t n, const struct memory_space *spaces, const char *after, size_t most,
    memory_done *done, void *arg)
{
	(void)m;
	memory_asked("documents", n, spaces, after, done, arg);
	w.memory.most = most;
}

void
memory_document(struct memory *m, size_t n, const struct memory_space *spaces, const char *digest, uint64_t from,
    uint64_t to, memory_done *done, void *arg)
{
	(void)m;
	memory_asked("document", n, spaces, digest, done, arg);
	w.memory.from = from;
	w.memory.to = to;
}

void
memory_search(struct memory *m, size_t n, const struct memory_space *spaces, const struct memory_query *query,
    memory_done *done, void *arg)
{
	(void)m;
	memory_asked("search", n, spaces, NULL, done, arg);
	snprintf(w.memory.text, sizeof(w.memory.text), "%s", query->text);
	w.memory.most = query->most;
	w.memory.most_each = query->most_each;
	w.memory.within = json_array_size(query->within);
}

void
memory_unwait(struct memory *m, void *arg)
{
	(void)m;
	if (arg == w.memory.arg)
		w.memory.done = NULL;
}

void
memory_answers(const char *json, const struct fault *fault)
{
	memory_done *done = w.memory.done;

	assert_non_null(done);
	w.memory.done = NULL;
	done(json == NULL ? NULL : json_loads(json, JSON_DECODE_ANY, NULL), fault, w.memory.arg);
}
