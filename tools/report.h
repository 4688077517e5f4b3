/* SPDX-License-Identifier: MIT */
/* What `questc check` prints about a compiled system. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include "plan.h"

void report_text(const struct plan *plan, const struct config *config, FILE *to);
/* One JSON object; addresses and sizes are numbers, in bytes. */
void report_json(const struct plan *plan, const struct config *config, FILE *to);
/* What each core promises its VCPUs; the JSON is a further member of the object. */
void report_timing(const struct config *config, FILE *to);
void report_timing_json(const struct config *config, FILE *to);

/* RAM a machine needs to run the plan, bytes: up to memory_top, plus room for firmware; the PC's hole below 4 GiB is
 * not RAM. */
uint64_t report_ram_bytes(const struct plan *plan);
const char *report_region_name(uint32_t kind);
/* Next key that was read but has no effect yet; *step counts from 0. NULL at the end. */
const char *report_not_enforced(const struct config *config, int *step);

#endif
