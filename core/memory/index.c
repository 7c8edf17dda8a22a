/*
 * The index's file: opened, thrown away when it cannot be right, committed, closed.
 *
 * SQLite keeps a rollback journal and syncs nothing, so that a process that ends at any time leaves a file that is right, and
 * a machine that ends leaves anything.  A mark beside the file, which is synced before the first write and goes when the file
 * was closed and synced, names the boot: found with that of an other one, the file is not believed.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "memory/index_state.h"
#include "memory/postings.h"

#define FORMAT          2 /* changes with the tables, the words, the stems and the way that texts are cut */
#define COMMIT_BYTES    (64 * MIB)
#define PAGE_BYTES      4096
#define PASSAGES_UNSEEN 1000000 /* that may leave no byte in the file */

static const char *const pragmas = "PRAGMA page_size=4096; PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=OFF;"
				   "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;";

static const char schema[] =
    "BEGIN;"
    "CREATE TABLE state(applied INTEGER NOT NULL);"
    "INSERT INTO state VALUES(0);"
    "CREATE TABLE spaces(id INTEGER PRIMARY KEY, client TEXT NOT NULL, name TEXT NOT NULL, next INTEGER NOT NULL,"
    " live INTEGER NOT NULL, bytes INTEGER NOT NULL, UNIQUE(client, name));"
    "CREATE TABLE sources(id INTEGER PRIMARY KEY, space INTEGER NOT NULL, digest BLOB, key TEXT, version INTEGER,"
    " lsn INTEGER NOT NULL, title TEXT, value TEXT, first INTEGER, n INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " seen INTEGER NOT NULL, ranges BLOB);"
    "CREATE UNIQUE INDEX source_digest ON sources(space, digest) WHERE digest IS NOT NULL;"
    "CREATE UNIQUE INDEX source_key ON sources(space, key) WHERE key IS NOT NULL;"
    "CREATE INDEX source_first ON sources(space, first);";

static const char add_source[] = "INSERT INTO sources(space, digest, key, version, title, value, lsn, n, bytes, seen)"
				 " VALUES(?, ?, ?, ?, ?, ?, 0, 0, 0, ?)";
static const char source_at[] = "SELECT first, n, digest, key, version, title, value, ranges FROM sources"
				" WHERE space = ? AND first <= ? ORDER BY first DESC LIMIT 1";

static const char *const sql_of[STATEMENTS] = {
    [FIND_SPACE] = "SELECT id, next, live, bytes FROM spaces WHERE client = ? AND name = ?",
    [ADD_SPACE] = "INSERT INTO spaces(client, name, next, live, bytes) VALUES(?, ?, 1, 0, 0)",
    [SET_SPACE] = "UPDATE spaces SET next = ?, live = ?, bytes = ? WHERE id = ?",
    [FIND_DIGEST] = "SELECT id, lsn, n, bytes FROM sources WHERE space = ? AND digest = ?",
    [FIND_KEY] = "SELECT id, lsn, n, bytes FROM sources WHERE space = ? AND key = ?",
    [ADD_SOURCE] = add_source,
    [FILL_SOURCE] = "UPDATE sources SET lsn = ?, first = ?, n = ?, bytes = ?, ranges = ? WHERE id = ?",
    [DEL_SOURCE] = "DELETE FROM sources WHERE id = ?",
    [MARK_DIGEST] = "UPDATE sources SET seen = ? WHERE space = ? AND digest = ?",
    [MARK_KEY] = "UPDATE sources SET seen = ? WHERE space = ? AND key = ?",
    [SOURCE_AT] = source_at,
    [SOURCE_RANGE] = "SELECT first, n FROM sources WHERE space = ? AND digest = ?",
    [PAGES] = "PRAGMA page_count",
};

int
index_fault(struct index *x, struct fault *fault)
{
	const char *why = sqlite3_errmsg(x->db);

	switch (sqlite3_errcode(x->db) & 0xff) {
	case SQLITE_FULL:
		return fault_set(fault, HOSPES_EDISK, "cannot write the index %s: %s", x->path, why);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_NOMEM:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return fault_set(fault, HOSPES_EIO, "cannot use the index %s: %s", x->path, why);
	default: /* what is in it: a table is missing, a row is there twice */
		return fault_set(fault, HOSPES_EDAMAGED, "the index %s cannot be right: %s", x->path, why);
	}
}

