/*
 * Names of a plugin's variables and functions, for reports of fatal signals.
 *
 * The file is mapped while that is still allowed and its symbol table is checked then, so that the search in a signal
 * handler only compares.  A stripped file has its dynamic symbols, or none.
 */

#ifndef CELL_SYMBOLS_H
#define CELL_SYMBOLS_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

struct symbols {
	uintptr_t load; /* where the object is */
	uintptr_t end;
	const Elf64_Sym *table;
	size_t n;
	const char *text; /* of the names, zero-terminated */
	size_t text_len;
};

/* Never fails: without a table nothing is found later.  The mapping stays for the life of the process. */
void symbols_open(struct symbols *symbols, int fd, uintptr_t load, uintptr_t end);

/* The variable or function that holds the address: its name and the offset in it; NULL for none.  Async-signal-safe. */
const char *symbols_find(const struct symbols *symbols, uintptr_t address, uintptr_t *ret_offset);

#endif
