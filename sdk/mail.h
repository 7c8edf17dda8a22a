/*
 * A few frames at a time over the shared page, instead of the socket.
 *
 * A box for each direction holds one batch of whole or half frames, as a write to the socket would.  Who puts a batch there
 * makes no system call, and neither does who takes it; so it is put there only for somebody who will look before it
 * sleeps.  Both say so in a word of their own (`host_looks`, `cell_looks`), which they take back before they sleep, and then
 * look once more.  Who has put a batch looks at that word after it, and takes the batch back when nobody looks any more:
 * whoever comes first, it is had once.
 *
 * Frames stay in order: a batch is put only when all that went over the socket before was received (`host_heard`,
 * `cell_heard`, bytes), nothing goes over the socket while a batch lies in the box, and the box is emptied before the
 * socket is read.
 *
 * Either side may find anything here.  A length out of bounds is an empty box, bytes are copied out before they are
 * looked at, and what a cell says of itself decides only what it gets itself.
 */

#ifndef HOSPES_MAIL_H
#define HOSPES_MAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "wire.h"

#define MAIL_TAKEN UINT32_MAX /* it is being copied out */

static inline bool
mail_there(const struct wire_mail *box)
{
	uint32_t len = atomic_load(&box->len); /* comes after our own word was taken back */

	return len > 0 && len <= WIRE_MAIL_MAX;
}

/* False: it is not empty, or too small. */
static inline bool
mail_put(struct wire_mail *box, const void *bytes, size_t len)
{
	if (len == 0 || len > WIRE_MAIL_MAX || atomic_load_explicit(&box->len, memory_order_acquire) != 0)
		return false;
	memcpy(box->bytes, bytes, len);
	atomic_store(&box->len, (uint32_t)len);
	return true;
}

/* Takes back what was put.  False: it was taken. */
static inline bool
mail_back(struct wire_mail *box, size_t len)
{
	uint32_t whole = (uint32_t)len;

	return atomic_compare_exchange_strong(&box->len, &whole, 0);
}

/* Copies a batch to where there are WIRE_MAIL_MAX bytes; how many it had, or 0: there is none. */
static inline size_t
mail_take(struct wire_mail *box, void *to)
{
	uint32_t len = atomic_load(&box->len);

	if (len == 0 || len > WIRE_MAIL_MAX || !atomic_compare_exchange_strong(&box->len, &len, MAIL_TAKEN))
		return 0;
	memcpy(to, box->bytes, len);
	atomic_store_explicit(&box->len, 0, memory_order_release);
	return len;
}

#endif
