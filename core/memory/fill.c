/*
 * Rows in: values and documents become passages, and go.
 */

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "memory/documents.h"
#include "memory/index_state.h"
#include "memory/postings.h"

struct found {
	sqlite3_int64 id; /* 0: it is not there */
	sqlite3_int64 lsn, n, bytes;
};

static int
find(struct index *x, sqlite3_int64 space, const char *key, const uint8_t *digest, struct found *ret,
    struct fault *fault)
{
	sqlite3_stmt *q = index_statement(x, key != NULL ? FIND_KEY : FIND_DIGEST);
	int rc;

	sqlite3_bind_int64(q, 1, space);
	if (key != NULL)
		sqlite3_bind_text(q, 2, key, -1, SQLITE_STATIC);
	else
		sqlite3_bind_blob(q, 2, digest, DIGEST, SQLITE_STATIC);
	rc = sqlite3_step(q);
	*ret = (struct found){0};
	if (rc == SQLITE_ROW)
		*ret = (struct found){.id = sqlite3_column_int64(q, 0),
		    .lsn = sqlite3_column_int64(q, 1),
		    .n = sqlite3_column_int64(q, 2),
		    .bytes = sqlite3_column_int64(q, 3)};
	else if (rc != SQLITE_DONE)
		return index_fault(x, fault);
	sqlite3_reset(q);
	return 0;
}

static int
remove_source(struct index *x, struct index_space *space, const struct found *found, struct fault *fault)
{
	sqlite3_stmt *q = index_statement(x, DEL_SOURCE);

	if (found->id == 0)
		return 0;
	sqlite3_bind_int64(q, 1, found->id);
	if (index_step(x, q, fault) != 0)
		return fault->status;
	space->live -= found->n;
	space->bytes -= found->bytes;
	return index_set_space(x, space, fault);
}

static int
forget(struct index *x, const struct memory_space *s, const char *key, const uint8_t *digest, struct fault *fault)
{
	struct index_space space;
	struct found found;

	if (index_begin(x, fault) != 0 || index_space(x, s, false, &space, fault) != 0)
		return fault->status;
	if (space.id == 0)
		return 0;
	if (find(x, space.id, key, digest, &found, fault) != 0)
		return fault->status;
	return remove_source(x, &space, &found, fault);
}

int
index_forget_value(struct index *x, const struct memory_space *s, const char *key, struct fault *fault)
{
	return forget(x, s, key, NULL, fault);
}

int
index_forget_document(struct index *x, const struct memory_space *s, const uint8_t digest[DIGEST], struct fault *fault)
{
	return forget(x, s, NULL, digest, fault);
}

/* ---- Filling in ----------------------------------------------------------------------------------------------------- */

static int
begin_source(
    struct index *x, const char *key, const uint8_t *digest, uint64_t version, const char *value, struct fault *fault)
{
	sqlite3_stmt *q = index_statement(x, ADD_SOURCE);
	struct filling *f = &x->filling;

	sqlite3_bind_int64(q, 1, f->space.id);
	if (digest != NULL) {
		sqlite3_bind_blob(q, 2, digest, DIGEST, SQLITE_STATIC);
	} else {
		sqlite3_bind_text(q, 3, key, -1, SQLITE_STATIC);
		sqlite3_bind_int64(q, 4, (sqlite3_int64)version);
		sqlite3_bind_text(q, 6, value, (int)f->text.len, SQLITE_STATIC);
	}
	sqlite3_bind_text(q, 5, f->title, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 7, x->generation);
	if (index_step(x, q, fault) != 0)
		return fault->status;
	f->source = sqlite3_last_insert_rowid(x->db);
	f->first = f->space.next;
	f->bytes = 0;
	buf_clear(&f->ranges);
	cutter_init(&f->cutter, (const char *)f->text.data, f->text.len);
	f->busy = true;
	return 0;
}

static sqlite3_stmt *
insert_into(struct index *x, sqlite3_int64 space)
{
	char sql[96];

	if (x->insert_space != space) {
		index_forget_insert(x);
		snprintf(sql, sizeof sql, "INSERT INTO ft_%lld(rowid, words) VALUES(?, ?)", space);
		sqlite3_prepare_v3(x->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &x->insert, NULL);
		x->insert_space = space;
	}
	return x->insert;
}

