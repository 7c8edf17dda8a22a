/* See seal.h. */

#include "cell/guest/seal.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

struct search {
	const struct link_map *map;
	struct seal *seal;
	int rc; /* -ENOENT until it is found */
};

static int
look(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct search *search = arg;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const void *dynamic = NULL;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			dynamic = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	/* The address alone could be that of the program itself, 0 without PIE; the dynamic section is one object's. */
	if (dynamic == NULL || dynamic != (const void *)search->map->l_ld)
		return 0;
	search->rc = 0;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type != PT_LOAD || (ph->p_flags & PF_W) == 0)
			continue;
		if (search->seal->n == SEAL_RANGES) {
			search->rc = -E2BIG;
			break;
		}
		search->seal->ranges[search->seal->n].at = at & ~(page - 1);
		search->seal->ranges[search->seal->n].end = (at + ph->p_memsz + page - 1) & ~(page - 1);
		search->seal->n++;
	}
	return 1;
}

int
seal_find(struct seal *seal, const struct link_map *map)
{
	struct search search = {.map = map, .seal = seal, .rc = -ENOENT};

	seal->n = 0;
	seal->sealed = false;
	dl_iterate_phdr(look, &search);
	return search.rc;
}

int
seal_set(struct seal *seal, bool sealed)
{
	for (size_t i = 0; i < seal->n; i++)
		if (mprotect((void *)seal->ranges[i].at, seal->ranges[i].end - seal->ranges[i].at,
			sealed ? PROT_READ : PROT_READ | PROT_WRITE) != 0)
			return -errno;
	seal->sealed = sealed;
	return 0;
}

bool
seal_covers(const struct seal *seal, uintptr_t address)
{
	for (size_t i = 0; i < seal->n; i++)
		if (seal->sealed && address >= seal->ranges[i].at && address < seal->ranges[i].end)
			return true;
	return false;
}
