# Changelogs, as packages have them: compressed, one entry below the other, dates below what was done.
. "$TESTS/lib.sh"
mkdir "$T/changes"
for package in bash coreutils grep gzip libc6 login m4 make openssl perl-base procps sed tar util-linux; do
	log=/usr/share/doc/$package/changelog.Debian.gz
	[ ! -e "$log" ] || cp "$log" "$T/changes/$package.gz"
done
[ -e "$T/changes/bash.gz" ] && [ -e "$T/changes/login.gz" ] || skip_all "no changelogs in /usr/share/doc"
zgrep -q 'hardening flags' "$T/changes/bash.gz" || skip_all "another bash than that of Debian 12"
plan 8
installed

asked "When was hardening enabled in bash?" "$T/changes"
cites bash.gz 'Enable all hardening flags' "the entry"
cites bash.gz 'Sat, 31 Dec 2022' "with its date, since that was asked for"
asked "Why was the non-source PDF removed from bash?" "$T/changes"
cites bash.gz 'pdf file without source' "what was done to one package"
asked "What was changed for musl?" "$T/changes"
cites bash.gz 'Fix build on musl' "what was done for one reason"
asked "Which CVE was fixed in login?" "$T/changes"
cites login.gz 'CVE-2023-' "and one number among many"
is "$(jq '[.sources[] | select(.document == "login.gz") | .heading // "" | startswith("shadow (")] | all' "$T/out")" true \
					"under the version that it is of"
asked "When was dpkg rewritten in Rust?" "$T/changes"; cites_nothing "not told: what never was"
asked "What is the recipe for pancakes?" "$T/changes"; cites_nothing "not told: another subject"
