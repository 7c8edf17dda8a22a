/* hospes journal verify, hospes journal records: a journal looked at in its folder, whether a host has it or not. */

#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/journal.h"
#include "cli/text.h"
#include "cli/user_dirs.h"
#include "wire.h"

#define ROOTS_STATE "/var/lib/hospes"

/* ---- Which folder ------------------------------------------------------------------------------------------------ */

struct place {
	char *state, *journal; /* state NULL: the folder of a journal alone */
};

static void
place_clear(struct place *p)
{
	free(p->state);
	free(p->journal);
}

/* That of the host that answers, else the user's, else root's. */
static char *
default_state(const struct cli *cli)
{
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(free_p) char *own = user_state_dir();
	_cleanup_(json_p) json_t *host = NULL;
	struct fault fault;

	if (client_open(&client, cli->socket, &fault) == 0 && client_get(client, "/v1/host", &host, &fault) == 0)
		return xstrdup(cli_text(host, "state_dir"));
	return xstrdup(own != NULL && access(own, X_OK) == 0 ? own : ROOTS_STATE);
}

static void
find_place(const struct cli *cli, struct place *ret)
{
	char *dir = cli->n_args > 0 ? xstrdup(cli->args[0]) : default_state(cli);
	char *below = xasprintf("%s/journal", dir);

	if (access(below, F_OK) == 0) {
		*ret = (struct place){.state = dir, .journal = below};
		return;
	}
	free(below);
	*ret = (struct place){.journal = dir};
}

/* ---- hospes journal verify --------------------------------------------------------------------------------------- */

struct verify {
	struct journal_check check;
	struct journal_store *store;
	struct payloads payloads;
	uint64_t damages_seen;
	json_t *damages; /* NULL: told as they are found */
};

static void
tell_damage(const char *file, uint64_t offset, const char *what, void *arg)
{
	_cleanup_(free_p) char *safe = text_safe(what, false);
	struct verify *v = arg;

	if (v->damages == NULL)
		printf("%s at offset %" PRIu64 ": %s\n", file, offset, safe);
	else
		json_array_append_new(
		    v->damages, json_pack("{s:s, s:I, s:s}", "file", file, "offset", (json_int_t)offset, "what", safe));
}

/* A store that cannot be read is one damage, and the journal is another matter. */
static void
tell_store(struct verify *v, const char *state, const char *what)
{
	_cleanup_(free_p) char *dir = xasprintf("%s/store", state);

	v->check.damages++;
	tell_damage(dir, 0, what, v);
}

static int
visit_verified(const struct record *r, void *arg)
{
	_cleanup_(payload_unref) struct payload *input = NULL, *output = NULL;
	struct verify *v = arg;
	struct fault why;

	/* Behind damage a payload may be missing, and that was told. */
	if (v->check.damages != v->damages_seen)
		payloads_forget(&v->payloads);
	if (payloads_read(&v->payloads, r, &input, &output, &why) != 0)
		journal_check_tell(&v->check, r, why.text);
	if (v->store != NULL)
		journal_store_visit(v->store, &v->check, r);
	v->damages_seen = v->check.damages;
	return 0;
}

static void
print_verified(const struct cli *cli, const struct verify *v)
{
	const struct journal_check *c = &v->check;

	if (cli->json) {
		_cleanup_(json_p) json_t *report = json_pack(
		    "{s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O}", "ok", c->damages == 0, "store",
		    v->store != NULL, "segments", (json_int_t)c->segments, "bytes", (json_int_t)c->bytes, "batches",
		    (json_int_t)c->batches, "records", (json_int_t)c->records, "first_lsn", (json_int_t)c->first_lsn,
		    "end_lsn", (json_int_t)c->end_lsn, "runs_ended", (json_int_t)c->runs_ended, "runs_open",
		    (json_int_t)c->runs_open, "torn_bytes", (json_int_t)c->torn, "damages", v->damages);

		cli_json(cli, report);
		return;
	}
	printf("%" PRIu64 " segments, %" PRIu64 " batches, %" PRIu64 " records from %" PRIu64 " to %" PRIu64
	       "; %" PRIu64 " runs ended, %" PRIu64 " open\n",
	    c->segments, c->batches, c->records, c->first_lsn, c->end_lsn, c->runs_ended, c->runs_open);
	if (v->store == NULL)
		printf("the store was not looked at: the folder is that of a journal alone\n");
	if (c->torn > 0)
		printf("a batch at the end is not whole: it was not acknowledged, and a host that starts cuts it\n");
	if (c->damages > 0)
		printf("damaged: %" PRIu64 " places\n", c->damages);
	else
		printf("ok\n");
}

