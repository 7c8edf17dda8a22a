/* See object.h. */

#include "cell/inspect/object.h"

#include <string.h>

#include "base/util.h"

#if defined(__x86_64__)
#define MACHINE      EM_X86_64
#define MACHINE_NAME "x86-64"
#elif defined(__aarch64__)
#define MACHINE      EM_AARCH64
#define MACHINE_NAME "aarch64"
#else
#error "add the ELF machine number of this host"
#endif

/* Address space that a plugin may ask for; a handler's memory comes from the heap. */
#define MEMORY_MAX  (1024 * MIB)
#define DYNAMIC_MAX 4096

/* The smallest page: two segments that shared one would look different in memory than in the file. */
#define PAGE ((uint64_t)4096)

static bool
inside(uint64_t size, uint64_t at, uint64_t len)
{
	return at <= size && len <= size - at;
}

static int
incomplete(const struct object *object, const char *what, uint64_t at, uint64_t len, struct fault *fault)
{
	return fault_set(fault, HOSPES_EBADPLUGIN,
	    "incomplete: expected %s at byte %llu, %llu bytes long, found a file of %zu bytes; copy it again", what,
	    (unsigned long long)at, (unsigned long long)len, object->size);
}

static int
check_ident(const struct object *object, struct fault *fault)
{
	const uint8_t *ident = object->data;

	if (object->size == 0)
		return fault_set(fault, HOSPES_EBADPLUGIN, "expected a shared object, found an empty file");
	if (object->size < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "expected a shared object, found a file that is not ELF; build it with `cc -shared -fPIC`");
	if (object->size < sizeof(Elf64_Ehdr))
		return incomplete(object, "the ELF header", 0, sizeof(Elf64_Ehdr), fault);
	if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB)
		return fault_set(fault, HOSPES_EMACHINE,
		    "expected a 64-bit little-endian object for " MACHINE_NAME
		    ", found %s-bit %s-endian; build it on this machine",
		    ident[EI_CLASS] == ELFCLASS32 ? "32" : "64", ident[EI_DATA] == ELFDATA2MSB ? "big" : "little");
	return 0;
}

static int
check_head(struct object *object, struct fault *fault)
{
	const Elf64_Ehdr *head = &object->head;

	memcpy(&object->head, object->data, sizeof(object->head));
	if (head->e_machine != MACHINE)
		return fault_set(fault, HOSPES_EMACHINE,
		    "expected an object for " MACHINE_NAME " (machine %u), found machine %u; build it on this machine",
		    MACHINE, head->e_machine);
	if (head->e_type != ET_DYN)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "expected a shared object, found ELF type %u; link it with -shared", head->e_type);
	if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_phnum == 0 || head->e_phnum > OBJECT_SEGMENTS)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "expected 1 to %d program headers of %zu bytes, found %u of %u", OBJECT_SEGMENTS,
		    sizeof(Elf64_Phdr), head->e_phnum, head->e_phentsize);
	if (!inside(object->size, head->e_phoff, (uint64_t)head->e_phnum * head->e_phentsize))
		return incomplete(
		    object, "program headers", head->e_phoff, (uint64_t)head->e_phnum * head->e_phentsize, fault);
	/* Nobody here reads sections, but they come last in a file: their absence tells that the end is missing. */
	if (head->e_shoff != 0 && !inside(object->size, head->e_shoff, (uint64_t)head->e_shnum * head->e_shentsize))
		return incomplete(
		    object, "section headers", head->e_shoff, (uint64_t)head->e_shnum * head->e_shentsize, fault);
	return 0;
}

