# SPDX-License-Identifier: MIT
# What a Linux sandbox needs beside the stock kernel: its DSDT, compiled here and linked into boot.elf.
L := $(B)/linux

$(L)/dsdt.aml: linux/dsdt.asl
	@mkdir -p $(@D)
	iasl -we -p $(basename $@) $< > $(L)/iasl.log || { cat $(L)/iasl.log; exit 1; }

$(B)/low/boot/dsdt.o: $(L)/dsdt.aml
