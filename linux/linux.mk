# SPDX-License-Identifier: MIT
# What a Linux sandbox needs beside the stock kernel: its DSDT, compiled here and linked into boot.elf.
L := $(B)/linux

$(L)/dsdt.aml: linux/dsdt.asl
	@mkdir -p $(@D)
	iasl -we -p $(basename $@) $< > $(L)/iasl.log || { cat $(L)/iasl.log; exit 1; }

$(B)/low/boot/dsdt.o: $(L)/dsdt.aml

# The initramfs: Debian's static busybox and our own programs, linked with musl so that exec costs no CPUID.
BUSYBOX  ?= /bin/busybox
MUSL_CC  ?= musl-gcc
INITRD_PROGRAMS := $(patsubst linux/initramfs/%.c,$(L)/%,$(wildcard linux/initramfs/*.c))

$(L)/%: linux/initramfs/%.c
	@mkdir -p $(@D)
	$(MUSL_CC) $(STD) $(WARN) -Os -static -s -Wl,--build-id=none $(INC_linux/initramfs) -MMD -MP -MF $@.d $< -o $@
$(L)/initrd.gz: linux/initramfs/pack $(INITRD_PROGRAMS)
	$< $@ $(BUSYBOX) $(INITRD_PROGRAMS)
.PHONY: initrd
initrd: $(L)/initrd.gz
images: initrd
-include $(wildcard $(L)/*.d)
