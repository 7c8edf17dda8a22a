/*
 * Commands applied.
 *
 * The body of a put ends in its value as the bytes that came in.  Nobody parses them here: before `,"value":` there are
 * strings only, in which a quotation mark has a backslash in front of it, so the first such place is the member's.
 *
 * [store thread]
 */

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "memory/command.h"

/* A command as it is read back. */
struct applied {
	struct store_txn *txn;
	const struct record *record;
	uint64_t lsn;
	json_t *body; /* without the value */
	struct memory_space space;
	const char *key;
	const uint8_t *value;
	size_t value_len;
	struct space_entry entry;
	struct outcome outcome;
};

static int
damaged(const struct record *r, struct fault *fault)
{
	return fault_set(
	    fault, HOSPES_EDAMAGED, "the command of memory at %" PRIu64 " has a body that makes no sense", r->head.lsn);
}

static int
read_body(const struct record *r, bool has_value, struct applied *a, struct fault *fault)
{
	const struct record_field *f = record_find(r, TAG_BODY);
	_cleanup_(buf_free) struct buf head = {0};
	const uint8_t *at;

	if (f == NULL)
		return damaged(r, fault);
	if (!has_value) {
		a->body = json_read(f->data, f->len, "a command of memory", fault);
	} else {
		at = memmem(f->data, f->len, VALUE_MEMBER, strlen(VALUE_MEMBER));
		if (at == NULL)
			return damaged(r, fault);
		buf_append(&head, f->data, (size_t)(at - (const uint8_t *)f->data));
		buf_appends(&head, "}");
		a->body = json_read(head.data, head.len, "a command of memory", fault);
		a->value = at + strlen(VALUE_MEMBER);
		a->value_len = (size_t)((const uint8_t *)f->data + f->len - a->value) - 1;
	}
	if (a->body == NULL)
		return fault->status;
	a->space.client = json_string_value(json_object_get(a->body, "client"));
	a->space.name = json_string_value(json_object_get(a->body, "space"));
	a->key = json_string_value(json_object_get(a->body, "key"));
	if (a->space.client == NULL || a->space.name == NULL || !client_valid(a->space.client) ||
	    !memory_name_valid(a->space.name) || (a->key != NULL && !memory_key_valid(a->key)))
		return damaged(r, fault);
	a->lsn = r->head.lsn;
	a->outcome.lsn = r->head.lsn;
	space_get(a->txn, &a->space, &a->entry);
	return 0;
}

static int
put_space(struct applied *a, struct fault *fault)
{
	struct key k;

	key_space(&k, &a->space);
	if (a->entry.keys == 0 && a->entry.documents == 0)
		return store_del(a->txn, STORE_MEMORY, k.data, k.len, fault);
	return store_put(a->txn, STORE_MEMORY, k.data, k.len, &a->entry, sizeof a->entry, fault);
}

/* Whoever began a command of a run may be gone before it was told, and asks again when the run goes on. */
static int
keep_outcome(struct applied *a, struct fault *fault)
{
	static const uint8_t none[16];
	struct key k;

	if (memcmp(a->record->head.run, none, sizeof none) == 0)
		return 0;
	key_outcome(&k, a->record->head.run, &a->record->head.seq);
	return store_put(a->txn, STORE_MEMORY, k.data, k.len, &a->outcome, sizeof a->outcome, fault);
}

/* The newest is the first of the list. */
static int
put_outcome(struct applied *a, struct fault *fault)
{
	struct outcome list[OUTCOMES];
	const void *data;
	struct key k;
	size_t len = 0;

	key_outcomes(&k);
	list[0] = a->outcome;
	if (store_get(a->txn, STORE_MEMORY, k.data, k.len, &data, &len)) {
		if (len > sizeof list - sizeof list[0])
			len = sizeof list - sizeof list[0];
		memcpy(list + 1, data, len);
	}
	return store_put(a->txn, STORE_MEMORY, k.data, k.len, list, sizeof list[0] + len, fault);
}

