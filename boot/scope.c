/* SPDX-License-Identifier: MIT */
/* Which function a device scope of the DMAR table means: paths are followed through bridges as firmware set them up. */
#include "pci.h"

#include <hw/pci.h>

#define SCOPE_ENDPOINT 1u /* VT-d 8.3.1 */
#define SCOPE_BRIDGE   2u

enum boot_cover boot_scope_covers(const struct qv_acpi_scope *sc, uint16_t bdf)
{
	uint16_t named;
	uint32_t buses;

	if (sc->type != SCOPE_ENDPOINT && sc->type != SCOPE_BRIDGE)
		return BOOT_COVERS_NOT;
	if (sc->hops == 0 || sc->hops > QV_ACPI_MAX_HOPS)
		return BOOT_COVERS_UNKNOWN;
	switch (qv_pci_follow(&boot_pci_config, sc->bus, sc->step, sc->hops, &named)) {
	case QV_PCI_PATH_ABSENT:
		return BOOT_COVERS_NOT;
	case QV_PCI_PATH_BROKEN:
		return BOOT_COVERS_UNKNOWN;
	case QV_PCI_PATH_FOUND:
		break;
	}
	if (named == bdf)
		return BOOT_COVERS;
	if (sc->type != SCOPE_BRIDGE || hw_pci_read(named, QV_PCI_VENDOR) == UINT32_MAX)
		return BOOT_COVERS_NOT;
	buses = hw_pci_read(named, QV_PCI_BUS_NUMBERS);
	return bdf >> 8 >= (buses >> 8 & 0xff) && bdf >> 8 <= (buses >> 16 & 0xff) ? BOOT_COVERS : BOOT_COVERS_NOT;
}
