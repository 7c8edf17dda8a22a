# The two commands for a fresh machine, and what they share.
EXTRA_DIST += contrib/check contrib/demo contrib/packages contrib/setup.sh .ci/run .clang-format
