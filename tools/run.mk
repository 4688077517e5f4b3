# SPDX-License-Identifier: MIT
# build/quest-run: the host side of `./quest run` and `./quest stat`.
RUN_O := $(patsubst %.c,$(B)/host/%.o,$(filter-out %_test.c,$(wildcard tools/run/*.c)))
$(B)/quest-run: $(RUN_O) $(B)/host/lib.a
	$(CC) $(HOST_CFLAGS) $^ -o $@
host-tools: $(B)/quest-run
-include $(wildcard $(B)/host/tools/run/*.d)
