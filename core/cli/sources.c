/*
 * The set: files read in their order by several threads, and what is known of them.
 *
 * Each thread takes the next file, reads, converts and hashes it on its own, and then waits until all before it are
 * entered: so the first of two equal texts is the same one each time.  Whoever finds the batch full goes and sends it while
 * the others read on; that keeps one or two on their way and no more in memory.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <libxml/parser.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/util.h"
#include "cli/document.h"
#include "cli/source_cache.h"
#include "cli/source_set.h"
#include "cli/text.h"
#include "cli/user_dirs.h"

#define WORKERS     4
#define REASONS_MAX 3 /* that a fault names */

struct reading {
	struct source_set *set;
	const struct source_sender *to; /* NULL: only for the digests */
	const struct source_progress *progress;
	bool again;                 /* only what is wanted, whose digests are known */
	struct source_cache *cache; /* where nothing but digests is wanted, else NULL */
	pthread_mutex_t lock;
	pthread_cond_t turned;
	size_t next, turn; /* the file to be taken next, the one to be entered next */
	struct source_batch batch;
	struct source_counts counts;
	int rc; /* the first fault ends it */
	struct fault fault;
};

/* ---- One file ---- */

static int
open_file(const struct source_file *f, int *ret, struct stat *ret_st, struct fault *fault)
{
	_cleanup_(close_p) int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return fault_set(fault, HOSPES_EPERM, "you may not read it");
	if (fd < 0 && errno == ENOENT)
		return fault_set(fault, HOSPES_ENOENT, "it has gone meanwhile");
	if (fd < 0 || fstat(fd, &st) != 0)
		return fault_errno(fault, errno, "it cannot be opened");
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, HOSPES_EINPUT, "it is no file any more");
	if ((uint64_t)st.st_size > DOCUMENT_MAX)
		return fault_set(fault, HOSPES_ETOOLARGE, "it is larger than %zu MiB", DOCUMENT_MAX / MIB);
	*ret = fd;
	*ret_st = st;
	fd = -1;
	return 0;
}

/* All of it into `content`, whose memory is used again for the next. */
static int
read_bytes(const struct source_file *f, struct buf *content, struct stat *st, struct fault *fault)
{
	_cleanup_(close_p) int fd = -1;
	int rc = open_file(f, &fd, st, fault);

	buf_clear(content);
	while (rc == 0) {
		size_t want = content->len < f->size ? (size_t)f->size - content->len + 1 : 64 * KIB;
		ssize_t got;

		if (want > DOCUMENT_MAX + 1 - content->len)
			want = DOCUMENT_MAX + 1 - content->len;
		got = read(fd, buf_extend(content, want), want);
		content->len -= want - (got > 0 ? (size_t)got : 0);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			rc = fault_errno(fault, errno, "it cannot be read");
		else if (content->len > DOCUMENT_MAX)
			rc = fault_set(fault, HOSPES_ETOOLARGE, "it is larger than %zu MiB", DOCUMENT_MAX / MIB);
	}
	return rc;
}

struct found {
	struct buf text;
	struct source_known is;
	struct stat st; /* before it was read, and when that was asked */
	int64_t asked_ns;
	bool cached; /* it was not read, and there is no text */
	int rc;
	struct fault why;
};

static void
read_text(const struct source_file *f, struct found *found)
{
	found->asked_ns = clock_real_ns();
	found->rc = read_bytes(f, &found->text, &found->st, &found->why);
	if (found->rc == 0)
		found->rc = document_text(&found->text, f->path, &found->is.media, &found->why);
	found->is.bytes = found->text.len;
	if (found->rc == 0)
		crypto_hash_sha256(found->is.digest, found->text.data, found->text.len);
	else
		buf_free(&found->text);
}

/* With the lock held. */
static void
recall(const struct reading *r, const struct source_file *f, struct found *found)
{
	found->cached = r->cache != NULL && stat(f->path, &found->st) == 0 &&
			source_cache_find(r->cache, &found->st, f->path, &found->is);
	if (found->cached)
		found->rc = 0;
}

/* ---- Entering it, in turn ---- */

static void
set_digest(struct source_file *f, const struct found *found)
{
	memcpy(f->digest, found->is.digest, sizeof(f->digest));
	sodium_bin2hex(f->hex, sizeof(f->hex), f->digest, sizeof(f->digest));
	f->bytes = found->is.bytes;
	f->media = found->is.media;
}

static void
enter_new(struct source_set *s, struct source_file *f, const struct found *found)
{
	set_digest(f, found);
	if (map_get(&s->by_digest, f->hex) != NULL) {
		f->state = SOURCE_TWIN;
		return;
	}
	map_put(&s->by_digest, f->hex, f);
	f->state = SOURCE_DOCUMENT;
	s->documents++;
	s->bytes += f->bytes;
}

