/*
 * What people write, as FTS5 gets it: whatever it is, FTS5 takes it for words, and finds them where they stand.
 */

#include <string.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "fuzz.h"
#include "memory/index_state.h"
#include "memory/query.h"

static sqlite3 *db;
static sqlite3_stmt *match;

static void
open_db(void)
{
	fuzz_expect(sqlite3_open(":memory:", &db) == SQLITE_OK && index_register_words(db) == SQLITE_OK);
	fuzz_expect(sqlite3_exec(db,
			"CREATE VIRTUAL TABLE t USING fts5(words, content='', detail=none, columnsize=0, "
			"tokenize='words')",
			NULL, NULL, NULL) == SQLITE_OK);
	fuzz_expect(sqlite3_prepare_v2(db, "SELECT rowid FROM t WHERE t MATCH ?", -1, &match, NULL) == SQLITE_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_cleanup_(free_p) char *text = xstrndup((const char *)data, len);
	_cleanup_(free_p) struct query *q = xcalloc(1, sizeof *q);
	struct fault fault = {0};

	if (db == NULL)
		open_db();
	if (query_read(text, q, &fault) != 0) {
		fuzz_expect(fault.status == HOSPES_EINPUT);
		return 0;
	}
	fuzz_expect(q->n_items > 0 && q->n_items <= QUERY_WORDS && q->n_words <= QUERY_WORDS);
	for (size_t i = 0; i < q->n_items; i++) {
		_cleanup_(buf_free) struct buf words = {0};

		fuzz_expect(q->items[i].n > 0 && q->items[i].first + q->items[i].n <= q->n_words);
		query_match(q, &q->items[i], &words);
		sqlite3_reset(match);
		sqlite3_bind_text(match, 1, buf_text(&words), (int)words.len, SQLITE_STATIC);
		fuzz_expect(sqlite3_step(match) == SQLITE_DONE);
	}
	return 0;
}