static int
put_value(struct applied *a, struct fault *fault)
{
	const json_t *version = json_object_get(a->body, "version");
	struct value_entry entry = {.lsn = a->lsn}, old = {0};
	_cleanup_(buf_free) struct buf data = {0};
	const void *was;
	size_t was_len = 0;
	struct key k;
	bool had;

	if (a->key == NULL)
		return damaged(a->record, fault);
	key_value(&k, &a->space, a->key);
	had = store_get(a->txn, STORE_MEMORY, k.data, k.len, &was, &was_len) && was_len >= sizeof old;
	if (had)
		memcpy(&old, was, sizeof old);
	if (version != NULL && (uint64_t)json_integer_value(version) != old.version) {
		a->outcome.status = HOSPES_ECONFLICT;
		a->outcome.a = old.version;
		return 0;
	}
	entry.version = old.version + 1;
	a->outcome.a = entry.version;
	a->entry.keys += had ? 0 : 1;
	a->entry.bytes += a->value_len - (had ? was_len - sizeof old : 0);
	buf_append(&data, &entry, sizeof entry);
	buf_append(&data, a->value, a->value_len);
	if (store_put(a->txn, STORE_MEMORY, k.data, k.len, data.data, data.len, fault) != 0)
		return fault->status;
	return put_space(a, fault);
}

static int
forget_value(struct applied *a, struct fault *fault)
{
	const void *was;
	struct key k;
	size_t len;

	if (a->key == NULL)
		return damaged(a->record, fault);
	key_value(&k, &a->space, a->key);
	if (!store_get(a->txn, STORE_MEMORY, k.data, k.len, &was, &len))
		return 0;
	a->outcome.a = 1;
	a->entry.keys--;
	a->entry.bytes -= len - sizeof(struct value_entry);
	if (store_del(a->txn, STORE_MEMORY, k.data, k.len, fault) != 0)
		return fault->status;
	return put_space(a, fault);
}

/* One space more, or fewer, has the document. */
static int
count_file(struct store_txn *txn, const uint8_t digest[DIGEST], int more, struct fault *fault)
{
	const void *data;
	uint64_t n = 0;
	struct key k;
	size_t len;

	key_file(&k, digest);
	if (store_get(txn, STORE_MEMORY, k.data, k.len, &data, &len) && len == sizeof n)
		memcpy(&n, data, sizeof n);
	n += (uint64_t)more;
	if (n == 0)
		return store_del(txn, STORE_MEMORY, k.data, k.len, fault);
	return store_put(txn, STORE_MEMORY, k.data, k.len, &n, sizeof n, fault);
}

static int
add_document(struct applied *a, const json_t *d, struct fault *fault)
{
	const char *name = json_string_value(json_object_get(d, "document"));
	const char *media = json_string_value(json_object_get(d, "media"));
	struct document_entry entry = {
	    .lsn = a->lsn, .bytes = (uint64_t)json_integer_value(json_object_get(d, "bytes"))};
	_cleanup_(buf_free) struct buf data = {0};
	uint8_t digest[DIGEST];
	struct document_view old;
	struct key k;

	if (name == NULL || !document_name_valid(name, strlen(name)) ||
	    !digest_read(json_string_value(json_object_get(d, "digest")), digest))
		return fault_set(fault, HOSPES_EDAMAGED, "a command of memory names a document that makes no sense");
	if (document_get(a->txn, &a->space, digest, &old))
		return 0;
	a->entry.documents++;
	a->entry.bytes += entry.bytes;
	media = media == NULL ? "" : media;
	buf_append(&data, &entry, sizeof entry);
	buf_append(&data, media, strlen(media) + 1);
	buf_append(&data, name, strlen(name) + 1);
	key_document(&k, &a->space, digest);
	if (store_put(a->txn, STORE_MEMORY, k.data, k.len, data.data, data.len, fault) != 0)
		return fault->status;
	key_name(&k, &a->space, name, digest);
	if (store_put(a->txn, STORE_MEMORY, k.data, k.len, "", 0, fault) != 0)
		return fault->status;
	return count_file(a->txn, digest, 1, fault);
}

static int
add_documents(struct applied *a, struct fault *fault)
{
	const json_t *d;
	size_t i;

	json_array_foreach(json_object_get(a->body, "documents"), i, d)
	{
		if (add_document(a, d, fault) != 0)
			return fault->status;
	}
	return put_space(a, fault);
}

