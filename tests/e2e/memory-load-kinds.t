# Files of every kind become text that is found; what is no text is skipped, and a line names it and says why.
. "$TESTS/lib.sh"
plan 16
host_start
mkdir -p "$T/docs/.hidden" "$T/docs/sub" "$T/bin"
cd "$T" || exit 1

printf '<!DOCTYPE html><title>Metals</title><style>p{}</style><h1>Boiling</h1><p>Mercury boils\n at 357&nbsp;&deg;C.' >docs/page
printf 'gallium melts in the hand\r\n' | gzip >docs/sub/gallium.txt.gz
printf 'le caf\xe9 est servi\n' >docs/latin
printf '\xff\xfec\0\xe6\0s\0i\0u\0m\0' >docs/wide
printf '\x7fELF\2\1\1\0\0\0' >docs/program
printf 'never seen' >docs/.hidden/secret
head -c 3000000 /dev/zero | tr '\0' x | gzip -9 >docs/bomb.gz
ln -s . docs/loop
ln -s nowhere docs/dangling
cat >docs/paper.pdf <<'PDF'
%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 600 200] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >> endobj
4 0 obj << /Length 56 >> stream
BT /F 18 Tf 50 100 Td (Rubidium ignites in the air) Tj ET
endstream endobj
5 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj
trailer << /Root 1 0 R >>
%%EOF
PDF

PATH=$STAGE/bin hospes memory load kinds docs --json >"$T/out" 2>"$T/err"; code=$?
is "$code $(jq -c '[.documents, .skipped]' "$T/out")" "0 [4,4]" "four documents, four files that are skipped" || shown
# skipped FILE WHY
skipped()
{
	holds "grep -qF 'skipped docs/$1: $2' '$T/err'" "$1 is skipped: $2" || shown
}
skipped program "it is no text: there is a byte 0x7f at position 0"
skipped bomb.gz "it unpacks to more than 200 times its size"
skipped dangling "it is a link that leads nowhere"
skipped paper.pdf "it is a PDF and there is no pdftotext to read it; install the package poppler-utils"
is "$(grep -c '^skipped' "$T/err")" 4 "and nothing else"

# finds WORDS NAME TEXT
finds()
{
	hospes memory search kinds "$1" --json >"$T/out" 2>"$T/err"; code=$?
	is "$(jq -r '.found[0] | .document + ": " + .text' "$T/out" | tr -s '\n ' ' ' | sed 's/ $//')" "$2: $3" "$2 is found by $1" || shown
}
finds boils page "Mercury boils at 357 °C."
finds gallium sub/gallium.txt.gz "gallium melts in the hand"
finds café latin "le café est servi"
finds cæsium wide "cæsium"
hospes memory search kinds never seen >"$T/out" 2>"$T/err"; code=$?
is "$code" 3 "hidden files are not read"
hospes memory load kinds docs/.hidden --json >"$T/out" 2>"$T/err"
is "$(jq .documents "$T/out")" 1 "unless they are named"

if ! command -v pdftotext >/dev/null; then
	printf '#!/bin/sh\nsed -n "s/.*(\\(.*\\)) Tj.*/\\1/p" /dev/stdin\n' >"$T/bin/pdftotext"
	chmod +x "$T/bin/pdftotext"
fi
PATH=$T/bin:$PATH hospes memory load kinds docs --json >"$T/out" 2>"$T/err"; code=$?
is "$(jq -c '[.documents, .new, .skipped]' "$T/out")" "[5,1,3]" "with pdftotext the PDF is read too" || shown
finds rubidium paper.pdf "Rubidium ignites in the air"

hospes memory load kinds docs/program >"$T/out" 2>"$T/err"; code=$?
is "$code" 3 "nothing but what is no text is an error"
says "skipped docs/program: it is no text"
