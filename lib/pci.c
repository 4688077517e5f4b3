/* SPDX-License-Identifier: MIT */
/* PCI configuration space, pure part. */
#include <lib/pci.h>

#define CAPABILITY_STEPS 48u /* (256 - 64) / 4 */
#define FIRST_CAPABILITY 0x40u

uint16_t qv_pci_capability(const struct qv_pci_config *c, uint16_t bdf, uint8_t id)
{
	uint32_t at;

	if (!(c->read(c->context, bdf, QV_PCI_COMMAND) & QV_PCI_STATUS_CAPS))
		return 0;
	at = c->read(c->context, bdf, QV_PCI_CAP_POINTER) & 0xfc;
	for (uint32_t i = 0; i < CAPABILITY_STEPS && at >= FIRST_CAPABILITY; i++) {
		uint32_t head = c->read(c->context, bdf, at);

		if ((head & 0xff) == id)
			return (uint16_t)at;
		at = head >> 8 & 0xfc;
	}
	return 0;
}

enum qv_pci_path qv_pci_follow(const struct qv_pci_config *c, uint8_t bus, const uint8_t *step, uint32_t count,
	uint16_t *bdf)
{
	for (uint32_t i = 0;; i++) {
		uint32_t header;

		*bdf = (uint16_t)(bus << 8 | step[i]);
		if (i + 1 == count)
			return QV_PCI_PATH_FOUND;
		if (c->read(c->context, *bdf, 0) == UINT32_MAX)
			return QV_PCI_PATH_ABSENT;
		header = c->read(c->context, *bdf, QV_PCI_HEADER);
		if ((header >> 16 & 0x7f) != 1)
			return QV_PCI_PATH_BROKEN;
		bus = (uint8_t)(c->read(c->context, *bdf, QV_PCI_BUS_NUMBERS) >> 8);
	}
}

/* The node on `bus` that is `bdf` or leads to it. */
static const struct qv_pci_node *toward(const struct qv_pci_node *node, uint32_t count, uint32_t bus, uint16_t bdf)
{
	for (uint32_t i = 0; i < count; i++) {
		bool leads = node[i].first_bus && node[i].first_bus <= bdf >> 8 && bdf >> 8 <= node[i].last_bus;

		if (node[i].bdf >> 8 == bus && (node[i].bdf == bdf || leads))
			return &node[i];
	}
	return NULL;
}

/* The bridge whose bus this is; *claimed: some bridge says that the bus is behind it. */
static const struct qv_pci_node *bridge_to(const struct qv_pci_node *node, uint32_t count, uint32_t bus, bool *claimed)
{
	const struct qv_pci_node *found = NULL;

	*claimed = false;
	for (uint32_t i = 0; i < count; i++) {
		if (node[i].first_bus && node[i].first_bus <= bus && bus <= node[i].last_bus)
			*claimed = true;
		if (node[i].first_bus && node[i].first_bus == bus)
			found = &node[i];
	}
	return found;
}

/* The bus of a host bridge that the way to `bdf` begins on; false when it cannot be told. */
static bool root_bus(const struct qv_pci_node *node, uint32_t count, uint16_t bdf, uint32_t *root)
{
	*root = bdf >> 8;
	for (uint32_t depth = 0; depth < 256; depth++) {
		bool claimed;
		const struct qv_pci_node *bridge = bridge_to(node, count, *root, &claimed);

		if (!bridge)
			return !claimed;
		*root = bridge->bdf >> 8;
	}
	return false;
}

bool qv_pci_apart(const struct qv_pci_node *node, uint32_t count, uint16_t a, uint16_t b)
{
	uint32_t root, other, bus;

	if (!root_bus(node, count, a, &root) || !root_bus(node, count, b, &other))
		return false;
	if (root != other)
		return toward(node, count, root, a) && toward(node, count, other, b);
	bus = root;
	for (uint32_t depth = 0; depth < 256; depth++) {
		const struct qv_pci_node *x = toward(node, count, bus, a), *y = toward(node, count, bus, b);

		if (!x || !y)
			return false;
		if (x != y)
			return (x->confined && y->confined) || (bus == root && x->bdf >> 3 != y->bdf >> 3);
		bus = x->first_bus;
		if (bus == 0)
			return false; /* the same function */
	}
	return false;
}