/* A passage is found by its own words, its heading and the name of what it stands in. */
static int
add_passage(struct index *x, const struct passage *p, struct fault *fault)
{
	struct filling *f = &x->filling;
	struct range range = {.from = (uint32_t)p->from,
	    .to = (uint32_t)p->to,
	    .heading_from = (uint32_t)p->heading_from,
	    .heading_to = (uint32_t)p->heading_to};
	sqlite3_stmt *q = insert_into(x, f->space.id);

	buf_clear(&f->row);
	buf_append(&f->row, f->text.data + p->from, p->to - p->from);
	buf_append(&f->row, "\n", 1);
	buf_append(&f->row, f->text.data + p->heading_from, p->heading_to - p->heading_from);
	buf_append(&f->row, "\n", 1);
	buf_appends(&f->row, f->title);
	sqlite3_bind_int64(q, 1, f->space.next++);
	sqlite3_bind_text(q, 2, (const char *)f->row.data, (int)f->row.len, SQLITE_STATIC);
	if (index_step(x, q, fault) != 0)
		return fault->status;
	buf_append(&f->ranges, &range, sizeof range);
	f->bytes += (sqlite3_int64)(p->to - p->from);
	return 0;
}

static int
end_source(struct index *x, struct fault *fault)
{
	sqlite3_stmt *q = index_statement(x, FILL_SOURCE);
	struct filling *f = &x->filling;
	sqlite3_int64 n = (sqlite3_int64)(f->ranges.len / sizeof(struct range));

	f->busy = false;
	postings_forget(x);
	f->space.live += n;
	f->space.bytes += f->bytes;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)f->lsn);
	sqlite3_bind_int64(q, 2, f->first);
	sqlite3_bind_int64(q, 3, n);
	sqlite3_bind_int64(q, 4, f->bytes);
	sqlite3_bind_blob(q, 5, f->ranges.data, (int)f->ranges.len, SQLITE_STATIC);
	sqlite3_bind_int64(q, 6, f->source);
	if (index_step(x, q, fault) != 0 || index_set_space(x, &f->space, fault) != 0)
		return fault->status;
	if (f->text.cap > MIB) { /* an unusual one is not kept */
		buf_free(&f->text);
		buf_free(&f->ranges);
	}
	return 0;
}

/* 1: there is more to do than there was time for. */
static int
fill(struct index *x, int64_t until_ns, struct fault *fault)
{
	struct filling *f = &x->filling;
	struct passage p;
	unsigned n = 0;

	while (cutter_next(&f->cutter, &p)) {
		if (add_passage(x, &p, fault) != 0) {
			f->busy = false;
			return fault->status;
		}
		if (++n % 32 == 0 && until_ns != 0 && clock_mono_ns() >= until_ns)
			return 1;
	}
	x->written += f->text.len;
	return end_source(x, fault);
}

/* What the index had of the source goes; 1: it has this or a later one. */
static int
replace(struct index *x, const struct memory_space *s, const char *key, const uint8_t *digest, uint64_t lsn,
    struct fault *fault)
{
	struct filling *f = &x->filling;
	struct found found;

	assert(!f->busy);
	if (index_begin(x, fault) != 0 || index_space(x, s, true, &f->space, fault) != 0 ||
	    find(x, f->space.id, key, digest, &found, fault) != 0)
		return fault->status;
	if (found.id != 0 && (uint64_t)found.lsn >= lsn)
		return 1;
	f->lsn = lsn;
	return remove_source(x, &f->space, &found, fault);
}

static void
set_title(struct filling *f, const char *title)
{
	free(f->title);
	f->title = xstrdup(title);
}

int
index_value(struct index *x, const struct memory_space *s, const char *key, const struct value_entry *entry,
    const void *json, size_t len, struct fault *fault)
{
	int rc = replace(x, s, key, NULL, entry->lsn, fault);
	_cleanup_(json_p) json_t *value = NULL;
	struct filling *f = &x->filling;

	if (rc != 0)
		return rc > 0 ? 0 : rc;
	value = json_read(json, len, "a value", fault);
	if (value == NULL)
		return fault->status;
	buf_clear(&f->text);
	if (json_is_string(value))
		buf_append(&f->text, json_string_value(value), json_string_length(value));
	else
		buf_append(&f->text, json, len);
	set_title(f, key);
	rc = begin_source(x, key, NULL, entry->version, buf_text(&f->text), fault);
	return rc != 0 ? rc : fill(x, 0, fault);
}