static int
check_segment(const struct object *object, const Elf64_Phdr *ph, uint64_t *end, struct fault *fault)
{
	if (ph->p_filesz > 0 && !inside(object->size, ph->p_offset, ph->p_filesz))
		return incomplete(object, "a segment", ph->p_offset, ph->p_filesz, fault);
	if (ph->p_type == PT_TLS)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "expected no thread-local storage, found %llu bytes; keep state in the call",
		    (unsigned long long)ph->p_memsz);
	if (ph->p_type == PT_INTERP)
		return fault_set(
		    fault, HOSPES_EBADPLUGIN, "expected a shared object, found a program; link it with -shared");
	if (ph->p_type == PT_GNU_STACK && (ph->p_flags & PF_X) != 0)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "expected a stack without code, found an executable one; link with -z noexecstack");
	if (ph->p_type != PT_LOAD)
		return 0;
	if ((ph->p_flags & PF_W) != 0 && (ph->p_flags & PF_X) != 0)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "expected segments that are writable or executable, found one that is both");
	if (ph->p_memsz < ph->p_filesz || ph->p_vaddr > MEMORY_MAX || ph->p_memsz > MEMORY_MAX - ph->p_vaddr ||
	    ph->p_vaddr / PAGE * PAGE < *end || ph->p_vaddr % PAGE != ph->p_offset % PAGE)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "expected segments in order, on pages of their own within %zu MiB, found one at %#llx of %llu "
		    "bytes",
		    MEMORY_MAX / MIB, (unsigned long long)ph->p_vaddr, (unsigned long long)ph->p_memsz);
	*end = ph->p_vaddr + ph->p_memsz;
	return 0;
}

static int
check_segments(struct object *object, struct fault *fault)
{
	const Elf64_Phdr *found = elf64_getphdr(object->elf);
	bool stack = false;
	uint64_t end = 0;
	size_t n = 0;
	int rc = 0;

	if (elf_getphdrnum(object->elf, &n) != 0 || found == NULL || n != object->head.e_phnum)
		return fault_set(fault, HOSPES_EBADPLUGIN, "expected program headers, found none that can be read");
	object->segments_n = n;
	memcpy(object->segments, found, n * sizeof(*found));
	for (size_t i = 0; i < n && rc == 0; i++) {
		stack = stack || object->segments[i].p_type == PT_GNU_STACK;
		rc = check_segment(object, &object->segments[i], &end, fault);
	}
	if (rc == 0 && !stack)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "expected a stack without code, found no word about it, which means an executable one; link with "
		    "-z noexecstack");
	return rc;
}

/* What no plain shared object has, and what to do about it; NULL: nothing is wrong with this tag. */
static const char *
refused_tag(const Elf64_Dyn *dyn)
{
	switch (dyn->d_tag) {
	case DT_RPATH:
		return "DT_RPATH; link without -rpath";
	case DT_RUNPATH:
		return "DT_RUNPATH; link without -rpath";
	case DT_TEXTREL:
		return "DT_TEXTREL; compile with -fPIC";
	case DT_AUDIT:
		return "DT_AUDIT";
	case DT_DEPAUDIT:
		return "DT_DEPAUDIT";
	case DT_FILTER:
		return "DT_FILTER";
	case DT_AUXILIARY:
		return "DT_AUXILIARY";
	case DT_FLAGS:
		if (dyn->d_un.d_val & DF_STATIC_TLS)
			return "DF_STATIC_TLS; keep state in the call";
		return dyn->d_un.d_val & DF_TEXTREL ? "DF_TEXTREL; compile with -fPIC" : NULL;
	case DT_FLAGS_1:
		return dyn->d_un.d_val & DF_1_PIE ? "DF_1_PIE, a program; link it with -shared" : NULL;
	default:
		return NULL;
	}
}

static void
take_tag(struct object *object, const Elf64_Dyn *dyn)
{
	switch (dyn->d_tag) {
	case DT_STRTAB:
		object->strings = dyn->d_un.d_ptr;
		break;
	case DT_STRSZ:
		object->strings_size = dyn->d_un.d_val;
		break;
	case DT_SYMTAB:
		object->symbols = dyn->d_un.d_ptr;
		break;
	case DT_HASH:
		object->hash = dyn->d_un.d_ptr;
		break;
	case DT_GNU_HASH:
		object->gnu_hash = dyn->d_un.d_ptr;
		break;
	case DT_VERSYM:
		object->versym = dyn->d_un.d_ptr;
		break;
	case DT_VERNEED:
		object->verneed = dyn->d_un.d_ptr;
		break;
	case DT_VERNEEDNUM:
		object->verneed_n = dyn->d_un.d_val;
		break;
	case DT_RELA:
		object->relocations[0].at = dyn->d_un.d_ptr;
		break;
	case DT_RELASZ:
		object->relocations[0].size = dyn->d_un.d_val;
		break;
	case DT_REL:
		object->relocations[1].at = dyn->d_un.d_ptr;
		break;
	case DT_RELSZ:
		object->relocations[1].size = dyn->d_un.d_val;
		break;
	case DT_JMPREL:
		object->relocations[2].at = dyn->d_un.d_ptr;
		break;
	case DT_PLTRELSZ:
		object->relocations[2].size = dyn->d_un.d_val;
		break;
	case DT_PLTREL:
		object->relocations[2].addend = dyn->d_un.d_val == DT_RELA;
		break;
	default:
		break;
	}
}

