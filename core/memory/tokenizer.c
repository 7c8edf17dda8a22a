/*
 * FTS5's tokenizer, on top of words.h.  A word that a passage has had is not given again: the index keeps no counts.
 */

#include "memory/index_state.h"

static int
words_create(void *arg, const char **argv, int argc, Fts5Tokenizer **ret)
{
	(void)arg, (void)argv, (void)argc;
	*ret = (Fts5Tokenizer *)words_new();
	return SQLITE_OK;
}

static void
words_delete(Fts5Tokenizer *t)
{
	struct words *words = (struct words *)t;

	words_free(&words);
}

static int
words_tokenize(Fts5Tokenizer *t, void *arg, int flags, const char *text, int len,
    int (*token)(void *, int, const char *, int, int, int))
{
	struct words *words = (struct words *)t;
	struct word w;
	size_t at = 0;
	int rc = SQLITE_OK;

	(void)flags;
	words_begin(words);
	while (rc == SQLITE_OK && words_next(words, text, (size_t)len, &at, &w))
		if (!w.again)
			rc = token(arg, 0, w.stem, (int)w.len, (int)w.from, (int)w.to);
	return rc;
}

int
index_register_words(sqlite3 *db)
{
	fts5_tokenizer words = {.xCreate = words_create, .xDelete = words_delete, .xTokenize = words_tokenize};
	_cleanup_(finalize_p) sqlite3_stmt *q = NULL;
	fts5_api *api = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &q, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_pointer(q, 1, &api, "fts5_api_ptr", NULL);
	sqlite3_step(q);
	if (api == NULL)
		return SQLITE_ERROR;
	return api->xCreateTokenizer(api, "words", NULL, &words, NULL);
}
