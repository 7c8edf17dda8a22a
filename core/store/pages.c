/*
 * The pages of an environment, looked at without LMDB: it follows what a page says, and a page that says what cannot be has it
 * read and write anywhere.
 *
 * From the newer of the two heads on, every page that is reached has to say its own number and kind, have its entries inside
 * of it and beside each other, be reached once, and not be among those that are free.  What the entries are is looked at
 * afterwards, by LMDB and by their checksums.  The layout is that of LMDB 0.9, data version 1.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/state.h"

#define MAGIC      0xBEEFC0DEu
#define VERSION    1u
#define PAGE_LEAST 512u
#define PAGE_MOST  32768u
#define NO_PAGE    UINT64_MAX
#define DEPTH_MAX  32u
#define KEY_MOST   511u

enum { PAGE_BRANCH = 0x01, PAGE_LEAF = 0x02, PAGE_OVERFLOW = 0x04, PAGE_META = 0x08 };
enum { NODE_BIG = 0x01, NODE_TABLE = 0x02 };

struct page_head {
	uint64_t number;
	uint16_t pad, flags;
	union {
		struct {
			uint16_t lower, upper;
		};
		uint32_t pages; /* of an overflow */
	};
};
static_assert(sizeof(struct page_head) == 16, "page_head");

struct tree {
	uint32_t pad; /* of the first: the size of a page */
	uint16_t flags, depth;
	uint64_t branches, leaves, overflows, entries, root;
};
static_assert(sizeof(struct tree) == 48, "tree");

struct meta {
	uint32_t magic, version;
	uint64_t address, map;
	struct tree trees[2]; /* pages that are free; tables */
	uint64_t last_page, txn;
};
static_assert(sizeof(struct meta) == 136, "meta");

struct node {
	uint16_t low, high, flags, key_size;
};
static_assert(sizeof(struct node) == 8, "node");

enum what { FREE_PAGES, TABLES, VALUES };

struct pages {
	const char *file;
	const uint8_t *data;
	size_t size, page;
	struct meta meta;
	uint8_t *used; /* by number: 1 reached, 2 free */
	struct fault *fault;
};

static int
bad(struct pages *p, uint64_t page, const char *why)
{
	return fault_set(p->fault, HOSPES_EDAMAGED, "the store is damaged: the page %llu of %s %s",
	    (unsigned long long)page, p->file, why);
}

/* `n` pages from this number on are part of the file, and of nothing else. */
static int
take_pages(struct pages *p, uint64_t first, uint64_t n, uint8_t as)
{
	if (first < 2 || n == 0 || first > p->meta.last_page || n > p->meta.last_page - first + 1 ||
	    (first + n) * p->page > p->size)
		return bad(p, first, "is named and is not there");
	for (uint64_t i = first; i < first + n; i++) {
		if (p->used[i] != 0)
			return bad(p, i, "has two owners");
		p->used[i] = as;
	}
	return 0;
}

static int walk_tree(struct pages *p, const struct tree *t, enum what what);

/* A list of free pages: how many, then their numbers. */
static int
take_free(struct pages *p, uint64_t page, const uint8_t *data, size_t len)
{
	uint64_t n, number;

	if (len < sizeof n)
		return bad(p, page, "has a list of free pages without a length");
	memcpy(&n, data, sizeof n);
	if (n > len / sizeof n - 1)
		return bad(p, page, "has a list of free pages that is longer than it is");
	for (uint64_t i = 1; i <= n; i++) {
		memcpy(&number, data + i * sizeof number, sizeof number);
		if (number < 2 || number > p->meta.last_page)
			return bad(p, page, "names a free page that is none");
		/* A free page may lie behind the end of the file: it was never written. */
		if (p->used[number] != 0)
			return bad(p, number, "is free and has an owner");
		p->used[number] = 2;
	}
	return 0;
}

/* An entry's data, which may have pages of its own. */
static int
find_data(
    struct pages *p, uint64_t page, const struct node *node, const uint8_t *data, struct tree *sum, const uint8_t **ret)
{
	size_t len = node->low | (size_t)node->high << 16, n = (sizeof(struct page_head) + len - 1) / p->page + 1;
	struct page_head head;
	uint64_t first;
	int rc;

