/* See symbols.h. */

#include "cell/guest/symbols.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static bool
inside(size_t size, uint64_t at, uint64_t len)
{
	return at <= size && len <= size - at;
}

static bool
take_table(
    struct symbols *symbols, const uint8_t *file, size_t size, const Elf64_Shdr *section, const Elf64_Shdr *names)
{
	if (!inside(size, section->sh_offset, section->sh_size) || !inside(size, names->sh_offset, names->sh_size) ||
	    section->sh_offset % _Alignof(Elf64_Sym) != 0 || names->sh_size == 0 ||
	    file[names->sh_offset + names->sh_size - 1] != '\0')
		return false;
	symbols->table = (const Elf64_Sym *)(const void *)(file + section->sh_offset);
	symbols->n = section->sh_size / sizeof(Elf64_Sym);
	symbols->text = (const char *)file + names->sh_offset;
	symbols->text_len = names->sh_size;
	return true;
}

static void
find_table(struct symbols *symbols, const uint8_t *file, size_t size)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)(const void *)file;
	const Elf64_Shdr *sections;
	static const uint32_t kinds[] = {SHT_SYMTAB, SHT_DYNSYM};

	if (size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
	    head->e_shentsize != sizeof(Elf64_Shdr) || head->e_shoff % _Alignof(Elf64_Shdr) != 0 ||
	    !inside(size, head->e_shoff, (uint64_t)head->e_shnum * sizeof(Elf64_Shdr)))
		return;
	sections = (const Elf64_Shdr *)(const void *)(file + head->e_shoff);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
		for (unsigned i = 0; i < head->e_shnum; i++)
			if (sections[i].sh_type == kinds[k] && sections[i].sh_link < head->e_shnum &&
			    take_table(symbols, file, size, &sections[i], &sections[sections[i].sh_link]))
				return;
}

void
symbols_open(struct symbols *symbols, int fd, uintptr_t load, uintptr_t end)
{
	struct stat st;
	void *file;

	*symbols = (struct symbols){.load = load, .end = end};
	if (fstat(fd, &st) != 0 || st.st_size <= 0)
		return;
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file != MAP_FAILED)
		find_table(symbols, file, (size_t)st.st_size);
}

const char *
symbols_find(const struct symbols *symbols, uintptr_t address, uintptr_t *ret_offset)
{
	uintptr_t wanted = address - symbols->load;

	for (size_t i = 0; i < symbols->n; i++) {
		const Elf64_Sym *symbol = &symbols->table[i];
		unsigned type = ELF64_ST_TYPE(symbol->st_info);

		if ((type != STT_OBJECT && type != STT_FUNC) || symbol->st_shndx == SHN_UNDEF ||
		    symbol->st_name >= symbols->text_len || wanted < symbol->st_value ||
		    wanted - symbol->st_value >= symbol->st_size)
			continue;
		*ret_offset = wanted - symbol->st_value;
		return symbols->text + symbol->st_name;
	}
	return NULL;
}