static int
read_dynamic(struct object *object, struct fault *fault)
{
	const Elf64_Phdr *dynamic = NULL;
	const char *refused;
	Elf64_Dyn dyn;

	for (size_t i = 0; i < object->segments_n; i++)
		if (object->segments[i].p_type == PT_DYNAMIC)
			dynamic = &object->segments[i];
	/* The loader reads it where it is mapped, not where the header says that it is in the file: these must agree. */
	if (dynamic == NULL || dynamic->p_filesz / sizeof(dyn) > DYNAMIC_MAX ||
	    object_at(object, dynamic->p_vaddr, dynamic->p_filesz) != object->data + dynamic->p_offset)
		return fault_set(fault, HOSPES_EBADPLUGIN, "expected a dynamic section in a segment, found none");
	object->relocations[0].addend = true;
	for (uint64_t at = 0; at + sizeof(dyn) <= dynamic->p_filesz; at += sizeof(dyn)) {
		memcpy(&dyn, object->data + dynamic->p_offset + at, sizeof(dyn));
		if (dyn.d_tag == DT_NULL)
			break;
		refused = refused_tag(&dyn);
		if (refused != NULL)
			return fault_set(fault, HOSPES_EBADPLUGIN,
			    "expected a dynamic section of a plain shared object, found %s", refused);
		take_tag(object, &dyn);
	}
	if (object->strings == 0 || object->symbols == 0 ||
	    object_at(object, object->strings, object->strings_size) == NULL)
		return fault_set(fault, HOSPES_EBADPLUGIN, "expected dynamic symbols and their names, found none");
	return 0;
}

/* Version needs: a list of files, each with a list of names; offsets lead from one to the next. */
static int
read_versions(struct object *object, struct fault *fault)
{
	uint64_t file_at = object->verneed;

	for (uint64_t i = 0; i < object->verneed_n && object->verneed != 0; i++) {
		const void *p = object_at(object, file_at, sizeof(Elf64_Verneed));
		Elf64_Verneed need;
		uint64_t at;

		if (p == NULL || i > OBJECT_VERSIONS)
			return fault_set(
			    fault, HOSPES_EBADPLUGIN, "expected version needs in a segment, found them outside");
		memcpy(&need, p, sizeof(need));
		at = file_at + need.vn_aux;
		for (unsigned k = 0; k < need.vn_cnt; k++) {
			Elf64_Vernaux aux;
			const char *name;

			p = object_at(object, at, sizeof(aux));
			if (p == NULL)
				return fault_set(fault, HOSPES_EBADPLUGIN,
				    "expected version needs in a segment, found them outside");
			memcpy(&aux, p, sizeof(aux));
			name = object_string(object, aux.vna_name);
			if (name == NULL || (aux.vna_other & 0x7fff) >= OBJECT_VERSIONS)
				return fault_set(
				    fault, HOSPES_EBADPLUGIN, "expected the name of a version, found none");
			object->versions[aux.vna_other & 0x7fff] = name;
			if (aux.vna_next == 0)
				break;
			at += aux.vna_next;
		}
		if (need.vn_next == 0)
			break;
		file_at += need.vn_next;
	}
	return 0;
}