	if ((node->flags & NODE_BIG) == 0) {
		*ret = data;
		return 0;
	}
	memcpy(&first, data, sizeof first);
	rc = take_pages(p, first, n, 1);
	if (rc != 0)
		return rc;
	memcpy(&head, p->data + first * p->page, sizeof head);
	if (head.number != first || head.flags != PAGE_OVERFLOW || head.pages != n)
		return bad(p, page, "names pages for a large value that are none");
	sum->overflows += n;
	*ret = p->data + first * p->page + sizeof head;
	return 0;
}

static int
take_entry(
    struct pages *p, uint64_t page, const struct node *node, const uint8_t *body, enum what what, struct tree *sum)
{
	size_t len = node->low | (size_t)node->high << 16;
	const uint8_t *data = body + node->key_size;
	struct tree table;
	int rc;

	sum->entries++;
	if ((node->flags & ~(what == TABLES ? NODE_BIG | NODE_TABLE : NODE_BIG)) != 0)
		return bad(p, page, "has an entry of a kind that there is not");
	rc = find_data(p, page, node, data, sum, &data);
	if (rc != 0)
		return rc;
	if (what == FREE_PAGES)
		return node->key_size == sizeof(uint64_t) ? take_free(p, page, data, len)
							  : bad(p, page, "has a list of free pages of no transaction");
	if ((node->flags & NODE_TABLE) == 0)
		return 0;
	if (len != sizeof table)
		return bad(p, page, "has a table that is none");
	memcpy(&table, data, sizeof table);
	return walk_tree(p, &table, VALUES);
}

/* The bytes of a node: inside the page, and nobody else's. */
static size_t
node_bytes(const struct node *node, bool leaf)
{
	size_t len = leaf ? node->low | (size_t)node->high << 16 : 0, bytes;

	bytes = sizeof *node + node->key_size + (leaf && (node->flags & NODE_BIG) ? sizeof(uint64_t) : len);
	return (bytes + 1) & ~(size_t)1;
}

static int walk_page(
    struct pages *p, uint64_t page, const struct tree *t, unsigned depth, enum what what, struct tree *sum);

static int
walk_nodes(struct pages *p, uint64_t page, const struct page_head *head, const struct tree *t, unsigned depth,
    enum what what, struct tree *sum)
{
	const uint8_t *at = p->data + page * p->page;
	size_t n = (head->lower - sizeof *head) / 2, taken = 0;
	bool leaf = head->flags == PAGE_LEAF;
	uint8_t held[PAGE_MOST / 2] = {0};

	for (size_t i = 0; i < n; i++) {
		struct node node;
		uint16_t place;
		size_t bytes;
		int rc;

		memcpy(&place, at + sizeof *head + 2 * i, sizeof place);
		if (place < head->upper || place % 2 != 0 || place > p->page - sizeof node)
			return bad(p, page, "has an entry outside of it");
		memcpy(&node, at + place, sizeof node);
		bytes = node_bytes(&node, leaf);
		if (bytes > p->page - place || node.key_size > KEY_MOST || (leaf && node.key_size == 0))
			return bad(p, page, "has an entry that does not fit");
		for (size_t b = place / 2; b < (place + bytes) / 2; b++)
			if (held[b]++ != 0)
				return bad(p, page, "has two entries in one place");
		taken += bytes;
		if (leaf)
			rc = take_entry(p, page, &node, at + place + sizeof node, what, sum);
		else
			rc = walk_page(p, node.low | (uint64_t)node.high << 16 | (uint64_t)node.flags << 32, t,
			    depth + 1, what, sum);
		if (rc != 0)
			return rc;
	}
	return taken == p->page - head->upper ? 0 : bad(p, page, "has room that is nobody's");
}

