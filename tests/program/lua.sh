#!/bin/sh
# SPDX-License-Identifier: MIT
# In the sandbox: the shell that Lua starts, then Lua on the files of /lua or on its own suite in /tests. Arguments: a folder
# and Lua's arguments.
/bin/busybox --install -s /bin
export LC_ALL=C TZ=UTC
cd "$1" || exit 1
shift
/bin/lua "$@" 2>&1
echo "lua ended with status $?"
