/* The secret and the signature: see sign.h. */

#include "observe/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"
#include "base/util.h"

static int
check_file(int fd, const char *path, struct fault *fault)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fault_errno(fault, errno, "alerts.secret_file: cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, HOSPES_ECONFIG, "alerts.secret_file: %s is no plain file", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return fault_set(fault, HOSPES_ECONFIG,
		    "alerts.secret_file: %s belongs to uid %u; it has to belong to root or to uid %u, as which the "
		    "host runs",
		    path, (unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fault_set(fault, HOSPES_ECONFIG,
		    "alerts.secret_file: others may use %s (mode %04o); `chmod 600 %s` keeps it for its owner", path,
		    (unsigned)st.st_mode & 07777, path);
	return 0;
}

/* All of the file, up to one byte more than it may have. */
static int
read_all(int fd, const char *path, uint8_t *to, size_t *ret_len, struct fault *fault)
{
	size_t len = 0;

	while (len <= SECRET_MOST) {
		ssize_t n = read(fd, to + len, SECRET_MOST + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_errno(fault, errno, "alerts.secret_file: cannot read %s", path);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

static size_t
without_line_end(const uint8_t *bytes, size_t len)
{
	if (len > 0 && bytes[len - 1] == '\n')
		len--;
	if (len > 0 && bytes[len - 1] == '\r')
		len--;
	return len;
}

int
secret_read(const char *path, struct secret *ret, struct fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc;
	struct secret s = {0};

	if (fd < 0) {
		fault_errno(fault, errno,
		    "alerts.secret_file: cannot open %s as uid %u, as which the host runs, and to which it has to "
		    "belong",
		    path, (unsigned)geteuid());
		return fault->status = HOSPES_ECONFIG;
	}
	s.bytes = sodium_malloc(SECRET_MOST + 1);
	if (s.bytes == NULL)
		abort();
	rc = check_file(fd, path, fault);
	if (rc == 0)
		rc = read_all(fd, path, s.bytes, &s.len, fault);
	close(fd);
	s.len = without_line_end(s.bytes, s.len);
	if (rc == 0 && (s.len < SECRET_LEAST || s.len > SECRET_MOST))
		rc = fault_set(fault, HOSPES_ECONFIG,
		    "alerts.secret_file: %s has %s bytes; a secret has %u to %u, and `openssl rand -hex 32` makes one",
		    path, s.len < SECRET_LEAST ? "too few" : "too many", SECRET_LEAST, SECRET_MOST);
	if (rc != 0) {
		secret_clear(&s);
		return fault->status = HOSPES_ECONFIG;
	}
	sodium_mprotect_readonly(s.bytes);
	*ret = s;
	return 0;
}

void
secret_clear(struct secret *s)
{
	sodium_free(s->bytes); /* which zeroes it */
	*s = (struct secret){0};
}

void
signature_of(const struct secret *s, int64_t seconds, const void *body, size_t len, char out[SIGNATURE_TEXT])
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	char hex[2 * sizeof(mac) + 1], when[24];
	crypto_auth_hmacsha256_state state;
	int n = snprintf(when, sizeof(when), "%" PRId64 ".", seconds);

	crypto_auth_hmacsha256_init(&state, s->bytes, s->len);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)when, (size_t)n);
	crypto_auth_hmacsha256_update(&state, body, len);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof(state));
	hex_format(mac, sizeof(mac), hex);
	snprintf(out, SIGNATURE_TEXT, "t=%" PRId64 ",v1=%s", seconds, hex);
}
