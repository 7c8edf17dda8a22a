/*
 * A plugin file as an ELF object, checked before it is believed.
 *
 * The bytes are hostile: every offset is compared with the size of the file before it is followed, and nothing is read
 * through section headers, which the dynamic loader does not look at.
 */

#ifndef CELL_OBJECT_H
#define CELL_OBJECT_H

#include <elf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define OBJECT_SEGMENTS 64
#define OBJECT_VERSIONS 256

struct object {
	const uint8_t *data;
	size_t size;
	Elf *elf;
	Elf64_Ehdr head;
	size_t segments_n;
	Elf64_Phdr segments[OBJECT_SEGMENTS];

	/* Of the dynamic section; an address of 0 is "none". */
	uint64_t strings, strings_size, symbols;
	uint64_t hash, gnu_hash, versym, verneed, verneed_n;
	struct {
		uint64_t at, size;
		bool addend;
	} relocations[3]; /* RELA, REL, JMPREL */

	/* Version names by their index in versym; NULL where the object says nothing. */
	const char *versions[OBJECT_VERSIONS];
};

/* Checks header, segments and dynamic section; bad_plugin, wrong_machine.  `data` is borrowed.  What is refused is to be closed
 * too; until then its notes may be asked for what they claim (notes.h), and nothing else. */
int object_open(struct object *ret, const void *data, size_t size, struct fault *fault);
void object_close(struct object *object); /* also for _cleanup_ */

/* `len` bytes at a virtual address, NULL when they are not in the file. */
const void *object_at(const struct object *object, uint64_t address, uint64_t len);

/* A string of the dynamic string table, NULL when it is not one. */
const char *object_string(const struct object *object, uint64_t offset);

/* The number of dynamic symbols as the hash table says; false when it makes no sense. */
bool object_symbol_count(const struct object *object, uint64_t *ret);
bool object_symbol(const struct object *object, uint64_t index, Elf64_Sym *ret);

/* The version that symbol `index` is wanted in, or NULL. */
const char *object_version(const struct object *object, uint64_t index);

#endif
