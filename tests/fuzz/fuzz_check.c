/*
 * A journal looked at from outside: two segments with foreign records, or with foreign bytes.  Whatever is there is told, at a
 * place that is in a file; nothing is changed; and what an opening journal takes has no damage in its batches.
 *
 * The first byte says which: bit 0, that pieces of the input are sealed as batches whose records have runs, numbers and chains
 * out of the input; else it lies there as it is.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "journal/state.h"
#include "fuzz.h"

#define LOG_BYTES  2048
#define FILE_BYTES (sizeof(struct segment_head) + LOG_BYTES)

static int
no_sync(void *arg, int fd)
{
	(void)arg, (void)fd;
	return 0;
}

static void
damaged(const char *file, uint64_t offset, const char *what, void *arg)
{
	unsigned *n = arg;

	fuzz_expect(strchr(file, '/') != NULL && what[0] != '\0');
	fuzz_expect(offset < FILE_BYTES);
	++*n;
}

static int
visit(const struct record *r, void *arg)
{
	(void)arg;
	fuzz_expect(r->head.lsn >= LSN_FIRST && r->head.fields <= RECORD_FIELDS_MAX);
	return 0;
}

/* A record as the input has it: of one of four runs, chained near where it could be. */
static size_t
seal_record(uint8_t *at, size_t left, const uint8_t *data, uint64_t number, uint64_t lsn, const uint8_t *generation)
{
	static const uint16_t kinds[] = {RECORD_RUN_START, RECORD_LOG, RECORD_RUN_END, RECORD_RUN_MOVED,
	    RECORD_HOST_START, RECORD_RUN_START | RECORD_COPY, RECORD_LOG | RECORD_COPY, RECORD_PART};
	size_t bytes = sizeof(struct batch_head) + sizeof(struct record_head) + 16;
	struct record_head head = {.format = RECORD_FORMAT, .kind = kinds[data[0] % 8], .epoch = 1, .fields = 1};
	const struct {
		uint16_t tag, zero;
		uint32_t len;
		uint64_t number;
	} field = {.tag = TAG_NUMBER, .len = 8, .number = data[3]};

	if (bytes > left)
		return 0;
	head.length = (uint32_t)(bytes - sizeof(struct batch_head));
	head.lsn = lsn + sizeof(struct batch_head);
	head.run[15] = data[1] & 3;
	head.seq = data[1] >> 4;
	head.prev = data[2] % 16 == 0 ? 0 : head.lsn - (uint64_t)(data[2] % 16) * bytes;
	memcpy(at + sizeof(struct batch_head), &head, sizeof head);
	memcpy(at + sizeof(struct batch_head) + sizeof head, &field, sizeof field);
	batch_seal(at, bytes, number, lsn, 1, generation);
	return bytes;
}

static uint64_t
fill(uint8_t log[LOG_BYTES], const uint8_t **data, size_t *len, const struct segment *s, uint64_t *number, bool sealed)
{
	size_t at = 0;

	memset(log, 0, LOG_BYTES);
	if (!sealed) {
		at = *len < LOG_BYTES ? *len : LOG_BYTES;
		memcpy(log, *data, at);
		return s->first_lsn + (at & ~(size_t)7) / 2;
	}
	while (*len >= 5) {
		size_t size = seal_record(log + at, LOG_BYTES - at, *data, *number, s->first_lsn + at, s->generation);

		if (size == 0)
			break;
		if ((*data)[4] == 0xff)
			log[at + (*data)[3] % size] ^= 1;
		at += size;
		++*number;
		*data += 5;
		*len -= 5;
	}
	return s->first_lsn + at;
}

static void
remove_segments(const struct folder *f)
{
	_cleanup_(free_p) uint64_t *lsns = NULL;
	size_t n;

	fuzz_expect(folder_list(f, &lsns, &n, NULL) == 0);
	for (size_t i = 0; i < n; i++) {
		char name[SEGMENT_NAME];

		segment_name(lsns[i], name);
		fuzz_expect(unlinkat(f->fd, name, 0) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct disk disk = {.write = disk_real.write, .sync = no_sync};
	struct journal_check check = {.visit = visit, .damaged = damaged};
	struct folder f = {.fd = -1};
	struct fault fault = {0};
	uint64_t lsn = LSN_FIRST, number = 1;
	unsigned told = 0;
	bool sealed;

	if (len < 2)
		return 0;
	sealed = (data[0] & 1) != 0;
	data++;
	len--;
	log_set_level(LOG_LEVEL_ERROR + 1);
	fuzz_expect(segment_folder_open(&f, fuzz_folder(), &disk, &fault) == 0);
	for (int i = 0; i < 2; i++) {
		struct segment s = {.first_lsn = lsn, .first_number = number};
		struct spare spare = SPARE_NONE;
		uint8_t log[LOG_BYTES];
		int fd;

		fuzz_expect(spare_begin(&f, &spare, "next.spare", FILE_BYTES, &fault) == 0);
		fuzz_expect(spare_fill(&f, &spare, SIZE_MAX, &fault) == 0);
		fuzz_expect(spare_adopt(&f, &spare, &s, &fd, &fault) == 0);
		lsn = fill(log, &data, &len, &s, &number, sealed);
		fuzz_expect(disk.write(NULL, fd, log, sizeof log, sizeof(struct segment_head)) == 0);
		close(fd);
		if (lsn == s.first_lsn)
			break;
	}
	check.arg = &told;
	fuzz_expect(journal_check(f.path, &check, &fault) == 0);
	fuzz_expect(told == check.damages);
	remove_segments(&f);
	folder_close(&f);
	return 0;
}