int
object_open(struct object *ret, const void *data, size_t size, struct fault *fault)
{
	int rc;

	*ret = (struct object){.data = data, .size = size};
	rc = check_ident(ret, fault);
	if (rc == 0)
		rc = check_head(ret, fault);
	if (rc != 0)
		return rc;
	elf_version(EV_CURRENT);
	ret->elf = elf_memory((char *)(uintptr_t)data, size);
	if (ret->elf == NULL || elf_kind(ret->elf) != ELF_K_ELF)
		rc = fault_set(fault, HOSPES_EBADPLUGIN, "expected an ELF file, found: %s", elf_errmsg(-1));
	if (rc == 0)
		rc = check_segments(ret, fault);
	if (rc == 0)
		rc = read_dynamic(ret, fault);
	if (rc == 0)
		rc = read_versions(ret, fault);
	return rc;
}

void
object_close(struct object *object)
{
	if (object->elf != NULL)
		elf_end(object->elf);
	object->elf = NULL;
}

const void *
object_at(const struct object *object, uint64_t address, uint64_t len)
{
	for (size_t i = 0; i < object->segments_n; i++) {
		const Elf64_Phdr *ph = &object->segments[i];

		if (ph->p_type == PT_LOAD && address >= ph->p_vaddr && inside(ph->p_filesz, address - ph->p_vaddr, len))
			return object->data + ph->p_offset + (address - ph->p_vaddr);
	}
	return NULL;
}

const char *
object_string(const struct object *object, uint64_t offset)
{
	const char *table = object_at(object, object->strings, object->strings_size);

	if (table == NULL || offset >= object->strings_size ||
	    memchr(table + offset, '\0', object->strings_size - offset) == NULL)
		return NULL;
	return table + offset;
}

static bool
get_u32(const struct object *object, uint64_t address, uint32_t *ret)
{
	const void *p = object_at(object, address, sizeof(*ret));

	if (p != NULL)
		memcpy(ret, p, sizeof(*ret));
	return p != NULL;
}

/* The GNU table has no count: the last chain of the last bucket ends with a set low bit. */
static bool
count_gnu(const struct object *object, uint64_t *ret)
{
	uint32_t buckets, first, words, bucket, hash, last = 0;
	uint64_t at = object->gnu_hash + 16;

	if (!get_u32(object, object->gnu_hash, &buckets) || !get_u32(object, object->gnu_hash + 4, &first) ||
	    !get_u32(object, object->gnu_hash + 8, &words))
		return false;
	at += (uint64_t)words * 8;
	if (object_at(object, at, (uint64_t)buckets * 4) == NULL)
		return false;
	for (uint32_t i = 0; i < buckets; i++) {
		if (!get_u32(object, at + (uint64_t)i * 4, &bucket))
			return false;
		last = bucket > last ? bucket : last;
	}
	*ret = first;
	if (last == 0)
		return true;
	if (last < first)
		return false;
	at += (uint64_t)buckets * 4;
	do
		if (!get_u32(object, at + (uint64_t)(last - first) * 4, &hash))
			return false;
	while ((hash & 1) == 0 && last++ < UINT32_MAX);
	*ret = (uint64_t)last + 1;
	return true;
}

bool
object_symbol_count(const struct object *object, uint64_t *ret)
{
	uint32_t count;

	if (object->gnu_hash != 0)
		return count_gnu(object, ret);
	if (object->hash == 0 || !get_u32(object, object->hash + 4, &count))
		return false;
	*ret = count;
	return true;
}

bool
object_symbol(const struct object *object, uint64_t index, Elf64_Sym *ret)
{
	const void *p =
	    index > UINT32_MAX ? NULL : object_at(object, object->symbols + index * sizeof(*ret), sizeof(*ret));

	if (p != NULL)
		memcpy(ret, p, sizeof(*ret));
	return p != NULL;
}

const char *
object_version(const struct object *object, uint64_t index)
{
	const void *p = object->versym == 0 ? NULL : object_at(object, object->versym + index * 2, 2);
	uint16_t version;

	if (p == NULL)
		return NULL;
	memcpy(&version, p, sizeof(version));
	version &= 0x7fff;
	return version < OBJECT_VERSIONS ? object->versions[version] : NULL;
}
