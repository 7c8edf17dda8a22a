/* FTS5: rows in, passages out. */

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/json.h"
#include "memory/documents.h"
#include "memory/index.h"
#include "memory/passage.h"

struct index {
	sqlite3 *db;
	char *dir, *path;
	bool open; /* a transaction */
};

static const char schema[] =
    "CREATE TABLE spaces(id INTEGER PRIMARY KEY, client TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(client, name));"
    "CREATE TABLE sources(id INTEGER PRIMARY KEY, space INTEGER NOT NULL, digest BLOB, key TEXT, version INTEGER,"
    " name TEXT, value TEXT, first INTEGER, last INTEGER);"
    "CREATE UNIQUE INDEX source_digest ON sources(space, digest) WHERE digest IS NOT NULL;"
    "CREATE UNIQUE INDEX source_key ON sources(space, key) WHERE key IS NOT NULL;"
    "CREATE TABLE passages(id INTEGER PRIMARY KEY, source INTEGER NOT NULL, a INTEGER, z INTEGER, ha INTEGER, hz "
    "INTEGER);";

static int
index_fault(struct index *x, struct fault *fault)
{
	int rc = sqlite3_errcode(x->db);

	if (rc == SQLITE_FULL)
		return fault_set(fault, HOSPES_EDISK, "cannot write the index %s: %s", x->path, sqlite3_errmsg(x->db));
	return fault_set(fault, HOSPES_EIO, "cannot use the index %s: %s", x->path, sqlite3_errmsg(x->db));
}

