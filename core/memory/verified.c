/* Files of documents that fit their digest. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/util.h"
#include "memory/verified.h"

#define ENTRIES 4096 /* by the first bytes of a digest; one that pushes another out costs that one a hash */
#define TICK_NS (20 * NS_PER_MS)
#define CHUNK   (256 * KIB)

struct entry {
	uint8_t digest[DIGEST];
	ino_t inode; /* 0: none */
	off_t size;
	struct timespec changed;
};

struct verified {
	struct entry entries[ENTRIES];
	uint8_t chunk[CHUNK];
};

struct verified *
verified_new(void)
{
	return xcalloc(1, sizeof(struct verified));
}

void
verified_free(struct verified **v)
{
	free(*v);
	*v = NULL;
}

static struct entry *
entry_of(struct verified *v, const uint8_t digest[DIGEST])
{
	return &v->entries[(digest[0] | (unsigned)digest[1] << 8) % ENTRIES];
}

static bool
is_known(const struct entry *e, const uint8_t digest[DIGEST], const struct stat *st)
{
	return e->inode == st->st_ino && e->size == st->st_size && e->changed.tv_sec == st->st_ctim.tv_sec &&
	       e->changed.tv_nsec == st->st_ctim.tv_nsec && memcmp(e->digest, digest, DIGEST) == 0;
}

static int
hash(struct verified *v, int fd, uint8_t ret[DIGEST], struct fault *fault)
{
	crypto_hash_sha256_state state;
	off_t at = 0;

	crypto_hash_sha256_init(&state);
	for (;;) {
		ssize_t n = pread(fd, v->chunk, sizeof v->chunk, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_errno(fault, errno, "cannot read a document");
		if (n == 0)
			break;
		crypto_hash_sha256_update(&state, v->chunk, (unsigned long long)n);
		at += n;
	}
	crypto_hash_sha256_final(&state, ret);
	return 0;
}

int
verified_check(struct verified *v, int fd, const uint8_t digest[DIGEST], struct fault *fault)
{
	struct entry *e = entry_of(v, digest);
	int64_t now = clock_real_ns();
	uint8_t found[DIGEST];
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fault_errno(fault, errno, "cannot look at a document");
	if (is_known(e, digest, &st))
		return 0;
	if (hash(v, fd, found, fault) != 0)
		return fault->status;
	if (memcmp(found, digest, DIGEST) != 0)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the text of a document is not the one that was loaded, since its SHA-256 is another; forget the "
		    "document and load it again");
	if (st.st_ctim.tv_sec * NS_PER_S + st.st_ctim.tv_nsec > now - TICK_NS)
		return 0;
	*e = (struct entry){.inode = st.st_ino, .size = st.st_size, .changed = st.st_ctim};
	memcpy(e->digest, digest, DIGEST);
	return 0;
}