static int
verify(struct cli *cli)
{
	_cleanup_(journal_store_free) struct journal_store *store = NULL;
	_cleanup_(place_clear) struct place place = {0};
	_cleanup_(json_p) json_t *damages = cli->json ? json_array() : NULL;
	struct verify v = {.damages = damages};
	struct fault fault;
	int rc;

	find_place(cli, &place);
	v.check = (struct journal_check){.visit = visit_verified, .damaged = tell_damage, .arg = &v};
	/* Before the journal: it never reflects more than the journal has. */
	if (place.state != NULL) {
		v.store = store = journal_store_open(place.state, &fault);
		if (store == NULL && fault.status != HOSPES_EDAMAGED)
			return cli_fail(cli, &fault);
		if (store == NULL)
			tell_store(&v, place.state, fault.text);
	}
	rc = journal_check(place.journal, &v.check, &fault);
	payloads_forget(&v.payloads);
	if (rc != 0)
		return cli_fail(cli, &fault);
	if (store != NULL)
		journal_store_end(store, &v.check);
	print_verified(cli, &v);
	return v.check.damages == 0 ? CLI_OK : CLI_FAULT;
}

/* ---- hospes journal records -------------------------------------------------------------------------------------- */

static void
set_hex(json_t *json, const char *key, const void *bytes, size_t len)
{
	_cleanup_(free_p) char *text = xmalloc(2 * len + 1);

	hex_format(bytes, len, text);
	json_object_set_new(json, key, json_string(text));
}

/* Payloads are JSON mostly; what is neither JSON nor text is told in hexadecimal digits. */
static void
set_bytes(json_t *json, const char *key, const void *data, size_t len)
{
	json_t *value = json_read(data, len, key, NULL);

	if (value == NULL)
		value = json_stringn(data, len);
	if (value != NULL)
		json_object_set_new(json, key, value);
	else
		set_hex(json, key, data, len);
}

/* What a record names, with the hash that others may name it by: whether it has the bytes itself or not. */
static void
set_payload(json_t *json, const char *key, const char *hash_key, struct payload *p)
{
	struct payload_hash hash;

	if (p == NULL)
		return;
	hash = payload_hash(p);
	set_hex(json, hash_key, &hash, sizeof hash);
	set_bytes(json, key, p->data, p->len);
}

static const char *
op_text(int64_t kind)
{
	static const char *const names[] = {[WIRE_OP_CALL] = "call",
	    [WIRE_OP_HTTP] = "http",
	    [WIRE_OP_NOW] = "now",
	    [WIRE_OP_RANDOM] = "random",
	    [WIRE_OP_SLEEP] = "sleep",
	    [WIRE_OP_FIRST] = "first",
	    [WIRE_OP_FIND] = "find",
	    [WIRE_OP_REMEMBER] = "remember",
	    [WIRE_OP_RECALL] = "recall",
	    [WIRE_OP_FORGET] = "forget",
	    [WIRE_OP_LIST] = "list",
	    [WIRE_OP_DOCUMENTS] = "documents",
	    [WIRE_OP_DOCUMENT] = "document",
	    [WIRE_OP_SEARCH] = "search",
	    [WIRE_OP_PART] = "part",
	    [WIRE_OP_POLL] = "poll",
	    [WIRE_OP_REVIEW] = "review",
	    [WIRE_OP_SCORE] = "score"};

	return kind > 0 && kind < (int64_t)ARRAY_LEN(names) && names[kind] != NULL ? names[kind] : "unknown";
}

static void
set_field(json_t *json, const struct record *r, const struct record_field *f)
{
	const char *key = record_tag_name((enum record_tag)f->tag);
	_cleanup_(free_p) char *number = NULL;

	switch ((enum record_tag)f->tag) {
	case TAG_INPUT:
	case TAG_OUTPUT:
		if (json_object_get(json, key) == NULL) /* of a run whose start is not known */
			set_bytes(json, key, f->data, f->len);
		return;
	case TAG_INPUT_DELTA:
	case TAG_OUTPUT_DELTA:
		return;
	case TAG_INPUT_ERASED:
	case TAG_OUTPUT_ERASED:
		if (f->len >= sizeof(struct payload_hash))
			set_hex(json, f->tag == TAG_INPUT_ERASED ? "input_hash" : "output_hash", f->data,
			    sizeof(struct payload_hash));
		json_object_set_new(json, key, json_integer(f->len));
		return;
	case TAG_ERASED:
		json_object_set_new(json, key, json_true());
		return;
	case TAG_BODY:
	case TAG_STAGE:
	case TAG_CONFIG:
	case TAG_SCORE:
	case TAG_PARTIAL:
	case TAG_SOURCES:
	case TAG_ROUTE:
		set_bytes(json, key, f->data, f->len);
		return;
	case TAG_DEADLINE:
	case TAG_ENDS:
	case TAG_LIMIT_CALLS:
	case TAG_NUMBER:
	case TAG_LIMIT_MICROS:
	case TAG_MICROS:
	case TAG_CPU:
	case TAG_BILLED:
	case TAG_EFFECT:
	case TAG_GIVEN:
		json_object_set_new(json, key, json_integer(record_int(r, (enum record_tag)f->tag)));
		return;
	case TAG_OP_KIND:
		json_object_set_new(json, "op", json_string(op_text(record_int(r, TAG_OP_KIND))));
		return;
	case TAG_CONFIDENCE:
		json_object_set_new(json, key, json_real(record_real(r, TAG_CONFIDENCE)));
		return;
	case TAG_PATH:
	case TAG_TARGET:
	case TAG_VERSION:
	case TAG_MESSAGE:
	case TAG_GUARD:
	case TAG_KEY:
	case TAG_COMMAND:
	case TAG_ACTOR:
	case TAG_REASON:
	case TAG_CLIENT:
	case TAG_CALLEE:
	case TAG_DECISION:
	case TAG_REVIEW:
		if (json_object_set_new(json, key, json_stringn(f->data, f->len)) == 0)
			return;
		break;
	default:
		break;
	}
	if (strcmp(key, "unknown") == 0)
		key = number = xasprintf("tag_%u", f->tag);
	set_hex(json, key, f->data, f->len);
}

