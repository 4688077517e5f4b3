# SPDX-License-Identifier: MIT
# Sourced by the tests of boot code: the Bochs that boots a bare ISO.

bochs() { # DIRECTORY ISO SECONDS: serial output in DIRECTORY/serial, Bochs' own words in DIRECTORY/bochs.out and bochs.log
	cat >"$1/bochsrc" <<-B
	config_interface: textconfig
	display_library: rfb, options="timeout=0"
	plugin_ctrl: unmapped=1, biosdev=1, speaker=0, parallel=0, gameport=0, iodebug=0
	romimage: file=/usr/share/bochs/BIOS-bochs-latest
	vgaromimage: file=/usr/share/vgabios/vgabios.bin
	cpu: model=corei7_haswell_4770, count=2, ips=10000000, reset_on_triple_fault=0
	memory: guest=256, host=256
	pci: enabled=1, chipset=i440fx
	clock: sync=none, time0=1700000000, rtc_sync=0
	ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
	ata0-master: type=cdrom, path="$2", status=inserted
	boot: cdrom
	com1: enabled=1, mode=file, dev="$1/serial"
	sound: driver=dummy
	log: $1/bochs.log
	panic: action=fatal
	error: action=report
	info: action=report
	debug: action=ignore
	B
	echo c >"$1/rc"
	: >"$1/serial"
	timeout "$3" bochs-bin -q -f "$1/bochsrc" -rc "$1/rc" </dev/null >"$1/bochs.out" 2>&1
}
