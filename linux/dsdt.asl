/* SPDX-License-Identifier: MIT */
/*
 * The DSDT of a Linux sandbox. COM1 has ports but no interrupt: the 8250 driver then polls, and no interrupt controller
 * has to be shared. The host bridge names no windows: base addresses are fixed where firmware put them.
 */
DefinitionBlock ("dsdt.aml", "DSDT", 2, "QUESTV", "SANDBOX ", 1)
{
	Name (\_S5, Package () { 5, 5, 0, 0 })
	Scope (\_SB)
	{
		Device (COM1)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 1)
			Name (_CRS, ResourceTemplate () {
				IO (Decode16, 0x03F8, 0x03F8, 0x01, 0x08)
			})
		}
		Device (PCI0)
		{
			Name (_HID, EisaId ("PNP0A03"))
			Name (_UID, 0)
			Name (_BBN, 0)
			Name (_SEG, 0)
			Name (_CRS, ResourceTemplate () {
				WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 0xFF, 0, 0x100)
				IO (Decode16, 0x0CF8, 0x0CF8, 0x01, 0x08)
			})
		}
	}
}