int
index_damaged(struct index *x, const char *why, struct fault *fault)
{
	return fault_set(fault, HOSPES_EDAMAGED, "the index %s cannot be right: %s", x->path, why);
}

int
index_run(struct index *x, const char *sql, struct fault *fault)
{
	return sqlite3_exec(x->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : index_fault(x, fault);
}

/* NULL statements are well: SQLite answers to them with an error of its own, which index_fault tells. */
sqlite3_stmt *
index_statement(struct index *x, enum statement which)
{
	sqlite3_stmt **s = &x->statements[which];

	if (*s == NULL)
		sqlite3_prepare_v3(x->db, sql_of[which], -1, SQLITE_PREPARE_PERSISTENT, s, NULL);
	sqlite3_reset(*s);
	if (*s != NULL) /* this function alone cannot bear that there is none */
		sqlite3_clear_bindings(*s);
	return *s;
}

int
index_step(struct index *x, sqlite3_stmt *q, struct fault *fault)
{
	int rc = sqlite3_step(q) == SQLITE_DONE ? 0 : index_fault(x, fault);

	sqlite3_reset(q);
	return rc;
}

/* ---- The mark ------------------------------------------------------------------------------------------------------ */

static void
boot_id(char ret[64])
{
	_cleanup_(buf_free) struct buf id = {0};
	struct fault fault;

	if (fd_read_file("/proc/sys/kernel/random/boot_id", &id, 63, &fault) != 0)
		buf_clear(&id);
	snprintf(ret, 64, "%s", buf_text(&id));
}

static int
set_mark(struct index *x, struct fault *fault)
{
	char id[64];

	boot_id(id);
	return fd_write_file(x->mark, id, strlen(id), 0600, fault);
}

/* Whether the file, if there is one, was left by this boot or closed in order. */
static bool
mark_fits(struct index *x)
{
	_cleanup_(buf_free) struct buf found = {0};
	struct fault fault;
	char id[64];

	if (access(x->mark, F_OK) != 0)
		return true;
	boot_id(id);
	return *id != '\0' && fd_read_file(x->mark, &found, 63, &fault) == 0 && strcmp(buf_text(&found), id) == 0;
}

/* ---- Opening and closing ------------------------------------------------------------------------------------------- */

static void
close_file(struct index *x)
{
	index_forget_insert(x);
	postings_forget(x);
	for (size_t i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(x->statements[i]);
		x->statements[i] = NULL;
	}
	sqlite3_close(x->db);
	x->db = NULL;
	x->open = false;
	x->written = 0;
	x->filling.busy = false;
}

static int
open_file(struct index *x, struct fault *fault)
{
	/* Its journal gets the mode that it has. */
	int fd = open(x->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return fault_errno(fault, errno, "the index %s cannot be opened", x->path);
	close(fd);
	/* One thread at a time has it: SQLite needs no locks of its own. */
	if (sqlite3_open_v2(x->path, &x->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		return index_fault(x, fault);
	if (index_run(x, pragmas, fault) != 0)
		return fault->status;
	sqlite3_limit(x->db, SQLITE_LIMIT_LENGTH, 1 << 30);
	if (index_register_words(x->db) != SQLITE_OK)
		return fault_set(fault, HOSPES_EBUG, "this SQLite has no FTS5, which memory needs");
	return 0;
}

static int
read_format(struct index *x, struct fault *fault)
{
	_cleanup_(finalize_p) sqlite3_stmt *q = NULL;
	int found;

	if (sqlite3_prepare_v2(x->db, "SELECT user_version, applied FROM pragma_user_version, state", -1, &q, NULL) !=
		SQLITE_OK ||
	    sqlite3_step(q) != SQLITE_ROW)
		return index_fault(x, fault);
	found = sqlite3_column_int(q, 0);
	if (found != FORMAT)
		return fault_set(
		    fault, HOSPES_EDAMAGED, "the index %s has the format %d and not %d", x->path, found, FORMAT);
	x->applied = (uint64_t)sqlite3_column_int64(q, 1);
	return 0;
}

int
index_clear(struct index *x, struct fault *fault)
{
	_cleanup_(free_p) char *journal = xasprintf("%s-journal", x->path);
	char format[64];

	close_file(x);
	/* The journal first: one without its file would be played back into the next. */
	if (unlink(journal) != 0 && errno != ENOENT)
		return fault_errno(fault, errno, "cannot remove %s", journal);
	if (unlink(x->path) != 0 && errno != ENOENT)
		return fault_errno(fault, errno, "cannot remove the index %s", x->path);
	x->applied = 0;
	if (set_mark(x, fault) != 0 || open_file(x, fault) != 0 || index_run(x, schema, fault) != 0)
		return fault->status;
	snprintf(format, sizeof format, "PRAGMA user_version=%d; COMMIT", FORMAT);
	return index_run(x, format, fault);
}

/* Opens what is there. */
static int
open_found(struct index *x, struct fault *fault)
{
	if (!mark_fits(x))
		return fault_set(
		    fault, HOSPES_EDAMAGED, "the index %s was not closed before the machine went down", x->path);
	if (open_file(x, fault) != 0 || read_format(x, fault) != 0)
		return fault->status;
	return set_mark(x, fault);
}

int
index_open(struct index **ret, const char *dir, bool *ret_empty, struct fault *fault)
{
	struct index *x = xcalloc(1, sizeof *x);
	bool found;
	int rc;

	/* Nobody asks how much SQLite has allocated, and counting takes a lock each time; refused when SQLite is in use. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);

	x->dir = xstrdup(dir);
	x->path = xasprintf("%s/index.db", dir);
	x->mark = xasprintf("%s/index.open", dir);
	x->words = words_new();
	found = access(x->path, F_OK) == 0;
	rc = found ? open_found(x, fault) : HOSPES_EDAMAGED;
	*ret_empty = rc != 0;
	if (rc != 0 && found)
		log_warn("the index of memory is built anew", LOG_S("reason", fault->text));
	if (rc != 0)
		rc = index_clear(x, fault);
	if (rc != 0) {
		index_close(&x);
		return fault->status;
	}
	*ret = x;
	return 0;
}

static void
free_filling(struct filling *f)
{
	free(f->client);
	free(f->name);
	free(f->title);
	buf_free(&f->text);
	buf_free(&f->ranges);
	buf_free(&f->row);
}

void
index_close(struct index **xp)
{
	struct index *x = *xp;
	_cleanup_(close_p) int fd = -1;
	struct fault fault;
	bool clean;

	if (x == NULL)
		return;
	*xp = NULL;
	if (x->filling.busy && x->open) /* half a source: it goes with its transaction */
		sqlite3_exec(x->db, "ROLLBACK", NULL, NULL, NULL);
	else
		index_commit(x, x->applied, &fault);
	close_file(x);
	fd = open(x->path, O_RDWR | O_CLOEXEC);
	clean = fd >= 0 && fsync(fd) == 0;
	if (clean)
		unlink(x->mark);
	free_filling(&x->filling);
	words_free(&x->words);
	free(x->dir);
	free(x->path);
	free(x->mark);
	free(x);
}

/* ---- Transactions --------------------------------------------------------------------------------------------------- */

int
index_begin(struct index *x, struct fault *fault)
{
	if (x->open)
		return 0;
	if (index_run(x, "BEGIN", fault) != 0)
		return fault->status;
	x->open = true;
	x->written = 0;
	return 0;
}

bool
index_commit_due(const struct index *x)
{
	return x->open && x->written >= COMMIT_BYTES && !x->filling.busy;
}

bool
index_uncommitted(const struct index *x, uint64_t applied)
{
	return x->open || x->applied != applied;
}

bool
index_busy(const struct index *x)
{
	return x->filling.busy;
}

uint64_t
index_applied(const struct index *x)
{
	return x->applied;
}

int
index_commit(struct index *x, uint64_t applied, struct fault *fault)
{
	char sql[96];

	if (!x->open && applied == x->applied)
		return 0;
	assert(!x->filling.busy);
	if (index_begin(x, fault) != 0)
		return fault->status;
	snprintf(sql, sizeof sql, "UPDATE state SET applied = %lld; COMMIT", (long long)applied);
	if (index_run(x, sql, fault) != 0) {
		sqlite3_exec(x->db, "ROLLBACK", NULL, NULL, NULL);
		x->open = false;
		return fault->status;
	}
	x->open = false;
	x->applied = applied;
	return 0;
}

/* SQLite leaves what was deleted in pages that nothing uses.  The copy is a file, and not in memory as other temporary
 * things are: it is as large as the index. */
int
index_compact(struct index *x, struct fault *fault)
{
	if (index_commit(x, 0, fault) != 0)
		return fault->status;
	index_forget_insert(x);
	return index_run(x, "PRAGMA temp_store=FILE; VACUUM; PRAGMA temp_store=MEMORY", fault);
}

/* ---- Spaces --------------------------------------------------------------------------------------------------------- */

void
index_forget_insert(struct index *x)
{
	sqlite3_finalize(x->insert);
	x->insert = NULL;
	x->insert_space = 0;
}

static int
make_space(struct index *x, const struct memory_space *s, struct index_space *ret, struct fault *fault)
{
	sqlite3_stmt *q = index_statement(x, ADD_SPACE);
	char sql[512];

	sqlite3_bind_text(q, 1, s->client, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, s->name, -1, SQLITE_STATIC);
	if (index_step(x, q, fault) != 0)
		return fault->status;
	*ret = (struct index_space){.id = sqlite3_last_insert_rowid(x->db), .next = 1};
	/* Large pieces in memory, few and late merges: a search looks into a handful of segments either way. */
	snprintf(sql, sizeof sql,
	    "CREATE VIRTUAL TABLE ft_%lld USING fts5(words, content='', detail=none, columnsize=0, tokenize='words');"
	    "INSERT INTO ft_%lld(ft_%lld, rank) VALUES('hashsize', 4194304);"
	    "INSERT INTO ft_%lld(ft_%lld, rank) VALUES('automerge', 8)",
	    ret->id, ret->id, ret->id, ret->id, ret->id);
	return index_run(x, sql, fault);
}

static int
check_space(struct index *x, const struct index_space *s, struct fault *fault)
{
	if (s->id < 1 || s->next < 1 || s->next > UINT32_MAX || s->live < 0 || s->live >= s->next || s->bytes < 0)
		return index_damaged(x, "it counts passages that cannot be", fault);
	return 0;
}

int
index_check_next(struct index *x, const struct index_space *s, struct fault *fault)
{
	sqlite3_stmt *q = index_statement(x, PAGES);
	sqlite3_int64 pages = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;

	sqlite3_reset(q);
	return s->next <= PASSAGES_UNSEEN + pages * PAGE_BYTES
		   ? 0
		   : index_damaged(x, "it counts more passages than it has room for", fault);
}

int
index_space(struct index *x, const struct memory_space *s, bool make, struct index_space *ret, struct fault *fault)
{
	sqlite3_stmt *q = index_statement(x, FIND_SPACE);
	int rc;

	sqlite3_bind_text(q, 1, s->client, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, s->name, -1, SQLITE_STATIC);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW) {
		*ret = (struct index_space){.id = sqlite3_column_int64(q, 0),
		    .next = sqlite3_column_int64(q, 1),
		    .live = sqlite3_column_int64(q, 2),
		    .bytes = sqlite3_column_int64(q, 3)};
		sqlite3_reset(q);
		return check_space(x, ret, fault);
	}
	if (rc != SQLITE_DONE)
		return index_fault(x, fault);
	*ret = (struct index_space){0};
	return make ? make_space(x, s, ret, fault) : 0;
}

int
index_set_space(struct index *x, const struct index_space *s, struct fault *fault)
{
	sqlite3_stmt *q = index_statement(x, SET_SPACE);

	sqlite3_bind_int64(q, 1, s->next);
	sqlite3_bind_int64(q, 2, s->live);
	sqlite3_bind_int64(q, 3, s->bytes);
	sqlite3_bind_int64(q, 4, s->id);
	return index_step(x, q, fault);
}

uint64_t
index_passages(struct index *x, const struct memory_space *s)
{
	_cleanup_(finalize_p) sqlite3_stmt *q = NULL;
	struct index_space space = {0};
	struct fault fault;

	if (s != NULL) {
		index_space(x, s, false, &space, &fault);
		return (uint64_t)space.live;
	}
	sqlite3_prepare_v2(x->db, "SELECT sum(live) FROM spaces", -1, &q, NULL);
	return sqlite3_step(q) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(q, 0) : 0;
}
