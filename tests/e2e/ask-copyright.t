# The copyright files of packages: fields, stanzas, licences of many hands.
. "$TESTS/lib.sh"
mkdir "$T/copyright"
for package in base-files bash coreutils dash dpkg findutils grep gzip libc6 libpam0g login m4 make mawk perl-base sed tar \
    util-linux zlib1g; do
	file=/usr/share/doc/$package/copyright
	[ ! -e "$file" ] || cp -L "$file" "$T/copyright/$package"
done
[ -e "$T/copyright/zlib1g" ] && [ -e "$T/copyright/bash" ] || skip_all "no copyright files in /usr/share/doc"
plan 8
installed

asked "What must altered versions of the zlib source say?" "$T/copyright"
cites zlib1g 'Altered source versions must be plainly marked' "a duty"
asked "Where can I find the complete text of the GPL?" "$T/copyright"
holds "jq -e '.sources | length >= 3 and all(.quote | contains(\"/usr/share/common-licenses/GPL\"))' '$T/out' >/dev/null" \
					"a place"
holds "quotes_stand '$T/copyright'"     "each quote is byte for byte in its document"
asked "Who maintains GNU tar?" "$T/copyright"
cites tar 'maintained by Sergey Poznyakoff' "somebody"
asked "Which files are in the public domain?" "$T/copyright"
holds "jq -e '.sources | length >= 3 and all(.quote | test(\"public.domain\"; \"i\"))' '$T/out' >/dev/null" "files, each of that kind"
asked "How do I water tomatoes?" "$T/copyright"; cites_nothing "not told: a how-to"
asked "How many legs does a spider have?" "$T/copyright"; cites_nothing "not told: a number"
asked "What boils mercury?" "$T/copyright"; cites_nothing "not told: a cause"
