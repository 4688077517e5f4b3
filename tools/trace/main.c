/* SPDX-License-Identifier: MIT */
/*
 * build/quest-trace: reads the trace of a machine that runs, or of the last one that did, and shows it. Exit status: 0,
 * 1 = there is nothing to show or a file cannot be written, 2 = wrong use.
 */
#include "trace/view.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define PICTURE_MS 100.0 /* a picture shows no more unless it is told to */

struct options {
	const char *directory, *file, *json, *svg, *list;
	struct wanted wanted;
};

static const struct option names[] = {
	{"directory", 1, NULL, 'd'}, {"capture", 1, NULL, 'c'}, {"json", 1, NULL, 'j'}, {"list", 1, NULL, 'L'},
	{"svg", 1, NULL, 's'},
	{"sandbox", 1, NULL, 'b'}, {"last", 1, NULL, 'l'}, {"marked", 2, NULL, 'm'}, {"round", 0, NULL, 'r'},
	{NULL, 0, NULL, 0}};

static const char usage[] =
	"usage: quest-trace [--directory DIR] [--capture FILE] [--json FILE] [--svg FILE] [--list FILE] [--sandbox NAME]\n"
	"                   [--last MS] [--marked[=N]] [--round]\n";

static bool take_marked(struct options *o, const char *text)
{
	char *end = NULL;
	unsigned long number = text ? strtoul(text, &end, 10) : 1;

	if (number >= 1 && number <= UINT32_MAX && !(end && *end)) {
		o->wanted.marked = (uint32_t)number;
		return true;
	}
	(void)fprintf(stderr, "quest: --marked needs a number from 1 to %u, not '%s'\n", UINT32_MAX, text);
	return false;
}

static bool parse(struct options *o, int argc, char **argv)
{
	char *end = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'd': o->directory = optarg; break;
		case 'c': o->file = optarg; break;
		case 'j': o->json = optarg; break;
		case 's': o->svg = optarg; break;
		case 'b': o->wanted.sandbox = optarg; break;
		case 'm':
			if (!take_marked(o, optarg))
				return false;
			break;
		case 'L': o->list = optarg; break;
		case 'r': o->wanted.round = true; break;
		case 'l':
			o->wanted.last_ms = strtod(optarg, &end);
			if (end == optarg || *end || !(o->wanted.last_ms > 0) || o->wanted.last_ms > 1e9)
				return false;
			break;
		default: return false;
		}
	}
	return optind == argc && !(end && *end);
}

static bool write_file(const struct view *v, const char *path, void (*print)(const struct view *v, FILE *to))
{
	bool terminal = strcmp(path, "-") == 0, good;
	FILE *f = terminal ? stdout : fopen(path, "w");

	good = f != NULL;
	if (terminal) {
		print(v, stdout);
	} else if (f) {
		print(v, f);
		good = !ferror(f);
		good = fclose(f) == 0 && good;
	}
	if (!good)
		(void)fprintf(stderr, "quest: cannot write %s: %s; choose another place\n", path, strerror(errno));
	return good;
}

/* A picture of everything would be too dense: the last part of it. */
static void print_picture(const struct view *v, FILE *to)
{
	struct view part = *v;
	uint64_t most = (uint64_t)(PICTURE_MS * (double)v->capture->header.tsc_hz / 1e3);

	if (most > 0 && v->to - v->from > most) {
		part.from = v->to - most;
		(void)fprintf(stderr, "quest: the picture shows the last %.0f ms; --last MS shows more or less\n", PICTURE_MS);
	}
	svg_print(&part, to);
}

static bool show(const struct options *o, const struct view *v)
{
	bool chosen = o->wanted.last_ms > 0 || o->wanted.marked, good = true;

	if (o->json)
		good = write_file(v, o->json, json_print);
	if (o->svg)
		good = write_file(v, o->svg, chosen ? svg_print : print_picture) && good;
	if (o->list)
		good = write_file(v, o->list, list_print) && good;
	if (!o->json && !o->svg && !o->list)
		text_print(v, stdout);
	return good && fflush(stdout) == 0;
}

int main(int argc, char **argv)
{
	static struct options o = {.directory = "build/run"};
	static struct capture capture;
	static struct view view;
	char path[600], why[600] = "";
	bool good;

	if (!parse(&o, argc, argv)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	(void)snprintf(path, sizeof path, "%s/trace", o.directory);
	good = o.file || capture_request(o.directory, why, sizeof why);
	good = good && capture_load(&capture, o.file ? o.file : path, why, sizeof why);
	good = good && view_make(&view, &capture, &o.wanted, why, sizeof why);
	if (!good)
		(void)fprintf(stderr, "quest: %s\n", why);
	good = good && show(&o, &view);
	view_free(&view);
	capture_free(&capture);
	return good ? 0 : 1;
}
