# What an agent tries past the C library is refused by the filter, and the log of its call names the layer and the system
# call; the agent goes on with ENOSYS, as if the machine did not know such a thing.
. "$TESTS/lib.sh"
if [ "${SANITIZERS:-no}" != no ]; then
	skip_all "the profile of sanitizer builds lets their run-time libraries open files"
fi
plan 8
host_start
plugin demo-burglar                     # plugins/demo/burglar.c: tries to open a file, to make a socket

run demo-burglar '{"try": "open"}';     succeeds "one that tries to open a file goes on"
result .got -38                         "and was told that there is no such system call"
journal_has '.kind == "log" and (.message | startswith("refused by seccomp: openat"))' 1 \
                                        "the log of its call names layer and system call"
run demo-burglar '{"try": "socket"}';   succeeds "one that tries to make a socket as well"
result .got -38                         "and was told the same"
journal_has '.kind == "log" and (.message | startswith("refused by seccomp: socket"))' 1 "and so does its log"
run demo-burglar '{"try": "many"}';     succeeds "one that tries a hundred thousand times too"
journal_has '.kind == "log"' 1          "and that is one line, not so many"
