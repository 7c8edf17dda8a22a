/*
 * A segment with foreign bytes after its head, as an opening journal sees it: it is opened, cut or called damaged, and
 * once it was opened, all of it reads.
 *
 * The generation is one that the input does not know, so whatever it holds is no batch; with bit 0 of its first byte the
 * pieces of the input are sealed first, so that true batches with foreign records are met too.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "journal/state.h"
#include "fuzz.h"

#define LOG_BYTES 4096

static int
visit_nothing(const struct record *r, void *arg)
{
	uint64_t *last = arg;

	fuzz_expect(r->head.lsn > *last);
	*last = r->head.lsn;
	return 0;
}

static int
no_sync(void *arg, int fd)
{
	(void)arg;
	(void)fd;
	return 0;
}

/* A piece of the input as a batch; returns its size. */
static size_t
seal_piece(
    uint8_t *at, size_t left, const uint8_t *data, size_t len, uint64_t number, uint64_t lsn, const uint8_t *generation)
{
	size_t bytes = sizeof(struct batch_head) + sizeof(struct record_head) + (len & ~(size_t)7);
	struct record_head head = {.format = RECORD_FORMAT, .kind = RECORD_LOG, .epoch = 1};

	if (bytes > left || len < 2)
		return 0;
	head.length = (uint32_t)(bytes - sizeof(struct batch_head));
	head.lsn = lsn + sizeof(struct batch_head);
	head.fields = data[0] % 4;
	memcpy(at + sizeof(struct batch_head), &head, sizeof head);
	memcpy(at + sizeof(struct batch_head) + sizeof head, data, len & ~(size_t)7);
	batch_seal(at, bytes, number, lsn, 1 + (data[1] & 1u), generation);
	return bytes;
}

static void
fill(uint8_t log[LOG_BYTES], const uint8_t *data, size_t len, const uint8_t *generation)
{
	size_t at = 0;

	memset(log, 0, LOG_BYTES);
	if ((data[0] & 1) == 0) {
		memcpy(log, data + 1, len - 1 < LOG_BYTES ? len - 1 : LOG_BYTES);
		return;
	}
	for (uint64_t number = 1; len > 2; number++) {
		size_t piece = (size_t)(data[1] % 64) + 2, size;

		data++;
		len--;
		piece = piece < len ? piece : len;
		size = seal_piece(log + at, LOG_BYTES - at, data, piece, number, LSN_FIRST + at, generation);
		if (size == 0)
			return;
		if ((data[0] & 0xf0) == 0xf0) /* torn, or damaged when more follow */
			log[at + data[1] % size] ^= 1;
		at += size;
		data += piece - 1;
		len -= piece - 1;
	}
}

static void
walk_all(const struct folder *f, const struct recovered *r)
{
	uint8_t log[LOG_BYTES];
	uint64_t last = 0;
	struct batch_head head;

	fuzz_expect(pread(r->fd, log, sizeof log, sizeof(struct segment_head)) == (ssize_t)sizeof log);
	for (size_t at = 0; at < r->end - LSN_FIRST; at += head.bytes) {
		fuzz_expect(batch_check(log + at, sizeof log - at, LSN_FIRST + at, r->segments[0].generation, &head));
		batch_walk(log + at, &head, visit_nothing, &last, NULL);
	}
	for (size_t at = r->end - LSN_FIRST; at < sizeof log; at++)
		fuzz_expect(log[at] == 0);
	fuzz_expect(f->fd >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct disk *real = &disk_real;
	struct disk disk = {.write = real->write, .sync = no_sync};
	struct folder f = {.fd = -1};
	struct spare spare = SPARE_NONE;
	struct segment s = {.first_lsn = LSN_FIRST, .first_number = 1};
	struct recovered r;
	struct fault fault = {0};
	uint8_t log[LOG_BYTES];
	int fd;

	if (len < 2)
		return 0;
	log_set_level(LOG_LEVEL_ERROR + 1);
	fuzz_expect(segment_folder_open(&f, fuzz_folder(), &disk, &fault) == 0);
	fuzz_expect(spare_begin(&f, &spare, "next.spare", sizeof(struct segment_head) + LOG_BYTES, &fault) == 0);
	fuzz_expect(spare_fill(&f, &spare, SIZE_MAX, &fault) == 0);
	fuzz_expect(spare_adopt(&f, &spare, &s, &fd, &fault) == 0);
	fill(log, data, len, s.generation);
	fuzz_expect(disk.write(NULL, fd, log, sizeof log, sizeof(struct segment_head)) == 0);
	close(fd);
	if (journal_recover(&f, &r, &fault) == 0) {
		walk_all(&f, &r);
		close(r.fd);
		free(r.segments);
	} else {
		fuzz_expect(fault.status == HOSPES_EDAMAGED);
	}
	folder_close(&f);
	return 0;
}
