/*
 * Spaces in the store: the keys of STORE_MEMORY and what is under them.
 *
 *   S client 0 space                   struct space_entry
 *   K client 0 space 0 key             struct value_entry, then the JSON text
 *   D client 0 space 0 digest          struct document_entry, then the media type, a zero and the name
 *   N client 0 space 0 name 0 digest   nothing: the order of names
 *   F digest                           uint64_t: in how many spaces the document is
 *   R                                  struct outcome[OUTCOMES]: of the last commands, so that whoever appended one learns
 *                                      what came of it
 *   O run seq                          struct outcome: of a command of a run that has not ended, by its number in the run
 *
 * A name of more than NAME_ORDER bytes is ordered by that many.  Digests are 32 bytes here.
 */

#ifndef MEMORY_SPACES_H
#define MEMORY_SPACES_H

#include "memory/memory.h"

#define DIGEST       32
#define DIGEST_TEXT  65 /* with the zero */
#define CLIENT_MAX   64
#define DOCUMENT_MAX 1024 /* bytes of a document's name */
#define MEDIA_MAX    127
#define NAME_ORDER   300
#define OUTCOMES     64

struct space_entry {
	uint64_t keys, documents, bytes; /* bytes of both */
};
static_assert(sizeof(struct space_entry) == 24, "space_entry");

struct value_entry {
	uint64_t version;
	uint64_t lsn; /* of the last writer */
};
static_assert(sizeof(struct value_entry) == 16, "value_entry");

struct document_entry {
	uint64_t bytes;
	uint64_t lsn;
};
static_assert(sizeof(struct document_entry) == 16, "document_entry");

struct outcome {
	uint64_t lsn;
	int64_t status;
	uint64_t a, b; /* put: version, 0; forget: 0 or 1, 0; drop: keys, documents */
};
static_assert(sizeof(struct outcome) == 32, "outcome");

struct key {
	size_t len;
	uint8_t data[STORE_KEY_MAX];
};

bool client_valid(const char *client);
bool document_name_valid(const char *name, size_t len);
bool media_valid(const char *media);

void key_space(struct key *k, const struct memory_space *s);
void key_spaces(struct key *k, const char *client);                           /* prefix of all spaces of a client */
void key_value(struct key *k, const struct memory_space *s, const char *key); /* "": the prefix of all */
void key_document(struct key *k, const struct memory_space *s, const uint8_t digest[DIGEST]); /* NULL: prefix */
void key_name(struct key *k, const struct memory_space *s, const char *name, const uint8_t digest[DIGEST]);
void key_names(struct key *k, const struct memory_space *s);
void key_file(struct key *k, const uint8_t digest[DIGEST]); /* NULL: the prefix of all */
void key_outcomes(struct key *k);
void key_outcome(struct key *k, const uint8_t run[16], const uint32_t *seq); /* NULL: the prefix of all of the run */

bool digest_read(const char *text, uint8_t ret[DIGEST]); /* 64 hexadecimal digits, small ones */
void digest_text(const uint8_t digest[DIGEST], char ret[DIGEST_TEXT]);

struct document_view {
	struct document_entry entry;
	const char *media, *name; /* zero-terminated; media may be "" */
};

/* Looks into an entry; false when it is not one (damage). */
bool document_view(const void *data, size_t len, struct document_view *ret);

bool space_get(struct store_txn *txn, const struct memory_space *s, struct space_entry *ret);
bool document_get(
    struct store_txn *txn, const struct memory_space *s, const uint8_t digest[DIGEST], struct document_view *ret);
uint64_t outcome_newest(struct store_txn *txn); /* LSN of the last command that was applied; 0: none */
bool outcome_get(struct store_txn *txn, uint64_t lsn, struct outcome *ret);
bool outcome_of_run(struct store_txn *txn, const uint8_t run[16], uint32_t seq, struct outcome *ret);

#endif
