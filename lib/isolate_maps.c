/* SPDX-License-Identifier: MIT */
/* Exhaustive check of intercept bitmaps and IOMMU entries. Layouts are decoded here again on purpose: lib/isolate.h. */
#include <lib/bitmap.h>
#include <lib/isolate.h>
#include <lib/policy.h>

#include <abi/blackbox.h>

#define PORTS 65536u
#define CLOSED 0xff /* a byte whose accesses all exit; most are */

static bool fail(struct qv_isolation_error *error, const char *what, uint32_t sandbox, uint64_t address)
{
	*error = (struct qv_isolation_error){ what, sandbox, 0, address };
	return false;
}

static bool passes(const uint8_t *map, uint32_t bit)
{
	return !(map[bit >> 3] >> (bit & 7) & 1);
}

/* ---- ports ---- */

static bool port_granted(uint32_t port, uint32_t sandbox, const struct qv_port_range *range, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (range[i].sandbox == sandbox && range[i].first <= port && port <= range[i].last)
			return true;
	}
	return false;
}

static bool port_byte_closed(const uint8_t *map, uint32_t byte, uint32_t sandbox, const struct qv_port_range *range,
	uint32_t count, struct qv_isolation_error *error)
{
	for (uint32_t port = 8 * byte; port < 8 * byte + 8; port++) {
		if (!passes(map, port))
			continue;
		if (!port_granted(port, sandbox, range, count))
			return fail(error, "a port passes that the sandbox does not own", sandbox, port);
		if (qv_port_kept((uint16_t)port))
			return fail(error, "a port passes that monitors keep", sandbox, port);
	}
	return true;
}

static bool ports_open(const uint8_t *map, const struct qv_port_range *range, struct qv_isolation_error *error)
{
	for (uint32_t port = range->first; port <= range->last; port++) {
		if (!passes(map, port))
			return fail(error, "a port of the sandbox does not pass", range->sandbox, port);
	}
	return true;
}

bool qv_isolation_ports(const uint8_t *map, size_t bytes, uint32_t sandbox, const struct qv_port_range *range,
	uint32_t count, struct qv_isolation_error *error)
{
	for (uint32_t i = 0; i < PORTS / 8; i++) {
		if (map[i] != CLOSED && !port_byte_closed(map, i, sandbox, range, count, error))
			return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (range[i].sandbox == sandbox && !ports_open(map, &range[i], error))
			return false;
	}
	for (size_t i = PORTS / 8; i < bytes; i++) {
		if (map[i] != CLOSED)
			return fail(error, "a bit behind the last port is open", sandbox, PORTS);
	}
	return true;
}

/* ---- MSRs ---- */

struct span { /* of a bitmap: `first` is the MSR of its first bit */
	uint32_t at;  /* bytes */
	uint32_t first;
	bool write;   /* VT-x: reads and writes lie apart; AMD-V: alternate, so unused */
};

static const struct span vmx_spans[] = { /* SDM 3, 25.6.9 */
	{ 0, 0, false }, { 1024, 0xc0000000u, false }, { 2048, 0, true }, { 3072, 0xc0000000u, true },
};
static const struct span svm_spans[] = { /* APM 2, 15.11 */
	{ 0, 0, false }, { 2048, 0xc0000000u, false }, { 4096, 0xc0010000u, false },
};
#define SVM_END 6144u /* bytes; the rest belongs to no MSR */
#define VMX_SPAN 1024u
#define SVM_SPAN 2048u

static bool msr_may_pass(uint32_t msr, bool write, uint32_t vendor)
{
	const struct qv_msr_rule *rule = qv_msr_rule(msr, vendor);

	return (write ? rule->write : rule->read) == QV_MSR_PASS;
}

/* Every open bit of byte `i` of a span is one that may be open. */
static bool byte_closed(const uint8_t *map, const struct span *s, uint32_t i, uint32_t vendor, uint32_t *msr)
{
	bool svm = vendor == QV_VENDOR_SVM;

	for (uint32_t bit = 8 * i; bit < 8 * i + 8; bit++) {
		*msr = s->first + (svm ? bit / 2 : bit);
		if (passes(map + s->at, bit) && !msr_may_pass(*msr, svm ? bit & 1 : s->write, vendor))
			return false;
	}
	return true;
}

