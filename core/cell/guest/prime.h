/* Doing once, before the doors close, what libraries do with files and system calls the first time. */

#ifndef CELL_PRIME_H
#define CELL_PRIME_H

void prime_libraries(void);

#endif