/* It was read before.  When it has another text now, that one goes. */
static void
enter_again(struct source_set *s, struct source_file *f, const struct found *found)
{
	if (memcmp(f->digest, found->is.digest, sizeof(f->digest)) == 0)
		return;
	source_tell(s, "changed", f->path, "its text is another one than before, and the new one is taken");
	map_del(&s->by_digest, f->hex);
	s->documents--;
	s->bytes -= f->bytes;
	enter_new(s, f, found);
}

static void
drop(struct source_set *s, struct source_file *f, const char *why)
{
	if (f->state == SOURCE_DOCUMENT) {
		map_del(&s->by_digest, f->hex);
		s->documents--;
		s->bytes -= f->bytes;
	}
	f->state = SOURCE_SKIPPED;
	source_skip(s, f->path, why);
}

/* With the lock held and in the order of the files.  Gives the batch away when it is full. */
static void
enter(struct reading *r, struct source_file *f, const struct found *found, struct source_batch *full)
{
	if (found->rc == 0 && r->cache != NULL && !found->cached)
		source_cache_note(r->cache, &found->st, f->path, &found->is, found->asked_ns);
	if (found->rc != 0)
		drop(r->set, f, found->why.text);
	else if (r->again)
		enter_again(r->set, f, found);
	else
		enter_new(r->set, f, found);
	if (f->state == SOURCE_DOCUMENT && r->to != NULL) {
		if (source_batch_full(&r->batch, found->text.len)) {
			*full = r->batch;
			r->batch = (struct source_batch){0};
		}
		source_batch_add(&r->batch, f, &found->text);
	}
	r->counts.files++;
	r->counts.bytes += f->size;
	if (r->progress != NULL)
		r->progress->tell(&r->counts, r->progress->arg);
}

static void
failed(struct reading *r, int rc, const struct fault *fault)
{
	if (r->rc == 0) {
		r->rc = rc;
		r->fault = *fault;
	}
	pthread_cond_broadcast(&r->turned);
}

/* Sends a batch and frees it; the lock is let go meanwhile. */
static void
send_batch(struct reading *r, struct source_batch *b)
{
	struct fault fault;
	size_t sent = 0;
	int rc;

	pthread_mutex_unlock(&r->lock);
	rc = source_batch_send(b, r->to, &sent, &fault);
	pthread_mutex_lock(&r->lock);
	r->set->sent += sent;
	if (rc != 0)
		failed(r, rc, &fault);
	for (size_t i = 0; i < b->n; i++)
		if (b->parts[i].refused != NULL)
			drop(r->set, b->parts[i].file, b->parts[i].refused);
	source_batch_free(b);
}

static bool
passed_over(const struct reading *r, const struct source_file *f)
{
	return r->again ? !f->wanted : f->state != SOURCE_FOUND;
}

static void *
worker(void *arg)
{
	struct reading *r = arg;
	struct source_set *s = r->set;
	struct found found = {0};

	pthread_mutex_lock(&r->lock);
	while (r->rc == 0 && r->next < s->n) {
		struct source_batch full = {0};
		size_t i = r->next++;

		recall(r, &s->files[i], &found);
		pthread_mutex_unlock(&r->lock);
		if (!found.cached && !passed_over(r, &s->files[i]))
			read_text(&s->files[i], &found);
		pthread_mutex_lock(&r->lock);
		while (r->rc == 0 && r->turn != i)
			pthread_cond_wait(&r->turned, &r->lock);
		if (r->rc != 0)
			break;
		if (!passed_over(r, &s->files[i]))
			enter(r, &s->files[i], &found, &full);
		r->turn++;
		pthread_cond_broadcast(&r->turned);
		if (full.n > 0)
			send_batch(r, &full);
	}
	pthread_mutex_unlock(&r->lock);
	buf_free(&found.text);
	return NULL;
}

static int
read_all(struct reading *r, struct fault *fault)
{
	pthread_t threads[WORKERS];
	size_t n = 0;

	xmlInitParser(); /* once, before there are threads */
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->turned, NULL);
	while (n < WORKERS - 1 && pthread_create(&threads[n], NULL, worker, r) == 0)
		n++;
	worker(r);
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_lock(&r->lock);
	if (r->rc == 0 && r->batch.n > 0)
		send_batch(r, &r->batch);
	pthread_mutex_unlock(&r->lock);
	source_batch_free(&r->batch);
	pthread_cond_destroy(&r->turned);
	pthread_mutex_destroy(&r->lock);
	if (r->rc != 0)
		*fault = r->fault;
	return r->rc;
}

/* ---- The set ---- */

