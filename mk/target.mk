# SPDX-License-Identifier: MIT
# Target images. Code models: `low` (boot and guests, linked below 2 GiB), `high` (monitors, top 2 GiB), `kernel` (Quest,
# as high, with frame pointers for its backtraces), `single` (Quest for one core, as small as it gets) and `vdso` (what Quest
# maps into programs, anywhere).
MODELS := low high kernel single vdso
low_CFLAGS  := -mcmodel=small
high_CFLAGS := -mcmodel=kernel
vdso_CFLAGS := -mcmodel=small -fpic -fvisibility=hidden
kernel_CFLAGS := -mcmodel=kernel -fno-omit-frame-pointer
# Quest is built for size, but for the files that calls, switches, faults, fork and exec run through (mk/hot.txt).
HOT := $(shell sed 's/\#.*//' mk/hot.txt)
optimized = $(if $(filter kernel,$(1)),$(if $(filter $(2),$(HOT)),$(FAST_CFLAGS),$(SMALL_CFLAGS)))
single_CFLAGS := -mcmodel=kernel $(TINY_CFLAGS) -DQUEST_CORES=1u -DQUEST_FRAME_POINTERS=0 -Wno-missing-prototypes \
	'-DHOT_INLINE=__attribute__((weak))' '-DASSERT_TEXT(e)="see the source"'
# The hottest code saves the frame: a backtrace passes over these functions.
$(B)/kernel/kernel/sched/%.o $(B)/kernel/kernel/proc/futex.o $(B)/kernel/kernel/fs/pipe.o: \
	kernel_CFLAGS += -fomit-frame-pointer -ffixed-rbp

sources = $(filter-out %_test.c $(wildcard $(1)/fuzz_*.c),$(wildcard $(1)/*.c)) $(wildcard $(1)/*.S)
objects = $(patsubst %,$(B)/$(1)/%.o,$(basename $(call sources,$(2))))

LIB_HOST_ONLY := $(wildcard lib/host*.c)
LIB_ROOMS := lib hw

define room_rules # model, room
$(B)/$(1)/$(2)/%.o: $(2)/%.c mk/flags.mk $(if $(filter kernel,$(1)),mk/hot.txt)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(TARGET_CFLAGS) $$($(1)_CFLAGS) $$(call optimized,$(1),$$<) $$(INC_$(2)) -MMD -MP -c $$< -o $$@
$(B)/$(1)/$(2)/%.o: $(2)/%.S
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(TARGET_CFLAGS) $$($(1)_CFLAGS) $$(INC_$(2)) -MMD -MP -c $$< -o $$@
endef
TARGET_ROOMS := $(filter-out abi tools linux/initramfs,$(ROOMS))
$(foreach m,$(MODELS),$(foreach r,$(TARGET_ROOMS),$(eval $(call room_rules,$(m),$(r)))))

define archive_rule # model
$(B)/$(1)/lib.a: $(filter-out $(patsubst %.c,$(B)/$(1)/%.o,$(LIB_HOST_ONLY)),$(foreach r,$(LIB_ROOMS),$(call objects,$(1),$(r))))
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^
endef
$(foreach m,$(MODELS),$(eval $(call archive_rule,$(m))))

boot_MODEL := low
boot-efi_MODEL := low
monitor-svm_MODEL := high
monitor-vmx_MODEL := high
quest_MODEL := kernel
quest-uniprocessor_MODEL := single
$(foreach t,$(KERNEL_TESTS),$(eval test-$(t)_MODEL := kernel))

define image_rule # image
$(1)_OBJECTS := $(foreach r,$($(1)_ROOMS),$(call objects,$($(1)_MODEL),$(r)))
$(B)/$(1).elf: $$($(1)_OBJECTS) $(B)/$($(1)_MODEL)/lib.a $($(1)_SCRIPT)
	$$(Q)$$(CC) $$(TARGET_LDFLAGS) $($(1)_LDFLAGS) -Wl,-T,$($(1)_SCRIPT) -Wl,-Map,$(B)/$(1).map -o $$@ $$($(1)_OBJECTS) $(B)/$($(1)_MODEL)/lib.a
endef
$(foreach i,$(IMAGES),$(eval $(call image_rule,$(i))))

images: $(foreach i,$(IMAGES),$(B)/$(i).elf) guests

# Test guests: one ELF per folder of tests/guest; tests/guest/common is linked into each.
GUESTS := $(filter-out common include,$(notdir $(patsubst %/,%,$(wildcard tests/guest/*/))))
define guest_rule # guest
$(B)/low/tests/guest/$(1)/%.o: tests/guest/$(1)/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(TARGET_CFLAGS) $$(low_CFLAGS) $$(INC_tests/guest) -MMD -MP -c $$< -o $$@
$(B)/low/tests/guest/$(1)/%.o: tests/guest/$(1)/%.S
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(TARGET_CFLAGS) $$(low_CFLAGS) $$(INC_tests/guest) -MMD -MP -c $$< -o $$@
endef
$(foreach g,$(GUESTS) common,$(eval $(call guest_rule,$(g))))
define guest_image # guest
$(B)/guests/$(1).elf: $(call objects,low,tests/guest/$(1)) $(call objects,low,tests/guest/common) $(B)/low/lib.a tests/guest/guest.ld
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(TARGET_LDFLAGS) -Wl,-T,tests/guest/guest.ld -o $$@ $$(filter %.o,$$^) $(B)/low/lib.a
endef
$(foreach g,$(GUESTS),$(eval $(call guest_image,$(g))))
.PHONY: guests
guests: $(patsubst %,$(B)/guests/%.elf,$(GUESTS))

-include $(foreach m,$(MODELS),$(wildcard $(foreach r,$(TARGET_ROOMS) $(patsubst %,tests/guest/%,$(GUESTS) common) $(patsubst %/,%,$(wildcard tests/kernel/*/)),$(B)/$(m)/$(r)/*.d)))
