# SPDX-License-Identifier: MIT
# The system compiler: a host program, and the same objects with sanitizers for its unit tests.
QUESTC_C := $(filter-out tools/questc.c,$(patsubst %,tools/%.c,diag yaml units config_take config_read config_check config_admit \
	analysis plan plan_archive plan_images plan_place plan_blob report report_json report_timing))
$(B)/questc: $(patsubst %.c,$(B)/host/%.o,$(QUESTC_C) tools/questc.c) $(B)/host/lib.a
	$(CC) $(HOST_CFLAGS) $^ -lfyaml -o $@
host-tools: $(B)/questc
$(B)/san/questc: $(patsubst %.c,$(B)/san/%.o,$(QUESTC_C) tools/questc.c) $(B)/san/lib.a
	$(CC) $(HOST_CFLAGS) $(SAN) $^ -lfyaml -o $@
units: $(B)/san/questc # before the tests that use it start, two at a time

# Small images for the tests of system files.
$(B)/tests/fixture: tests/system/fixture.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $< -o $@
host-tools: $(B)/tests/fixture

# Fuzz targets; tests/system/fuzz.t gives them their seeds.
$(B)/fuzz/yaml: tools/fuzz_yaml.c $(QUESTC_C) $(HOST_LIB_C)
$(B)/fuzz/blob: tools/fuzz_blob.c $(HOST_LIB_C)
$(B)/fuzz/image: tools/fuzz_image.c $(HOST_LIB_C)
$(B)/fuzz/yaml $(B)/fuzz/blob $(B)/fuzz/image:
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) $(INC_tools) -Itools $^ $(if $(findstring yaml,$@),-lfyaml) -o $@

# Unit tests of the host tools, with the sanitizers.
TOOL_UNITS := $(patsubst tools/%_test.c,$(B)/units/tools-%,$(wildcard tools/*_test.c))
$(B)/units/tools-%: tools/%_test.c $(patsubst %.c,$(B)/san/%.o,$(QUESTC_C)) $(B)/san/lib.a
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(SAN) $(INC_tools) -Itools -MMD -MP $(filter %.c %.o %.a,$^) -lfyaml -lcmocka -o $@
units: $(TOOL_UNITS)
