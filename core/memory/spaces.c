/* Names, keys and entries of spaces. */

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "memory/spaces.h"

bool
memory_name_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len >= 1 && len <= 64 && name[len] == '\0' && name[0] >= 'a' && name[0] <= 'z' &&
	       strcmp(name, MEMORY_SOURCES) != 0;
}

static bool
has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	return false;
}

bool
memory_key_valid(const char *key)
{
	size_t len = strnlen(key, MEMORY_KEY_MAX + 1);

	return len >= 1 && len <= MEMORY_KEY_MAX && !has_control(key, len) && utf8_valid(key, len);
}

bool
client_valid(const char *client)
{
	size_t len = strnlen(client, CLIENT_MAX + 1);

	return len >= 1 && len <= CLIENT_MAX && !has_control(client, len);
}

bool
document_name_valid(const char *name, size_t len)
{
	return len >= 1 && len <= DOCUMENT_MAX && !has_control(name, len) && utf8_valid(name, len);
}

bool
media_valid(const char *media)
{
	size_t len = strnlen(media, MEDIA_MAX + 1);

	return len >= 1 && len <= MEDIA_MAX && !has_control(media, len) && utf8_valid(media, len);
}

static void
add(struct key *k, const void *data, size_t len)
{
	assert(k->len + len <= sizeof k->data); /* all parts were bounded when they came in */
	memcpy(k->data + k->len, data, len);
	k->len += len;
}

static void
begin(struct key *k, char kind, const struct memory_space *s)
{
	k->len = 0;
	add(k, &kind, 1);
	add(k, s->client, strlen(s->client) + 1);
	add(k, s->name, strlen(s->name));
}

void
key_space(struct key *k, const struct memory_space *s)
{
	begin(k, 'S', s);
}

void
key_spaces(struct key *k, const char *client)
{
	k->len = 0;
	add(k, "S", 1);
	if (client != NULL)
		add(k, client, strlen(client) + 1);
}

void
key_value(struct key *k, const struct memory_space *s, const char *key)
{
	begin(k, 'K', s);
	add(k, "", 1);
	add(k, key, strlen(key));
}

void
key_document(struct key *k, const struct memory_space *s, const uint8_t digest[DIGEST])
{
	begin(k, 'D', s);
	add(k, "", 1);
	if (digest != NULL)
		add(k, digest, DIGEST);
}

void
key_names(struct key *k, const struct memory_space *s)
{
	begin(k, 'N', s);
	add(k, "", 1);
}

void
key_name(struct key *k, const struct memory_space *s, const char *name, const uint8_t digest[DIGEST])
{
	key_names(k, s);
	add(k, name, strnlen(name, NAME_ORDER));
	add(k, "", 1);
	add(k, digest, DIGEST);
}

void
key_file(struct key *k, const uint8_t digest[DIGEST])
{
	k->len = 0;
	add(k, "F", 1);
	if (digest != NULL)
		add(k, digest, DIGEST);
}

void
key_outcomes(struct key *k)
{
	k->len = 0;
	add(k, "R", 1);
}

void
key_outcome(struct key *k, const uint8_t run[16], const uint32_t *seq)
{
	k->len = 0;
	add(k, "O", 1);
	add(k, run, 16);
	if (seq != NULL)
		add(k, seq, sizeof *seq);
}

bool
digest_read(const char *text, uint8_t ret[DIGEST])
{
	size_t len;

	if (text == NULL || strlen(text) != DIGEST_TEXT - 1 || strspn(text, "0123456789abcdef") != DIGEST_TEXT - 1)
		return false;
	return sodium_hex2bin(ret, DIGEST, text, DIGEST_TEXT - 1, NULL, &len, NULL) == 0 && len == DIGEST;
}

void
digest_text(const uint8_t digest[DIGEST], char ret[DIGEST_TEXT])
{
	sodium_bin2hex(ret, DIGEST_TEXT, digest, DIGEST);
}

bool
document_view(const void *data, size_t len, struct document_view *ret)
{
	const char *text = (const char *)data + sizeof ret->entry, *end = (const char *)data + len;
	const char *zero;

	if (len < sizeof ret->entry + 2 || end[-1] != '\0')
		return false;
	zero = memchr(text, '\0', (size_t)(end - text));
	if (zero == end - 1)
		return false;
	memcpy(&ret->entry, data, sizeof ret->entry);
	ret->media = text;
	ret->name = zero + 1;
	return true;
}

bool
space_get(struct store_txn *txn, const struct memory_space *s, struct space_entry *ret)
{
	const void *data;
	struct key k;
	size_t len;

	key_space(&k, s);
	if (!store_get(txn, STORE_MEMORY, k.data, k.len, &data, &len) || len != sizeof *ret)
		return false;
	memcpy(ret, data, sizeof *ret);
	return true;
}

bool
document_get(
    struct store_txn *txn, const struct memory_space *s, const uint8_t digest[DIGEST], struct document_view *ret)
{
	const void *data;
	struct key k;
	size_t len;

	key_document(&k, s, digest);
	return store_get(txn, STORE_MEMORY, k.data, k.len, &data, &len) && document_view(data, len, ret);
}

uint64_t
outcome_newest(struct store_txn *txn)
{
	struct outcome newest;
	const void *data;
	struct key k;
	size_t len;

	key_outcomes(&k);
	if (!store_get(txn, STORE_MEMORY, k.data, k.len, &data, &len) || len < sizeof newest)
		return 0;
	memcpy(&newest, data, sizeof newest);
	return newest.lsn;
}

bool
outcome_get(struct store_txn *txn, uint64_t lsn, struct outcome *ret)
{
	const uint8_t *at;
	const void *data;
	struct key k;
	size_t len;

	key_outcomes(&k);
	if (!store_get(txn, STORE_MEMORY, k.data, k.len, &data, &len))
		return false;
	for (at = data; len >= sizeof *ret; at += sizeof *ret, len -= sizeof *ret) {
		struct outcome o;

		memcpy(&o, at, sizeof o);
		if (o.lsn == lsn) {
			*ret = o;
			return true;
		}
	}
	return false;
}

bool
outcome_of_run(struct store_txn *txn, const uint8_t run[16], uint32_t seq, struct outcome *ret)
{
	const void *data;
	struct key k;
	size_t len;

	key_outcome(&k, run, &seq);
	if (!store_get(txn, STORE_MEMORY, k.data, k.len, &data, &len) || len != sizeof *ret)
		return false;
	memcpy(ret, data, sizeof *ret);
	return true;
}
