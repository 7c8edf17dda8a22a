/* Fuzz: what a hostile cell may send: its bytes, in pieces of any size, cut into frames by the host. */

#include <string.h>
#include <sys/uio.h>

#include "base/util.h"
#include "cell/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum cell_phase phases[] = {PHASE_NEW, PHASE_LOADING, PHASE_READY, PHASE_STOPPING};
	enum cell_phase phase;
	struct frames_in in = {0};
	struct fault fault;
	size_t piece, at = 2;

	if (len < 2)
		return 0;
	phase = phases[data[0] % ARRAY_LEN(phases)];
	piece = (size_t)data[1] + 1;
	while (at < len) {
		struct iovec iov[2];
		int n = frames_room(&in, iov);
		size_t take = len - at < piece ? len - at : piece, given = 0;
		struct frame frame;
		int rc;

		for (int i = 0; i < n && given < take; i++) {
			size_t part = take - given < iov[i].iov_len ? take - given : iov[i].iov_len;

			memcpy(iov[i].iov_base, data + at + given, part);
			given += part;
		}
		frames_filled(&in, given);
		at += given;
		while ((rc = frames_next(&in, phase, &frame, &fault)) == 1) {
			struct payload *payload = frames_payload(&frame);

			payload_unref(&payload);
		}
		if (rc < 0 || given == 0)
			break;
	}
	frames_in_free(&in);
	return 0;
}