static void bar_fill(struct qv_bar *bar, uint64_t base, uint64_t mask, uint32_t flags)
{
	/* The writable bits of a register of 2^n bytes are n and above. */
	uint64_t size = mask & (~mask + 1);

	bar->base = size ? base : 0;
	bar->size = base ? size : 0;
	bar->flags = flags;
	bar->reserved = 0;
}

uint32_t qv_pci_bar(const uint32_t value[2], const uint32_t sized[2], struct qv_bar *bar)
{
	if (value[0] & QV_PCI_BAR_IO) {
		bar_fill(bar, value[0] & 0xfffcu, sized[0] & 0xfffcu, value[0] & 0x3);
		return 1;
	}
	if (!(value[0] & QV_PCI_BAR_64)) {
		bar_fill(bar, value[0] & ~0xfu, sized[0] & ~0xfu, value[0] & 0xf);
		return 1;
	}
	bar_fill(bar, (uint64_t)value[1] << 32 | (value[0] & ~0xfu), (uint64_t)sized[1] << 32 | (sized[0] & ~0xfu),
		value[0] & 0xf);
	return 2;
}

bool qv_pci_msix_table(struct qv_pci_function *f, uint32_t head, uint32_t where)
{
	uint32_t count = (head >> 16 & 0x7ff) + 1, index = where & 7;
	uint64_t offset = where & ~7u;
	const struct qv_bar *bar = &f->bar[index];

	f->msix_count = 0;
	f->msix_table = 0;
	if (index >= QV_MAX_BARS || bar->base == 0 || bar->flags & QV_PCI_BAR_IO || offset >= bar->size ||
	    bar->size - offset < count * QV_MSIX_ENTRY_BYTES)
		return false;
	f->msix_count = (uint16_t)count;
	f->msix_table = bar->base + offset;
	return true;
}

#define MSI_BASE       0xfee00000u
#define MSI_BASE_MASK  0xfff00000u
#define MSI_REMAPPABLE (1u << 4)
#define MSI_LOGICAL    (1u << 2)
#define MSI_BROADCAST  0xffu
#define MSI_DATA_FIXED 0xffffu /* vector, delivery mode, level, trigger: what the low half may hold */
#define FIRST_VECTOR   16u

enum qv_msi_kind qv_msi_decode(uint64_t address, uint32_t data, struct qv_msi_target *target)
{
	if (address == 0)
		return QV_MSI_NOTHING;
	if (address >> 32 || (address & MSI_BASE_MASK) != MSI_BASE || address & (MSI_REMAPPABLE | MSI_LOGICAL))
		return QV_MSI_FORBIDDEN;
	target->apic_id = (uint32_t)address >> 12 & 0xff;
	target->vector = (uint8_t)data;
	if (target->apic_id == MSI_BROADCAST || data >> 16)
		return QV_MSI_FORBIDDEN;
	/* Bit 14 is the level of an edge message and has no meaning. */
	if (data & MSI_DATA_FIXED & ~(0xffu | 1u << 14))
		return QV_MSI_FORBIDDEN;
	return target->vector < FIRST_VECTOR ? QV_MSI_NOTHING : QV_MSI_FIXED;
}

#define MSI_ADDRESS 4u
#define MSI_64      (1u << 7)
#define MSI_MASKS   (1u << 8)

struct qv_msi_layout qv_msi_layout(uint16_t cap, uint16_t control)
{
	uint16_t low = (uint16_t)(cap + MSI_ADDRESS), data = (uint16_t)(low + (control & MSI_64 ? 8 : 4));
	bool masks = (control & MSI_MASKS) != 0;

	return (struct qv_msi_layout){
		.control = (uint16_t)(cap + QV_MSI_CONTROL),
		.low = low,
		.high = control & MSI_64 ? (uint16_t)(low + 4) : 0,
		.data = data,
		.mask = masks ? (uint16_t)(data + 4) : 0,
		.end = (uint16_t)(data + (masks ? 12 : 2)), /* mask and pending bits follow */
	};
}

bool qv_msi_encode(const struct qv_msi_target *target, uint64_t *address, uint32_t *data)
{
	if (target->apic_id >= MSI_BROADCAST)
		return false;
	*address = MSI_BASE | target->apic_id << 12;
	*data = target->vector;
	return true;
}
