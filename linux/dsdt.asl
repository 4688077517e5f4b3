/* SPDX-License-Identifier: MIT */
/*
 * The DSDT of a Linux sandbox. COM1 has ports but no interrupt: the 8250 driver then polls, and no interrupt controller
 * has to be shared.
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
	}
}
