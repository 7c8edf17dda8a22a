# What hostile plugins try comes to nothing.  Each row of fixtures/hostile/table is one of them on a real host: its caller is
# told the right thing, the host's log says who it was and what it did, others who run meanwhile all end well, and nothing of
# it stays: no process, no descriptor.
#
# ROWS='raw-*' plays some rows only.
. "$TESTS/lib.sh"
. "$TESTS/hostile.sh"

rows=$(hostile_rows "${ROWS:-*}")
plan $(($(wc -l <<<"$rows") * 4 + 1))
hostile_host
while IFS='|' read -r name plugin input status says logs words; do
	hostile_row "$name" "$plugin" "$input" "$status" "$says" "$logs" "$words"
done <<<"$rows"
run echo '{"a": 1}'
succeeds "and the host answers as before"