static int
remove_document(struct applied *a, const uint8_t digest[DIGEST], struct fault *fault)
{
	struct document_view view;
	struct key k;

	if (!document_get(a->txn, &a->space, digest, &view))
		return 0;
	a->outcome.a = 1;
	a->entry.documents--;
	a->entry.bytes -= view.entry.bytes;
	key_name(&k, &a->space, view.name, digest); /* before a write: the view is borrowed */
	if (store_del(a->txn, STORE_MEMORY, k.data, k.len, fault) != 0)
		return fault->status;
	key_document(&k, &a->space, digest);
	if (store_del(a->txn, STORE_MEMORY, k.data, k.len, fault) != 0)
		return fault->status;
	return count_file(a->txn, digest, -1, fault);
}

static int
forget_document(struct applied *a, struct fault *fault)
{
	uint8_t digest[DIGEST];

	if (!digest_read(json_string_value(json_object_get(a->body, "digest")), digest))
		return damaged(a->record, fault);
	if (remove_document(a, digest, fault) != 0)
		return fault->status;
	return put_space(a, fault);
}

/* The first entry with a prefix: a walk may not go on over what changed. */
struct first {
	struct key key;
};

static int
first_visit(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct first *first = arg;

	(void)data, (void)len;
	memcpy(first->key.data, key, key_len);
	first->key.len = key_len;
	return 1;
}

static int
drop_all(struct applied *a, struct fault *fault)
{
	struct first first;
	struct key prefix;
	int rc = 0;

	key_document(&prefix, &a->space, NULL);
	while (rc == 0 && store_walk(a->txn, STORE_MEMORY, prefix.data, prefix.len, false, first_visit, &first) != 0) {
		if (first.key.len != prefix.len + DIGEST)
			return fault_set(
			    fault, HOSPES_EDAMAGED, "a document of the store has a key that makes no sense");
		rc = remove_document(a, first.key.data + prefix.len, fault);
	}
	key_value(&prefix, &a->space, "");
	while (rc == 0 && store_walk(a->txn, STORE_MEMORY, prefix.data, prefix.len, false, first_visit, &first) != 0)
		rc = store_del(a->txn, STORE_MEMORY, first.key.data, first.key.len, fault);
	return rc;
}

static int
drop_space(struct applied *a, struct fault *fault)
{
	const struct space_entry was = a->entry;

	if (drop_all(a, fault) != 0)
		return fault->status;
	a->entry = (struct space_entry){0};
	a->outcome.a = was.keys;
	a->outcome.b = was.documents;
	return put_space(a, fault);
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

/* What all commands have in common: it is read, makes its change, and what came of it is kept. */
static int
apply(struct store_txn *txn, const struct record *r, bool has_value,
    int (*change)(struct applied *a, struct fault *fault), struct fault *fault)
{
	struct applied a = {.txn = txn, .record = r};
	int rc = read_body(r, has_value, &a, fault);

	if (rc == 0)
		rc = change(&a, fault);
	if (rc == 0)
		rc = put_outcome(&a, fault);
	if (rc == 0)
		rc = keep_outcome(&a, fault);
	json_decref(a.body);
	return rc;
}

static int
apply_put(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	return apply(txn, r, true, put_value, fault);
}

static int
apply_forget(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	return apply(txn, r, false, forget_value, fault);
}

static int
apply_forget_document(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	return apply(txn, r, false, forget_document, fault);
}

static int
apply_documents(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	return apply(txn, r, false, add_documents, fault);
}

static int
apply_drop(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	return apply(txn, r, false, drop_space, fault);
}

/* Nobody asks any more what came of the commands of a run that has ended. */
static int
apply_run_end(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	struct first first;
	struct key prefix;

	key_outcome(&prefix, r->head.run, NULL);
	while (store_walk(txn, STORE_MEMORY, prefix.data, prefix.len, false, first_visit, &first) != 0) {
		if (store_del(txn, STORE_MEMORY, first.key.data, first.key.len, fault) != 0)
			return fault->status;
	}
	return 0;
}

const struct store_apply memory_apply[] = {
    {RECORD_RUN_END, NULL, apply_run_end},
    {RECORD_COMMAND, "memory.put", apply_put},
    {RECORD_COMMAND, "memory.forget", apply_forget},
    {RECORD_COMMAND, "memory.forget_document", apply_forget_document},
    {RECORD_COMMAND, "memory.documents", apply_documents},
    {RECORD_COMMAND, "memory.drop", apply_drop},
    {0, NULL, NULL},
};
