# SPDX-License-Identifier: MIT
# Host side: lib and tools as host programs, and one cmocka program per lib/*_test.c and tools/*_test.c.
HOST_LIB_C := $(filter-out %_test.c lib/fuzz_%.c,$(wildcard lib/*.c))
HOST_LIB_O := $(patsubst %.c,$(B)/host/%.o,$(HOST_LIB_C))
SAN_LIB_O  := $(patsubst %.c,$(B)/san/%.o,$(HOST_LIB_C))

$(B)/host/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(INC_lib) -MMD -MP -c $< -o $@
$(B)/san/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(SAN) $(INC_lib) -MMD -MP -c $< -o $@
$(B)/host/tools/%.o: tools/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(INC_tools) -Itools -MMD -MP -c $< -o $@
$(B)/san/tools/%.o: tools/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(SAN) $(INC_tools) -Itools -MMD -MP -c $< -o $@

$(B)/host/lib.a: $(HOST_LIB_O)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(B)/san/lib.a: $(SAN_LIB_O)
	@rm -f $@
	$(Q)ar rcs $@ $^

UNITS := $(patsubst lib/%_test.c,$(B)/units/lib-%,$(wildcard lib/*_test.c))
$(B)/units/lib-%: lib/%_test.c $(B)/san/lib.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(SAN) $(INC_lib) -MMD -MP $< $(B)/san/lib.a -lcmocka -lm -o $@
units: $(UNITS)

# Fuzz targets of lib: build/fuzz/lib-NAME from lib/fuzz_NAME.c. libFuzzer comes with clang; the rest is the unit tests' lib.
FUZZ_CC     ?= clang
FUZZ_CFLAGS := -std=gnu11 -Wall -Wextra -Werror -O1 -g -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=all
$(B)/fuzz/lib-%: lib/fuzz_%.c $(HOST_LIB_C)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) $(INC_lib) $^ -o $@

.PHONY: host-tools
-include $(wildcard $(B)/host/*/*.d $(B)/san/*/*.d $(B)/units/*.d)