static void
set_run(json_t *json, const struct record_head *head)
{
	static const uint8_t none[16];
	char id[ULID_TEXT];
	struct ulid run;

	if (memcmp(head->run, none, sizeof none) == 0)
		return;
	memcpy(run.bytes, head->run, sizeof run.bytes);
	ulid_format(&run, id);
	json_object_set_new(json, "run", json_string(id));
	json_object_set_new(json, "seq", json_integer(head->seq));
	json_object_set_new(json, "prev", json_integer((json_int_t)head->prev));
	set_hex(json, "trace", head->trace, sizeof head->trace);
}

static int
print_record(const struct record *r, void *arg)
{
	_cleanup_(payload_unref) struct payload *input = NULL, *output = NULL;
	const struct record_head *head = &r->head;
	struct payloads *payloads = arg;
	char time[CLOCK_TEXT];
	json_t *json;

	clock_format(head->real_ns, time);
	json = json_pack("{s:I, s:s, s:I, s:s, s:I, s:I}", "lsn", (json_int_t)head->lsn, "kind",
	    record_kind_name(record_kind(head)), "epoch", (json_int_t)head->epoch, "time", time, "real_ns",
	    (json_int_t)head->real_ns, "mono_ns", (json_int_t)head->mono_ns);
	if (record_is_copy(head))
		json_object_set_new(json, "copy", json_true());
	set_run(json, head);
	if (head->call != 0)
		json_object_set_new(json, "call", json_integer((json_int_t)head->call));
	if (head->ordinal != UINT32_MAX)
		json_object_set_new(json, "ordinal", json_integer(head->ordinal));
	json_object_set_new(json, "attempt", json_integer(head->attempt));
	if (record_kind(head) == RECORD_LOG)
		json_object_set_new(json, "level", json_integer(head->status));
	else
		json_object_set_new(json, "status", json_string(status_name(head->status)));
	payloads_read(payloads, r, &input, &output, NULL);
	set_payload(json, "input", "input_hash", input);
	set_payload(json, "output", "output_hash", output);
	for (unsigned i = 0; i < head->fields; i++)
		set_field(json, r, &r->field[i]);
	text_json(stdout, json, JSON_COMPACT);
	json_decref(json);
	return ferror(stdout) ? HOSPES_EIO : 0;
}

static void
warn_damage(const char *file, uint64_t offset, const char *what, void *arg)
{
	_cleanup_(free_p) char *safe = text_safe(what, false);

	(void)arg;
	fprintf(stderr, "%s at offset %" PRIu64 ": %s\n", file, offset, safe);
}

static int
records(struct cli *cli)
{
	struct payloads payloads = {0};
	struct journal_check check = {.visit = print_record, .damaged = warn_damage, .arg = &payloads};
	_cleanup_(place_clear) struct place place = {0};
	struct fault fault;
	int rc;

	find_place(cli, &place);
	rc = journal_check(place.journal, &check, &fault);
	payloads_forget(&payloads);
	if (rc != 0)
		return ferror(stdout) ? CLI_FAULT
				      : cli_fail(cli, &fault); /* main tells what is wrong with the output */
	return check.damages == 0 ? CLI_OK : CLI_FAULT;
}

const struct command journal_commands[] = {
    {.name = "journal verify",
	.usage = "[DIR]",
	.summary = "Check a journal from its first byte to its last, and the store against it.",
	.detail =
	    "DIR is a state directory, or the folder of a journal; without it that of the host that answers, else\n"
	    "the user's own, else " ROOTS_STATE
	    ".  A host may be running; nothing is changed.  Each place that is not as\n"
	    "it should be is a line.  Exit code 0: all is well; 1: something is damaged.",
	.max_args = 1,
	.run = verify},
    {.name = "journal records",
	.usage = "[DIR]",
	.summary = "Print every record that a journal has, each as a line of JSON.",
	.detail = "As `hospes journal verify` looks at it; what is damaged is told on standard error, and ends with 1.",
	.max_args = 1,
	.run = records},
    {0},
};