int
index_document(struct index *x, const struct memory_space *s, const uint8_t digest[DIGEST], const char *name,
    uint64_t lsn, int64_t until_ns, struct fault *fault)
{
	_cleanup_(close_p) int fd = -1;
	struct filling *f = &x->filling;
	int rc;

	if (f->busy)
		return fill(x, until_ns, fault);
	rc = replace(x, s, NULL, digest, lsn, fault);
	if (rc != 0)
		return rc > 0 ? 0 : rc;
	buf_clear(&f->text);
	rc = documents_open(x->dir, digest, &fd, fault);
	if (rc == 0)
		rc = documents_read(fd, 0, UINT64_MAX, &f->text, fault);
	if (rc != 0)
		return rc;
	set_title(f, name);
	rc = begin_source(x, NULL, digest, 0, NULL, fault);
	return rc != 0 ? rc : fill(x, until_ns, fault);
}

/* ---- All of a space ------------------------------------------------------------------------------------------------- */

static int
drop_table(struct index *x, const struct index_space *space, struct fault *fault)
{
	char sql[96];

	index_forget_insert(x);
	postings_forget(x); /* another space may get its number */
	snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS ft_%lld", space->id);
	return index_run(x, sql, fault);
}

int
index_drop(struct index *x, const struct memory_space *s, struct fault *fault)
{
	struct index_space space;
	char sql[128];

	if (index_begin(x, fault) != 0 || index_space(x, s, false, &space, fault) != 0)
		return fault->status;
	if (space.id == 0)
		return 0;
	snprintf(sql, sizeof sql, "DELETE FROM sources WHERE space = %lld; DELETE FROM spaces WHERE id = %lld",
	    space.id, space.id);
	return index_run(x, sql, fault) != 0 ? fault->status : drop_table(x, &space, fault);
}

bool
index_worn(struct index *x, const struct memory_space *s)
{
	struct index_space space;
	struct fault fault;

	return index_space(x, s, false, &space, &fault) == 0 && space.id != 0 &&
	       space.next - 1 - space.live > space.live + 1000;
}

/* ---- Comparing with the store ---------------------------------------------------------------------------------------- */

int
index_compare_begin(struct index *x, struct fault *fault)
{
	x->generation = clock_real_ns();
	return index_begin(x, fault);
}

int
index_mark(
    struct index *x, const struct memory_space *s, const char *key, const uint8_t digest[DIGEST], struct fault *fault)
{
	sqlite3_stmt *q = index_statement(x, key != NULL ? MARK_KEY : MARK_DIGEST);
	struct index_space space;

	if (index_begin(x, fault) != 0 || index_space(x, s, false, &space, fault) != 0)
		return fault->status;
	sqlite3_bind_int64(q, 1, x->generation);
	sqlite3_bind_int64(q, 2, space.id);
	if (key != NULL)
		sqlite3_bind_text(q, 3, key, -1, SQLITE_STATIC);
	else
		sqlite3_bind_blob(q, 3, digest, DIGEST, SQLITE_STATIC);
	return index_step(x, q, fault);
}

int
index_compare_end(struct index *x, const struct memory_space *s, struct fault *fault)
{
	struct index_space space = {0};
	char sql[512], of[64] = "";

	if (index_begin(x, fault) != 0 || (s != NULL && index_space(x, s, false, &space, fault) != 0))
		return fault->status;
	if (s != NULL)
		snprintf(of, sizeof of, " AND space = %lld", space.id);
	snprintf(sql, sizeof sql,
	    "DELETE FROM sources WHERE seen <> %lld%s; UPDATE spaces SET"
	    " live = (SELECT coalesce(sum(n), 0) FROM sources WHERE sources.space = spaces.id),"
	    " bytes = (SELECT coalesce(sum(bytes), 0) FROM sources WHERE sources.space = spaces.id)",
	    (long long)x->generation, of);
	return index_run(x, sql, fault);
}
