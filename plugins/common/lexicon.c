/*
 * Words that say the same in contracts, manuals, policies and release notes, and pairs that say the opposite.
 *
 * Only what is the same in nearly every such text is here: "customer" and "buyer" are, "member" and "guest" are not.
 * Words are compared by their stems, which are made when the plugin is loaded.
 */

#include <string.h>

#include "common/statement.h"

#define SENSES 260

/* The first word stands for all of its line. */
static const char *const same[] = {
    "customer buyer purchaser client consumer shopper",
    "employee staff worker personnel",
    "tenant lessee renter",
    "landlord lessor",
    "supplier vendor seller",
    "student pupil",
    "guest visitor",
    "company firm",
    "agreement contract",
    "fee charge",
    "price cost costs",
    "return returned returning",
    "refund reimburse reimbursed reimbursement refunded",
    "begin start commence starts commences begins",
    "end expire finish terminate termination expiry ends expires cease",
    "cancel cancelled cancellation canceled",
    "buy purchase purchased",
    "delete remove erase removed",
    "keep retain store retained stored retention kept preserve storage",
    "send submit submitted deliver delivery sent",
    "copy copies reproduce",
    "use used usage utilize",
    "let allow",
    "show display",
    "receive get obtain",
    "reply respond answer response",
    "repair fix",
    "error fault failure",
    "password passphrase passcode",
    "notify inform notice notification notified",
    "maintain maintenance",
    "holiday vacation leave",
    "car vehicle",
    "photo photograph picture",
    "document paper",
    "request ask",
    "modify change alter amend modification",
    "distribute convey redistribute",
    "attempt try",
    "pay payment paid payable",
    "guarantee warranty",
    "smoke smoking",
    "occur happen",
    "encrypt encryption encrypted",
    "log record logged",
    "apply application",
    "operate operation",
    "register registration enrol enrolment enroll enrollment",
    "book reserve booking reservation reserved booked",
    "renew renewal extend",
    "borrow loan lend",
    "install installation",
    "approve approval consent permission authorization authorisation",
    "default preset",
    "choose select",
    "phone telephone mobile",
    "big large",
    "carry bring",
};

/* What the first word affirms the others deny. */
static const char *const opposite[] = {
    "enabled disabled",
    "supported unsupported",
    "included excluded",
    "available unavailable",
    "accept refuse reject decline rejected refused declined accepted",
    "open closed shut",
    "valid invalid void",
    "active inactive",
    "compatible incompatible",
    "refundable nonrefundable",
    "encrypted unencrypted plaintext",
    "transferable nontransferable",
    "revocable irrevocable",
    "reversible irreversible",
    "visible hidden invisible",
    "permanent temporary",
    "public private confidential",
    "safe unsafe",
    "limited unlimited",
    "necessary unnecessary",
    "possible impossible",
    "increase decrease reduce",
    "raise lower",
    "locked unlocked",
    "liable exempt",
    "synchronous asynchronous",
    "automatically manually",
};

/* They say how a number is meant, or nothing of what it is about. */
static const char light[] =
    " period time limit amount number total size length duration term value level last lasts lasting take takes taking "
    "run runs amounts amounting equal equals set sets consist consists comprise comprises hold holds worth come comes "
    "become becomes stay stays remain remains exactly precisely only always currently now long maximum minimum max min "
    "usually normally generally typically least most apply applies applicable following "
    "respective therefore moreover furthermore please note also both each every all any per day's within using via "
    "up down will would shall be been being do does did done have has had having case way kind type place "
    "explicitly expressly strictly clearly simply still already ever never yet either neither ";

static struct {
	char stem[TEXT_STEM], means[TEXT_STEM];
	bool denies;
} senses[SENSES];
static size_t n_senses;

static void
line_add(const char *line, bool denies)
{
	char means[TEXT_STEM] = "";

	for (bool first = true; *line != '\0'; first = false) {
		size_t len = strcspn(line, " ");
		char stem[TEXT_STEM];

		text_stem(line, len, stem);
		if (first)
			memcpy(means, stem, sizeof(means));
		if (n_senses < SENSES && (denies || strcmp(stem, means) != 0)) {
			memcpy(senses[n_senses].stem, stem, sizeof(stem));
			memcpy(senses[n_senses].means, means, sizeof(means));
			senses[n_senses++].denies = denies && !first;
		}
		line += len + (line[len] == ' ');
	}
}

int
lexicon_init(void)
{
	if (n_senses > 0)
		return 0;
	for (size_t i = 0; i < sizeof(opposite) / sizeof(*opposite); i++)
		line_add(opposite[i], true);
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		line_add(same[i], false);
	return 0;
}

const char *
lexicon_stem(const char *stem, bool *denies)
{
	*denies = false;
	for (size_t i = 0; i < n_senses; i++)
		if (strcmp(senses[i].stem, stem) == 0) {
			*denies = senses[i].denies;
			return senses[i].means;
		}
	return stem;
}

bool
lexicon_light(const char *word)
{
	const char *at = light;
	size_t len = strlen(word);

	while (len > 0 && (at = strstr(at, word)) != NULL) {
		if (at > light && at[-1] == ' ' && at[len] == ' ')
			return true;
		at++;
	}
	return false;
}
