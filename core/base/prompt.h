/* Threads that are woken for a little work. */

#ifndef BASE_PROMPT_H
#define BASE_PROMPT_H

/* From now on this thread, and what it starts, runs soon after it was woken, beside others that compute for long.  [init] */
void prompt_be(void);

#endif