const char *
source_set_digest(struct source_set *s)
{
	crypto_hash_sha256_state state;
	uint8_t digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < s->n; i++) {
		const struct source_file *f = &s->files[i];

		if (f->state != SOURCE_DOCUMENT)
			continue;
		crypto_hash_sha256_update(&state, (const uint8_t *)f->name, strlen(f->name) + 1);
		crypto_hash_sha256_update(&state, f->digest, sizeof(f->digest));
	}
	crypto_hash_sha256_final(&state, digest);
	sodium_bin2hex(s->digest, sizeof(s->digest), digest, sizeof(digest));
	return s->digest;
}

static int
nothing_usable(const struct source_set *s, struct fault *fault)
{
	_cleanup_(buf_free) struct buf reasons = {0};

	if (s->to_tell == 0)
		return fault_set(fault, HOSPES_ENOENT, "there is no file in the sources");
	for (size_t i = 0; i < s->to_tell && i < REASONS_MAX; i++)
		buf_printf(&reasons, "%s%s", i > 0 ? "; " : "", s->told[i]);
	if (s->to_tell > REASONS_MAX)
		buf_printf(&reasons, "; and %zu more", s->to_tell - REASONS_MAX);
	return fault_set(fault, HOSPES_ENOENT, "there is nothing to read in the sources: %s", buf_text(&reasons));
}

static int
fill(struct source_set **ret, const char *const *paths, size_t n, const struct source_sender *to,
    const char *cache_path, const struct source_progress *progress, struct fault *fault)
{
	_cleanup_(source_cache_close) struct source_cache *cache = to == NULL ? source_cache_open(cache_path) : NULL;
	_cleanup_(source_set_free) struct source_set *s = xcalloc(1, sizeof(*s));
	struct reading r = {.set = s, .to = to, .progress = progress, .cache = cache};
	int rc = source_walk(s, paths, n, fault);

	if (rc != 0)
		return rc;
	r.counts.of_files = s->n;
	r.counts.of_bytes = s->size;
	rc = read_all(&r, fault);
	if (rc != 0)
		return rc;
	if (s->documents == 0)
		return nothing_usable(s, fault);
	*ret = s;
	s = NULL;
	return 0;
}

int
source_set_collect(struct source_set **ret, const char *const *paths, size_t n, const struct source_progress *progress,
    struct fault *fault)
{
	_cleanup_(free_p) char *path = user_cache_file("digests");

	return fill(ret, paths, n, NULL, path, progress, fault);
}

int
source_set_load(struct source_set **ret, const char *const *paths, size_t n, struct client *c, const char *space,
    const struct source_progress *progress, struct fault *fault)
{
	struct source_sender to = {.client = c, .space = space, .ask_missing = true};

	return fill(ret, paths, n, &to, NULL, progress, fault);
}

int
source_set_upload(struct source_set *s, struct client *c, const char *space, const struct source_progress *progress,
    struct fault *fault)
{
	struct source_sender to = {.client = c, .space = space};
	struct reading r = {.set = s, .to = &to, .progress = progress, .again = true};
	int rc = source_ask_missing(s, &to, fault);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < s->n; i++) {
		r.counts.of_files += s->files[i].wanted;
		r.counts.of_bytes += s->files[i].wanted ? s->files[i].size : 0;
	}
	rc = read_all(&r, fault);
	if (rc == 0 && s->documents == 0)
		return nothing_usable(s, fault);
	return rc;
}

void
source_set_free(struct source_set **sp)
{
	struct source_set *s = *sp;

	if (s == NULL)
		return;
	map_free(&s->by_digest);
	for (size_t i = 0; i < s->n; i++) {
		free(s->files[i].path);
		free(s->files[i].name);
	}
	for (size_t i = 0; i < s->to_tell && i < SOURCE_TOLD; i++)
		free(s->told[i]);
	free(s->files);
	free(s);
	*sp = NULL;
}

size_t
source_set_count(const struct source_set *s)
{
	return s->documents;
}

uint64_t
source_set_bytes(const struct source_set *s)
{
	return s->bytes;
}

size_t
source_set_sent(const struct source_set *s)
{
	return s->sent;
}

size_t
source_set_skipped(const struct source_set *s)
{
	return s->skipped;
}

const char *
source_set_document(const struct source_set *s, size_t i, const char **digest)
{
	for (size_t k = 0; k < s->n; k++)
		if (s->files[k].state == SOURCE_DOCUMENT && i-- == 0) {
			*digest = s->files[k].hex;
			return s->files[k].name;
		}
	return NULL;
}

void
source_set_tell(const struct source_set *s, FILE *to)
{
	for (size_t i = 0; i < s->to_tell && i < SOURCE_TOLD; i++) {
		_cleanup_(free_p) char *line = text_safe(s->told[i], false);

		fprintf(to, "%s\n", line);
	}
	if (s->to_tell > SOURCE_TOLD)
		fprintf(to, "and %zu more\n", s->to_tell - SOURCE_TOLD);
}
