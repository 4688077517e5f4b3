/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: any bytes as a system file, all the way to a blob. Whatever the compiler accepts, the blob checker
 * must accept too; whatever it refuses, it must have said why.
 */
#include "report.h"

#include <lib/blob.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct plan_options options = { .build = "build/tests/images", .linux_image = "build/tests/images/vmlinuz",
	.linux_initrd = "build/tests/images/initrd.gz" };

static void check_blob(struct plan *plan)
{
	struct qv_blob_error error;
	struct qv_blob blob;
	uint64_t size;
	uint8_t *bytes = plan_blob(plan, &size);

	if (!qv_blob_check(bytes, size, &blob, &error)) {
		(void)fprintf(stderr, "refused by the checker: section %u entry %u: %s\n", error.section, error.entry, error.what);
		abort();
	}
	free(bytes);
}

static bool compile(const struct yaml_node *tree, struct config *config, struct plan *plan, struct diag *d)
{
	config_read(tree, config, d);
	if (d->count == 0)
		config_check(config, d);
	return d->count == 0 && plan_make(plan, config, &options, d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config config;
	static struct plan plan;
	struct diag d = { .file = "fuzz" };
	struct yaml_node *tree = yaml_parse((const char *)data, size, &d);
	bool good;

	plan.file_count = 0;
	good = tree && compile(tree, &config, &plan, &d);
	if (good) {
		FILE *sink = fopen("/dev/null", "w");

		check_blob(&plan);
		report_text(&plan, &config, sink);
		report_json(&plan, &config, sink);
		(void)fclose(sink);
	}
	if (good != (d.count == 0))
		abort();
	plan_free(&plan);
	yaml_free(tree);
	diag_free(&d);
	return 0;
}
