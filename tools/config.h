/* SPDX-License-Identifier: MIT */
/* A system file as read: names and sizes, nothing placed yet. Text points into the tree, which must outlive it. */
#ifndef TOOLS_CONFIG_H
#define TOOLS_CONFIG_H

#include "yaml.h"

#include <abi/blob.h>

#define CONFIG_MAX_LIST     16 /* programs, files, ports, vcpus, devices, references of one sandbox */
#define CONFIG_MAX_CHANNELS 32
#define CONFIG_MAX_RAM      16
#define CONFIG_MAX_PARTS    6 /* of a memory; QV_MAX_RANGES has room for console, arena and device memory besides */

struct config_text {
	const char *text; /* NULL = not given */
	struct place_in_file at;
};

struct config_number {
	uint64_t value;
	bool given;
	struct place_in_file at;
};

struct config_list {
	int count;
	struct config_text item[CONFIG_MAX_LIST];
};

struct config_memory {
	struct config_number size; /* bytes */
	struct config_number pin;  /* host-physical address */
};

enum config_device_kind { CONFIG_DEVICE_CONSOLE, CONFIG_DEVICE_REST, CONFIG_DEVICE_PCI_ID, CONFIG_DEVICE_PCI_BDF };

struct config_device {
	enum config_device_kind kind;
	uint16_t vendor, device, bdf;
	bool dma_trusted, msi_trusted;
	struct config_text label; /* as written */
	struct config_text vcpu;
};

struct config_ports {
	uint16_t first, last;
	struct place_in_file at;
};

struct config_vcpu {
	struct config_text name;
	struct config_number budget, period; /* ns */
	struct config_text io;
	struct config_number utilization;    /* thousandths of a per cent */
	struct config_number core;           /* index in the sandbox */
	struct config_text run;
	struct config_number memory;         /* of the program, bytes */
	struct config_number migratable;     /* bytes of the program's arena; not given = it may not migrate */
};

struct config_sandbox {
	struct config_text name;
	enum qv_kernel_kind kernel;
	struct config_text kernel_text; /* quest, linux or a path */
	struct config_text image;
	struct config_number cores, core;
	struct config_text memory_text; /* place only */
	int memory_count;
	struct config_memory memory[CONFIG_MAX_PARTS];
	struct config_number grain;
	struct config_list programs, files;
	struct config_number program_memory; /* bytes */
	int vcpu_count;
	struct config_vcpu vcpu[CONFIG_MAX_LIST];
	int device_count;
	struct config_device device[CONFIG_MAX_LIST];
	int port_count;
	struct config_ports ports[CONFIG_MAX_LIST];
	struct config_number uart; /* 1..4 for com1..com4, 0 = none */
	struct config_text args;
	enum qv_on_fault on_fault;
	struct config_list starts_after, restarts;
	bool starts_after_given;
	struct config_text watched_by;
	struct config_text smt; /* given or not; `shared` is the other value than the default */
};

struct config_channel {
	struct config_text name, from, to, kind;
	struct config_number slot, slots, max_delay, notify_every, assume_latency;
};

struct config_machine { /* `auto`: core_count 0, RAM as plan.c assumes */
	struct config_text name;
	struct config_number core_count;
	int ram_count;
	struct config_memory ram[CONFIG_MAX_RAM]; /* pin = start */
	bool iommu, iommu_given;
	struct config_text fingerprint;
};

struct config {
	struct config_text system;
	struct config_text machine_text; /* auto or a path */
	struct config_machine machine;
	int sandbox_count;
	struct config_sandbox sandbox[QV_MAX_SANDBOXES];
	struct config_text sandboxes; /* place only */
	int channel_count;
	struct config_channel channel[CONFIG_MAX_CHANNELS];
};

/* Read a tree. Errors go to *d; *config is only useful when there were none. */
void config_read(const struct yaml_node *root, struct config *config, struct diag *d);
/* Read a machine description likewise. */
void config_read_machine(const struct yaml_node *root, struct config_machine *machine, struct diag *d);
/* Rules that concern more than one key. Needs a config read without errors. */
void config_check(struct config *config, struct diag *d);
/* What follows the last slash. */
const char *config_base_name(const char *path);
/* Its last step: can all VCPUs of each core be served? Only if there are no errors so far. */
void config_admit(const struct config *config, struct diag *d);
/* Index of the sandbox, or -1. */
int config_find(const struct config *config, const char *name);
/* First core of each sandbox: pins first, then the lowest free ones. Only after config_check. */
void config_assign_cores(const struct config *config, uint32_t first[QV_MAX_SANDBOXES]);
/* Base port of the UART: 0x3f8 for 1 (com1) and so on; 0 for 0. */
uint16_t config_uart_port(uint64_t uart);
/* Is it the I/O VCPU that serves the serial port (io: uart)? */
bool config_serves_uart(const struct config_vcpu *v);
/* Table of all keys as Markdown: the reference. */
void config_print_keys(FILE *to);

#endif
