/* Clocks: monotonic for durations, real for stamps and deadlines; both in nanoseconds.  [any thread] */

#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ns(void);
int64_t clock_real_ns(void);

/* Between these two both clocks stand still for the calling thread: what is done for a few frames of a cell asks a dozen times
 * each and needs one answer.  Who needs the very time has them looked at anew, and they stand still there. */
void clock_stop(void);
void clock_anew(void);
void clock_go(void);

#define CLOCK_TEXT 32
void clock_format(int64_t real_ns, char out[CLOCK_TEXT]); /* 2026-10-01T12:00:00.123Z */

#endif