static bool span_closed(const uint8_t *map, const struct span *s, uint32_t vendor, uint32_t *msr)
{
	for (uint32_t i = 0; i < (vendor == QV_VENDOR_SVM ? SVM_SPAN : VMX_SPAN); i++) {
		if (map[s->at + i] != CLOSED && !byte_closed(map, s, i, vendor, msr))
			return false;
	}
	return true;
}

static bool msr_passes(const uint8_t *map, uint32_t vendor, uint32_t msr, bool write)
{
	for (uint32_t i = 0; vendor == QV_VENDOR_SVM && i < 3; i++) {
		if (msr - svm_spans[i].first < 4 * SVM_SPAN)
			return passes(map, 8 * svm_spans[i].at + 2 * (msr - svm_spans[i].first) + write);
	}
	for (uint32_t i = 0; vendor != QV_VENDOR_SVM && i < 4; i++) {
		if (vmx_spans[i].write == write && msr - vmx_spans[i].first < 8 * VMX_SPAN)
			return passes(map, 8 * vmx_spans[i].at + msr - vmx_spans[i].first);
	}
	return true; /* has no bit: always exits, and the monitor answers */
}

/* Every access of a row that passes has an open bit. */
static bool row_open(const uint8_t *map, const struct qv_msr_rule *rule, uint32_t vendor, uint32_t *msr)
{
	for (*msr = rule->first; *msr <= rule->last; (*msr)++) {
		if (rule->read == QV_MSR_PASS && !msr_passes(map, vendor, *msr, false))
			return false;
		if (rule->write == QV_MSR_PASS && !msr_passes(map, vendor, *msr, true))
			return false;
	}
	return true;
}

bool qv_isolation_msrs(const uint8_t *map, uint32_t vendor, uint32_t sandbox, struct qv_isolation_error *error)
{
	bool svm = vendor == QV_VENDOR_SVM;
	const struct qv_msr_rule *rule;
	uint32_t msr;

	for (uint32_t i = 0; i < (svm ? 3u : 4u); i++) {
		if (!span_closed(map, svm ? &svm_spans[i] : &vmx_spans[i], vendor, &msr))
			return fail(error, "an MSR access passes that the policy does not let pass", sandbox, msr);
	}
	for (uint32_t i = SVM_END; svm && i < QV_SVM_MSRPM_BYTES; i++) {
		if (map[i] != CLOSED)
			return fail(error, "a bit of no MSR is open", sandbox, i);
	}
	for (uint32_t i = 0; (rule = qv_msr_rule_at(i)) != NULL; i++) {
		if ((rule->vendors == 0 || rule->vendors >> vendor & 1) && !row_open(map, rule, vendor, &msr))
			return fail(error, "an MSR access exits that the policy lets pass", sandbox, msr);
	}
	return true;
}

/* ---- IOMMU ---- */

#define BUSES 256u
#define FUNCTIONS 256u /* of a bus */
#define ENTRY_PRESENT 1u
#define PAGE_MASK (~(QV_PAGE_SIZE - 1))

static bool meets_domain(const struct qv_isolation_iommu *u, uint32_t except, uint64_t hpa, uint64_t bytes)
{
	for (uint32_t s = 0; s < QV_MAX_SANDBOXES; s++) {
		const struct qv_pt *d = u->domain[s];

		if (d && s != except && hpa < d->base_hpa + d->used * QV_PAGE_SIZE && d->base_hpa < hpa + bytes)
			return true;
	}
	return false;
}

/* Inside the region, behind its fixed pages. */
static bool among_tables(const struct qv_isolation_iommu *u, uint64_t hpa, uint64_t bytes)
{
	uint64_t at = hpa - u->base_hpa;

	return hpa >= u->base_hpa && at >= u->fixed_bytes && at <= u->bytes && bytes <= u->bytes - at;
}