static int
run(struct index *x, const char *sql, struct fault *fault)
{
	if (sqlite3_exec(x->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return index_fault(x, fault);
	return 0;
}

static void
finalize_p(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}

static sqlite3_stmt *
prepare(struct index *x, const char *sql)
{
	sqlite3_stmt *s = NULL;

	sqlite3_prepare_v2(x->db, sql, -1, &s, NULL);
	return s;
}

static int
begin(struct index *x, struct fault *fault)
{
	if (x->open)
		return 0;
	if (run(x, "BEGIN", fault) != 0)
		return fault->status;
	x->open = true;
	return 0;
}

int
index_commit(struct index *x, struct fault *fault)
{
	if (!x->open)
		return 0;
	x->open = false;
	return run(x, "COMMIT", fault);
}

int
index_clear(struct index *x, struct fault *fault)
{
	sqlite3_close(x->db);
	x->db = NULL;
	x->open = false;
	unlink(x->path);
	if (sqlite3_open(x->path, &x->db) != SQLITE_OK)
		return index_fault(x, fault);
	if (run(x, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE", fault) != 0)
		return fault->status;
	return run(x, schema, fault);
}

int
index_open(struct index **ret, const char *dir, struct fault *fault)
{
	struct index *x = xcalloc(1, sizeof *x);

	x->dir = xstrdup(dir);
	x->path = xasprintf("%s/index.db", dir);
	if (index_clear(x, fault) != 0) {
		index_close(&x);
		return fault->status;
	}
	*ret = x;
	return 0;
}

void
index_close(struct index **xp)
{
	struct index *x = *xp;

	if (x == NULL)
		return;
	*xp = NULL;
	sqlite3_close(x->db);
	free(x->dir);
	free(x->path);
	free(x);
}

static int
space_id(struct index *x, const struct memory_space *s, bool make, sqlite3_int64 *ret, struct fault *fault)
{
	_cleanup_(finalize_p) sqlite3_stmt *q = prepare(x, "SELECT id FROM spaces WHERE client = ? AND name = ?");
	_cleanup_(finalize_p) sqlite3_stmt *add = prepare(x, "INSERT INTO spaces(client, name) VALUES(?, ?)");
	char sql[256];

	sqlite3_bind_text(q, 1, s->client, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, s->name, -1, SQLITE_STATIC);
	if (sqlite3_step(q) == SQLITE_ROW) {
		*ret = sqlite3_column_int64(q, 0);
		return 0;
	}
	*ret = 0;
	if (!make)
		return 0;
	sqlite3_bind_text(add, 1, s->client, -1, SQLITE_STATIC);
	sqlite3_bind_text(add, 2, s->name, -1, SQLITE_STATIC);
	if (sqlite3_step(add) != SQLITE_DONE)
		return index_fault(x, fault);
	*ret = sqlite3_last_insert_rowid(x->db);
	snprintf(sql, sizeof sql,
	    "CREATE VIRTUAL TABLE ft_%lld USING fts5(head, body, content='', tokenize='porter unicode61 "
	    "remove_diacritics 2')",
	    *ret);
	return run(x, sql, fault);
}

struct filling {
	struct index *x;
	struct fault *fault;
	sqlite3_stmt *row, *ft;
	sqlite3_int64 source;
	const char *text, *name;
	sqlite3_int64 first, last;
};

static int
add_passage(const struct passage *p, void *arg)
{
	struct filling *f = arg;
	_cleanup_(buf_free) struct buf head = {0};
	sqlite3_int64 id;

	sqlite3_reset(f->row);
	sqlite3_bind_int64(f->row, 1, f->source);
	sqlite3_bind_int64(f->row, 2, (sqlite3_int64)p->from);
	sqlite3_bind_int64(f->row, 3, (sqlite3_int64)p->to);
	sqlite3_bind_int64(f->row, 4, (sqlite3_int64)p->heading_from);
	sqlite3_bind_int64(f->row, 5, (sqlite3_int64)p->heading_to);
	if (sqlite3_step(f->row) != SQLITE_DONE)
		return index_fault(f->x, f->fault);
	id = sqlite3_last_insert_rowid(f->x->db);
	buf_appends(&head, f->name);
	buf_appends(&head, " ");
	buf_append(&head, f->text + p->heading_from, p->heading_to - p->heading_from);
	sqlite3_reset(f->ft);
	sqlite3_bind_int64(f->ft, 1, id);
	sqlite3_bind_text(f->ft, 2, (char *)head.data, (int)head.len, SQLITE_STATIC);
	sqlite3_bind_text(f->ft, 3, f->text + p->from, (int)(p->to - p->from), SQLITE_STATIC);
	if (sqlite3_step(f->ft) != SQLITE_DONE)
		return index_fault(f->x, f->fault);
	if (f->first == 0)
		f->first = id;
	f->last = id;
	return 0;
}

static int
fill(struct index *x, sqlite3_int64 space, sqlite3_int64 source, const char *name, const char *text, size_t len,
    struct fault *fault)
{
	_cleanup_(finalize_p) sqlite3_stmt *row =
	    prepare(x, "INSERT INTO passages(source, a, z, ha, hz) VALUES(?, ?, ?, ?, ?)");
	_cleanup_(finalize_p) sqlite3_stmt *ft = NULL, *ends = NULL;
	struct filling f = {.x = x, .fault = fault, .row = row, .source = source, .name = name, .text = text};
	char sql[128];

	snprintf(sql, sizeof sql, "INSERT INTO ft_%lld(rowid, head, body) VALUES(?, ?, ?)", space);
	f.ft = ft = prepare(x, sql);
	if (passages_cut(text, len, add_passage, &f) != 0)
		return fault->status;
	ends = prepare(x, "UPDATE sources SET first = ?, last = ? WHERE id = ?");
	sqlite3_bind_int64(ends, 1, f.first);
	sqlite3_bind_int64(ends, 2, f.last);
	sqlite3_bind_int64(ends, 3, source);
	return sqlite3_step(ends) == SQLITE_DONE ? 0 : index_fault(x, fault);
}

static int
forget(struct index *x, sqlite3_stmt *find, struct fault *fault)
{
	_cleanup_(finalize_p) sqlite3_stmt *rows = prepare(x, "DELETE FROM passages WHERE id BETWEEN ? AND ?");
	_cleanup_(finalize_p) sqlite3_stmt *one = prepare(x, "DELETE FROM sources WHERE id = ?");

	if (sqlite3_step(find) != SQLITE_ROW)
		return 0;
	sqlite3_bind_int64(rows, 1, sqlite3_column_int64(find, 1));
	sqlite3_bind_int64(rows, 2, sqlite3_column_int64(find, 2));
	sqlite3_bind_int64(one, 1, sqlite3_column_int64(find, 0));
	if (sqlite3_step(rows) != SQLITE_DONE || sqlite3_step(one) != SQLITE_DONE)
		return index_fault(x, fault);
	return 0;
}

int
index_forget_value(struct index *x, const struct memory_space *s, const char *key, struct fault *fault)
{
	_cleanup_(finalize_p) sqlite3_stmt *find =
	    prepare(x, "SELECT id, first, last FROM sources WHERE space = ? AND key = ?");
	sqlite3_int64 space;

	if (begin(x, fault) != 0 || space_id(x, s, false, &space, fault) != 0)
		return fault->status;
	sqlite3_bind_int64(find, 1, space);
	sqlite3_bind_text(find, 2, key, -1, SQLITE_STATIC);
	return forget(x, find, fault);
}

int
index_forget_document(struct index *x, const struct memory_space *s, const uint8_t digest[DIGEST], struct fault *fault)
{
	_cleanup_(finalize_p) sqlite3_stmt *find =
	    prepare(x, "SELECT id, first, last FROM sources WHERE space = ? AND digest = ?");
	sqlite3_int64 space;

	if (begin(x, fault) != 0 || space_id(x, s, false, &space, fault) != 0)
		return fault->status;
	sqlite3_bind_int64(find, 1, space);
	sqlite3_bind_blob(find, 2, digest, DIGEST, SQLITE_STATIC);
	return forget(x, find, fault);
}

int
index_value(struct index *x, const struct memory_space *s, const char *key, uint64_t version, const void *json,
    size_t len, struct fault *fault)
{
	_cleanup_(json_p) json_t *value = json_read(json, len, "a value", fault);
	_cleanup_(finalize_p) sqlite3_stmt *add =
	    prepare(x, "INSERT INTO sources(space, key, version, value) VALUES(?, ?, ?, ?)");
	_cleanup_(free_p) char *text = NULL;
	sqlite3_int64 space;

	if (value == NULL || index_forget_value(x, s, key, fault) != 0 || space_id(x, s, true, &space, fault) != 0)
		return fault->status;
	text = json_is_string(value) ? xstrdup(json_string_value(value)) : json_text(value);
	sqlite3_bind_int64(add, 1, space);
	sqlite3_bind_text(add, 2, key, -1, SQLITE_STATIC);
	sqlite3_bind_int64(add, 3, (sqlite3_int64)version);
	sqlite3_bind_text(add, 4, text, -1, SQLITE_STATIC);
	if (sqlite3_step(add) != SQLITE_DONE)
		return index_fault(x, fault);
	return fill(x, space, sqlite3_last_insert_rowid(x->db), key, text, strlen(text), fault);
}

int
index_document(
    struct index *x, const struct memory_space *s, const uint8_t digest[DIGEST], const char *name, struct fault *fault)
{
	_cleanup_(finalize_p) sqlite3_stmt *add =
	    prepare(x, "INSERT INTO sources(space, digest, name) VALUES(?, ?, ?)");
	_cleanup_(buf_free) struct buf text = {0};
	sqlite3_int64 space;

	if (index_forget_document(x, s, digest, fault) != 0 || space_id(x, s, true, &space, fault) != 0 ||
	    documents_read(x->dir, digest, 0, UINT64_MAX, &text, fault) != 0)
		return fault->status;
	sqlite3_bind_int64(add, 1, space);
	sqlite3_bind_blob(add, 2, digest, DIGEST, SQLITE_STATIC);
	sqlite3_bind_text(add, 3, name, -1, SQLITE_STATIC);
	if (sqlite3_step(add) != SQLITE_DONE)
		return index_fault(x, fault);
	return fill(x, space, sqlite3_last_insert_rowid(x->db), name, (char *)text.data, text.len, fault);
}

int
index_drop(struct index *x, const struct memory_space *s, struct fault *fault)
{
	sqlite3_int64 space;
	char sql[512];

	if (begin(x, fault) != 0 || space_id(x, s, false, &space, fault) != 0)
		return fault->status;
	if (space == 0)
		return 0;
	snprintf(sql, sizeof sql,
	    "DELETE FROM passages WHERE source IN (SELECT id FROM sources WHERE space = %lld);"
	    "DELETE FROM sources WHERE space = %lld; DELETE FROM spaces WHERE id = %lld; DROP TABLE ft_%lld;",
	    space, space, space, space);
	return run(x, sql, fault);
}

int
index_passages(struct index *x, const struct memory_space *s, uint64_t *ret, struct fault *fault)
{
	_cleanup_(finalize_p) sqlite3_stmt *q =
	    prepare(x, "SELECT sum(last - first + 1) FROM sources WHERE space = ? AND first > 0");
	sqlite3_int64 space;

	if (space_id(x, s, false, &space, fault) != 0)
		return fault->status;
	sqlite3_bind_int64(q, 1, space);
	if (sqlite3_step(q) != SQLITE_ROW)
		return index_fault(x, fault);
	*ret = (uint64_t)sqlite3_column_int64(q, 0);
	return 0;
}

static bool
is_within(const json_t *within, const char *digest)
{
	const json_t *d;
	size_t i;

	json_array_foreach(within, i, d)
	{
		if (json_is_string(d) && strcmp(json_string_value(d), digest) == 0)
			return true;
	}
	return false;
}

static int
add_text(struct index *x, json_t *hit, const uint8_t *digest, const char *name, uint64_t from, uint64_t to,
    const char *member, struct fault *fault)
{
	_cleanup_(buf_free) struct buf text = {0};

	(void)name;
	if (from == to)
		return 0;
	if (documents_read(x->dir, digest, from, to, &text, fault) != 0)
		return fault->status;
	json_object_set_new(hit, member, json_stringn((char *)text.data, text.len));
	return 0;
}

static json_t *
hit_of(struct index *x, sqlite3_stmt *q, const struct index_query *query, struct fault *fault)
{
	sqlite3_int64 from = sqlite3_column_int64(q, 1), to = sqlite3_column_int64(q, 2);
	double score = -sqlite3_column_double(q, 0);
	const uint8_t *digest = sqlite3_column_blob(q, 5);
	char hex[DIGEST_TEXT];
	json_t *hit;

	if (digest == NULL) {
		if (query->within != NULL)
			return NULL;
		return json_pack("{s:s, s:I, s:o, s:f}", "key", sqlite3_column_text(q, 6), "version",
		    sqlite3_column_int64(q, 7), "text",
		    json_stringn((const char *)sqlite3_column_text(q, 9) + from, (size_t)(to - from)), "score", score);
	}
	digest_text(digest, hex);
	if (query->within != NULL && !is_within(query->within, hex))
		return NULL;
	hit = json_pack(
	    "{s:s, s:s, s:I, s:I}", "document", sqlite3_column_text(q, 8), "digest", hex, "from", from, "to", to);
	if (add_text(x, hit, digest, NULL, (uint64_t)sqlite3_column_int64(q, 3), (uint64_t)sqlite3_column_int64(q, 4),
		"heading", fault) != 0 ||
	    add_text(x, hit, digest, NULL, (uint64_t)from, (uint64_t)to, "text", fault) != 0) {
		json_decref(hit);
		return NULL;
	}
	json_object_set_new(hit, "score", json_real(score));
	return hit;
}

static size_t
count_of(const json_t *found, const json_t *hit)
{
	const char *digest = json_string_value(json_object_get(hit, "digest"));
	const json_t *other;
	size_t i, n = 0;

	json_array_foreach(found, i, other)
	{
		const char *d = json_string_value(json_object_get(other, "digest"));

		n += digest != NULL && d != NULL && strcmp(d, digest) == 0 ? 1 : 0;
	}
	return n;
}

int
index_search(
    struct index *x, const struct memory_space *s, const struct index_query *query, json_t *found, struct fault *fault)
{
	_cleanup_(finalize_p) sqlite3_stmt *q = NULL;
	struct fault why = {0};
	sqlite3_int64 space;
	char sql[512];
	int rc;

	if (space_id(x, s, false, &space, fault) != 0)
		return fault->status;
	if (space == 0)
		return 0;
	snprintf(sql, sizeof sql,
	    "SELECT bm25(ft_%lld, 1.5, 1.0) AS score, a, z, ha, hz, digest, key, version, s.name, value FROM ft_%lld f"
	    " JOIN passages p ON p.id = f.rowid JOIN sources s ON s.id = p.source"
	    " WHERE ft_%lld MATCH ? ORDER BY score, digest, key, a",
	    space, space, space);
	q = prepare(x, sql);
	sqlite3_bind_text(q, 1, query->match, -1, SQLITE_STATIC);
	while (json_array_size(found) < query->most && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		json_t *hit = hit_of(x, q, query, &why);

		if (why.status != 0)
			return fault_set(fault, why.status, "%s", why.text);
		if (hit != NULL && query->most_each > 0 && count_of(found, hit) >= query->most_each)
			json_decref(hit);
		else if (hit != NULL)
			json_array_append_new(found, hit);
	}
	if (q == NULL || (json_array_size(found) < query->most && rc != SQLITE_DONE))
		return index_fault(x, fault);
	return 0;
}