static int
walk_page(struct pages *p, uint64_t page, const struct tree *t, unsigned depth, enum what what, struct tree *sum)
{
	struct page_head head;
	int rc = take_pages(p, page, 1, 1);

	if (rc != 0)
		return rc;
	memcpy(&head, p->data + page * p->page, sizeof head);
	if (head.number != page)
		return bad(p, page, "says that it is another");
	if (head.flags != (depth == t->depth ? PAGE_LEAF : PAGE_BRANCH))
		return bad(p, page, "is not of the kind that belongs there");
	if (head.lower <= sizeof head || head.lower % 2 != 0 || head.lower > head.upper || head.upper > p->page)
		return bad(p, page, "says that it has more than it has room for");
	if (head.flags == PAGE_LEAF)
		sum->leaves++;
	else
		sum->branches++;
	return walk_nodes(p, page, &head, t, depth, what, sum);
}

static int
walk_tree(struct pages *p, const struct tree *t, enum what what)
{
	struct tree sum = {0};
	int rc = 0;

	if (what == VALUES && t->flags != 0)
		return bad(p, t->root, "is the root of a table of a kind that there is not");
	if (t->depth > DEPTH_MAX || (t->root == NO_PAGE) != (t->depth == 0))
		return bad(p, t->root, "is the root of a tree without a depth");
	if (t->root != NO_PAGE)
		rc = walk_page(p, t->root, t, 1, what, &sum);
	if (rc != 0)
		return rc;
	if (sum.branches != t->branches || sum.leaves != t->leaves || sum.overflows != t->overflows ||
	    sum.entries != t->entries)
		return bad(p, t->root, "is the root of a tree of another size");
	return 0;
}

/* Where the second page begins is said in the first. */
static uint32_t
page_size(const struct pages *p)
{
	struct meta meta;

	if (p->size < sizeof(struct page_head) + sizeof meta)
		return 0;
	memcpy(&meta, p->data + sizeof(struct page_head), sizeof meta);
	return meta.trees[0].pad;
}

/* The newer of the two heads, as LMDB chooses. */
static int
read_meta(struct pages *p)
{
	uint64_t newest = 0;

	p->page = page_size(p);
	if (p->page < PAGE_LEAST || p->page > PAGE_MOST || (p->page & (p->page - 1)) != 0)
		return bad(p, 0, "says that pages have a size that they cannot have");
	for (unsigned i = 0; i < 2; i++) {
		struct page_head head;
		struct meta meta;

		if (p->size < (i + 1) * p->page)
			return bad(p, i, "is not there");
		memcpy(&head, p->data + i * p->page, sizeof head);
		memcpy(&meta, p->data + i * p->page + sizeof head, sizeof meta);
		if (head.number != i || head.flags != PAGE_META || meta.magic != MAGIC || meta.version != VERSION)
			return bad(p, i, "is no head of a store");
		if (meta.trees[0].pad != p->page)
			return bad(p, i, "has another size of pages than the first");
		if (i == 0 || meta.txn > newest) {
			p->meta = meta;
			newest = meta.txn;
		}
	}
	return 0;
}

static int
look(struct pages *p)
{
	int rc = read_meta(p);

	if (rc != 0)
		return rc;
	if (p->meta.last_page < 1 || p->meta.last_page > UINT32_MAX ||
	    p->meta.last_page > p->meta.map / p->page + p->size / p->page)
		return bad(p, p->meta.last_page, "is said to be the last, and cannot be");
	p->used = xcalloc(p->meta.last_page + 1, 1);
	rc = walk_tree(p, &p->meta.trees[1], TABLES);
	return rc != 0 ? rc : walk_tree(p, &p->meta.trees[0], FREE_PAGES);
}

int
store_check_pages(const char *file, struct fault *fault)
{
	struct pages p = {.file = file, .fault = fault};
	_cleanup_(close_p) int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *data;
	int rc;

	if (fd < 0 || fstat(fd, &st) != 0)
		return fault_errno(fault, errno, "cannot read %s", file);
	if (st.st_size == 0)
		return fault_set(fault, HOSPES_EDAMAGED, "the store is damaged: %s is empty", file);
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return fault_errno(fault, errno, "cannot read %s", file);
	p.data = data;
	p.size = (size_t)st.st_size;
	rc = look(&p);
	free(p.used);
	munmap(data, p.size);
	return rc;
}