static bool domains_apart(const struct qv_isolation_iommu *u, struct qv_isolation_error *error)
{
	for (uint32_t s = 0; s < QV_MAX_SANDBOXES; s++) {
		const struct qv_pt *d = u->domain[s];
		uint64_t bytes = d ? d->used * QV_PAGE_SIZE : 0;

		if (d && (!among_tables(u, d->base_hpa, bytes) || meets_domain(u, s, d->base_hpa, bytes)))
			return fail(error, "tables of a domain lie where others are", s, d->base_hpa);
	}
	return true;
}

/* What a context entry of this sandbox names. With three levels the top table has one entry, for the root table. */
static uint64_t domain_table(const struct qv_isolation_iommu *u, uint32_t sandbox)
{
	const struct qv_pt *d = u->domain[sandbox];

	return u->levels == 4 ? d->base_hpa : d->base[0] & d->format->address_mask;
}

static const struct qv_isolation_device *listed(const struct qv_isolation_iommu *u, uint32_t bdf)
{
	for (uint32_t i = 0; i < u->device_count; i++) {
		if (u->device[i].bdf == bdf)
			return &u->device[i];
	}
	return NULL;
}

/* VT-d 9.3: address, translation type 0, fault processing on, present; domain and address width. */
static bool context_good(const struct qv_isolation_iommu *u, const struct qv_vtd_entry *e, uint32_t bdf)
{
	const struct qv_isolation_device *d = listed(u, bdf);

	if (e->low == 0 && e->high == 0)
		return d == NULL;
	if (!d || !u->domain[d->sandbox])
		return false;
	return e->low == (domain_table(u, d->sandbox) | ENTRY_PRESENT) &&
		e->high == ((uint64_t)(d->sandbox + 1u) << 8 | (u->levels - 2));
}

static const struct qv_vtd_entry *root_of(const struct qv_isolation_iommu *u)
{
	return (const struct qv_vtd_entry *)(const void *)u->base;
}

/* VT-d 9.1: address and present bit, everything else zero; the table is shared with no other bus. */
static bool root_good(const struct qv_isolation_iommu *u, uint32_t bus)
{
	const struct qv_vtd_entry *root = root_of(u), *e = &root[bus];
	uint64_t table = e->low & PAGE_MASK;

	if (e->high != 0 || e->low != (table | ENTRY_PRESENT))
		return e->low == 0 && e->high == 0;
	if (!among_tables(u, table, QV_PAGE_SIZE) || meets_domain(u, QV_MAX_SANDBOXES, table, QV_PAGE_SIZE))
		return false;
	for (uint32_t b = 0; b < bus; b++) {
		if (root[b].low == e->low)
			return false;
	}
	return true;
}

static bool bus_good(const struct qv_isolation_iommu *u, uint32_t bus, struct qv_isolation_error *error)
{
	uint64_t low = root_of(u)[bus].low;
	const struct qv_vtd_entry *context;

	if (!root_good(u, bus))
		return fail(error, "an IOMMU root entry is not one of a context table", 0, bus << 8);
	if (!low)
		return true;
	context = (const void *)(u->base + ((low & PAGE_MASK) - u->base_hpa));
	for (uint32_t f = 0; f < FUNCTIONS; f++) {
		if (!context_good(u, &context[f], bus << 8 | f))
			return fail(error, "an IOMMU context entry is not that of the function's owner", 0, bus << 8 | f);
	}
	return true;
}

static bool devices_reached(const struct qv_isolation_iommu *u, struct qv_isolation_error *error)
{
	for (uint32_t i = 0; i < u->device_count; i++) {
		if (root_of(u)[u->device[i].bdf >> 8].low == 0)
			return fail(error, "a device of a sandbox has no context entry", u->device[i].sandbox, u->device[i].bdf);
	}
	return true;
}

bool qv_isolation_contexts(const struct qv_isolation_iommu *u, struct qv_isolation_error *error)
{
	if (!domains_apart(u, error))
		return false;
	for (uint32_t bus = 0; bus < BUSES; bus++) {
		if (!bus_good(u, bus, error))
			return false;
	}
	for (uint32_t i = 0; i < u->irt_entries; i++) {
		if (u->irt[i].low || u->irt[i].high)
			return fail(error, "an interrupt-remapping entry is not empty", 0, i);
	}
	return devices_reached(u, error);
}
